"""The report as an Excel workbook: a sheet for each section and for each of its larger listings, and the findings themselves.

It knows the blocks of a section and no section in particular. A workbook can't hold millions of findings in good time: each control has its
share of the rows, those that are open first, and the sheet says how many more there are and in which file.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from disputekit.assessment.manifest import ControlResult
from disputekit.outcomes import Verdict
from disputekit.policies.model import SEVERITIES
from disputekit.reports.assessed import MOST_ROWS, Assessed
from disputekit.reports.made import Made, Report
from disputekit.reports.spreadsheet import Cell, Look, Page, Spreadsheet, spreadsheet
from disputekit.sections import Block, Chart, Facts, Figures, Group, Kind, Listing, Matrix, Paragraph, Square, Value
from disputekit.text import Language, Phrase, Said, Text, say, speaker

MOST_FINDINGS = 15_000
"""How many findings a workbook has at most: some seconds' work."""
# the join is for DuckDB 2.0, which can't take the first rows of a view over file names by themselves
_FOUND = """
    select f.outcome, f.reason, f.subject, f.occurrence, f.started_at, coalesce(f.due_on, cast(f.due_at as date)) as due_on, f.due_at, f.done_at,
           f.observed, f.expected, f.unit, f.handler, f.waiver, f.disposition
    from findings as f join controls as c on c.control = f.control
    where f.control = $control
    order by case f.outcome when 'fail' then 0 when 'unknown' then 1 else 2 end, f.waiver is not null, f.done_at is not null,
             coalesce(f.due_at, cast(f.due_on as timestamp)), f.subject, f.occurrence
    limit $most"""


def write_workbook(report: Report, language: Language, path: Path, most: int = MOST_FINDINGS) -> None:
    """Writes the workbook; it is the same whenever the report is. most: how many findings to list."""
    said, manifest = speaker(language), report.assessed.manifest
    title = said(say("Report on the compliance of claims disputes, as of {day}", day=manifest.as_of))
    with spreadsheet(path, title, manifest.as_of) as book:
        heading = f"{manifest.organisation} · {title}"
        for number, made in enumerate(report.sections):
            _section(book, made, said, heading if number == 0 else "")
        _findings(book, report.assessed, said, most)


# ── sections ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _section(book: Spreadsheet, made: Made, said: Said, heading: str) -> None:
    """A section's sheet. Its only listing stands on it, to be filtered by; of several, each has a sheet of its own."""
    own = [b for b in made.section.blocks if isinstance(b, Listing)]
    alone = len(own) == 1 and made.section.blocks[-1] is own[0]
    apart: list[tuple[str, Listing]] = []
    with book.page(said(made.title)) as page:
        if heading:
            page.line(heading, "title")
        page.line(said(made.title), "heading")
        for block in made.section.blocks:
            if isinstance(block, Group):
                _group(page, block, said)
            elif not isinstance(block, Listing):
                _block(page, block, said)
            elif alone or not block.rows:
                _listing(page, block, said, main=alone)
            else:
                name = book.name(said(block.title))
                apart.append((name, block))
                page.line(said(say("{title}: {count} rows on the sheet {name}", title=said(block.title), count=f"{len(block.rows):,}", name=name)))
    for name, listing in apart:
        with book.named(name) as page:
            _listing(page, listing, said, main=True)


def _group(page: Page, group: Group, said: Said) -> None:
    page.gap()
    severity = f" · {said(say(group.severity))}" if group.severity is not None else ""
    page.line(f"{group.name} {said(group.title)}{severity}", "heading")
    if group.note is not None:
        page.line(said(group.note))
    for block in group.blocks:
        _block(page, block, said)


def _block(page: Page, block: Block, said: Said) -> None:
    match block:
        case Paragraph():
            page.line(said(block.text), "alarm" if block.tone == "bad" else "note")
        case Figures():
            for figure in block.figures:
                note = said(figure.note) if figure.note is not None else None
                page.cells((said(figure.label), _value(figure.value, "text", said), note))
        case Facts():
            for fact in block.facts:
                page.cells((said(fact.label), _value(fact.value, fact.kind, said)), (None, _look(fact.kind)))
        case Listing():
            _listing(page, block, said, main=False)
        case Chart():
            page.line(said(block.title), "heading")
            rows = ((_value(label, "text", said), *(s.values[n] for s in block.series)) for n, label in enumerate(block.labels))
            page.table((said(block.unit), *(said(s.title) for s in block.series)), rows)
            if block.note is not None:
                page.line(said(block.note))
        case Matrix():
            _matrix(page, block, said)


def _matrix(page: Page, matrix: Matrix, said: Said) -> None:
    """Its squares have the colours that they have on paper; what a colour says stands in each of them, too."""
    page.line(said(matrix.title), "heading")
    if matrix.note is not None:
        page.line(said(matrix.note))
    _shown(page, matrix, said)
    page.cells((None, said(matrix.across)), (None, "heading"))
    page.cells((said(matrix.down), *(_value(c, "text", said) for c in matrix.columns)), ["header"] * (len(matrix.columns) + 1))
    for label, row in zip(matrix.rows, matrix.squares, strict=True):
        looks: list[Look | None] = [None, *(s.tone if s is not None else None for s in row)]
        page.cells((_value(label, "text", said), *(_square(s, matrix.kind, said) for s in row)), looks)


def _square(square: Square | None, kind: Kind, said: Said) -> Cell:
    if square is None:
        return None
    value = _value(square.value, kind, said)
    if kind == "share" and value is not None:
        value = f"{value:.1%}"
    if square.mark is None:
        return value
    return said(square.mark) if value is None else f"{value} · {said(square.mark)}"


def _shown(page: Page, block: Listing | Matrix, said: Said) -> None:
    """How many of its rows are here, where not all are."""
    if block.more:
        page.line(said(say("{shown} of {total} are shown", shown=f"{len(block.rows):,}", total=f"{block.total:,}")), "alarm")
        if block.rest is not None:
            page.line(said(block.rest))


def _listing(page: Page, listing: Listing, said: Said, *, main: bool) -> None:
    page.line(said(listing.title), "heading")
    _shown(page, listing, said)
    if not listing.rows:
        page.line(said(listing.empty) if listing.empty is not None else said(say("None")))
        return
    rows = (_row(row, [c.kind for c in listing.columns], listing.depths[n] if listing.depths else 0, said) for n, row in enumerate(listing.rows))
    page.table([said(c.title) for c in listing.columns], rows, [_look(c.kind) for c in listing.columns], main=main)


def _row(row: Sequence[Value], kinds: Sequence[Kind], depth: int, said: Said) -> list[Cell]:
    cells = [_value(value, kind, said) for value, kind in zip(row, kinds, strict=True)]
    if depth and isinstance(cells[0], str):
        cells[0] = "    " * depth + cells[0]
    return cells


def _look(kind: Kind) -> Look | None:
    return "share" if kind == "share" else None


def _value(value: Value, kind: Kind, said: Said) -> Cell:
    """A cell as the workbook has it: words said, dates without a time as dates."""
    if isinstance(value, (Phrase, Text)):
        return said(value)
    if isinstance(value, str) and kind == "verdict":
        return _verdict(Verdict.read(value), said)
    if isinstance(value, str) and kind == "severity":
        severity = value
        return said(say(severity))
    return _day(value)


def _verdict(verdict: Verdict, said: Said) -> str:
    if not verdict.reason:
        return said(say(verdict.outcome))
    return said(say("{outcome}: {reason}", outcome=say(verdict.outcome), reason=say(verdict.reason)))


def _day(value: Cell) -> Cell:
    """A moment at the beginning of a day is a date: it is known to the day only."""
    return value.date() if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0) else value


# ── findings ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _findings(book: Spreadsheet, assessed: Assessed, said: Said, most: int) -> None:
    """The sheet of findings, and one that says of which control how many are on it."""
    counts = {r["control"]: int(r["n"]) for r in assessed.rows("select control, count(*) as n from findings group by control")}
    found = [c for c in sorted(assessed.manifest.controls, key=lambda c: -SEVERITIES.index(c.severity)) if counts.get(c.id)]
    shares = shared_out([counts[c.id] for c in found], most)
    total, listed = sum(counts.values()), sum(shares)
    told = say("{shown} of {total} are shown", shown=f"{listed:,}", total=f"{total:,}")
    where = say("All of them are in the assessment's folder, in findings/; each control has its share of this sheet, what is open first")
    header = [said(p) for p in (say("Severity"), say("Control"), say("Title"), say("Outcome"), say("Subject"), say("Occurrence"), say("Began"), say("Due"),
                                say("Until the moment"), say("Done"), say("Observed"), say("Asked for"), say("Unit"), say("Handler"), say("Waiver"),
                                say("Disposition"))]  # fmt: skip
    with book.page(said(say("All findings"))) as page:
        if listed < total:
            page.line(said(told), "alarm")
            page.line(said(where))
        page.table(header, _rows(assessed, found, shares, said), main=True)
    rows = ((said(say(c.severity)), c.id, said(c.title), counts[c.id], n, f"findings/{c.id}.parquet") for c, n in zip(found, shares, strict=True))
    header = [said(p) for p in (say("Severity"), say("Control"), say("Title"), say("Findings"), say("On the sheet"), say("All of them"))]
    book.sheet(said(say("Where the findings are")), header, rows)


def _rows(assessed: Assessed, controls: Sequence[ControlResult], shares: Sequence[int], said: Said) -> Iterator[Sequence[Cell]]:
    for control, most in zip(controls, shares, strict=True):
        fixed = (said(say(control.severity)), control.id, said(control.title))
        verdicts: dict[tuple[str, str | None], str] = {}
        for r in assessed.rows(_FOUND, control=control.id, most=most):
            key = (r["outcome"], r["reason"])
            if key not in verdicts:
                verdicts[key] = _verdict(Verdict(r["outcome"], r["reason"] if r["reason"] is not None else ""), said)
            yield (*fixed, verdicts[key], r["subject"], r["occurrence"], _day(r["started_at"]), r["due_on"], r["due_at"], _day(r["done_at"]),
                   r["observed"], r["expected"], r["unit"], r["handler"], r["waiver"], r["disposition"])  # fmt: skip


def shared_out(counts: Sequence[int], most: int) -> list[int]:
    """How many of each are taken so that together there are at most `most`: none has to give way to one that has taken more."""
    taken = [0] * len(counts)
    left = most
    while left > 0 and (open_ := [n for n, count in enumerate(counts) if taken[n] < min(count, MOST_ROWS)]):
        share = max(left // len(open_), 1)
        for n in open_[:left]:
            more = min(share, min(counts[n], MOST_ROWS) - taken[n], left)
            taken[n] += more
            left -= more
    return taken

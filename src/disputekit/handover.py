"""For handing an assessment over: made again of a pseudonymised register, its tables measured.

An assessment holds no register, and its findings name people. So what is handed over is the same assessment made again, of the same sources,
in other words: everything of it comes from the reworded register, and nothing of the first one is copied.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.assess import Again, Engine, assess, collect, run_of, workspace
from disputekit.assessment.folder import part_of, spoilt
from disputekit.assessment.handing_over import HandedOver, run_exports
from disputekit.assessment.manifest import FILE, ControlResult, Manifest, read_manifest
from disputekit.assessment.reworded import identifiers_in, in_words, texts_of
from disputekit.blocks import blocks_of, packs_of
from disputekit.checks.stage import Progress
from disputekit.config import Project
from disputekit.errors import AssessmentError, Problem
from disputekit.plugins import Failure
from disputekit.register.loaded import SuppliedColumn
from disputekit.register.reworded import PSEUDONYMS, Rewording, Treatment, looked_up, new_names, pseudonym_of, with_pseudonyms
from disputekit.register.schema import Table
from disputekit.reports.reworded import Rewrite
from disputekit.reports.write import Wanted, previous_beside
from disputekit.reports.write import write_report as write_reports
from disputekit.rewriting import rewritten
from disputekit.run import Previous
from disputekit.text import Language, say

__all__ = [
    "Manifest",
    "Measured",
    "Rewording",
    "SuppliedColumn",
    "Treatment",
    "as_csv",
    "export_parts",
    "folders_of_packs",
    "measure",
    "originals",
    "remake",
    "rows_with",
    "tables_of",
    "texts_in",
    "write_bytes",
    "write_report",
    "write_table",
]

_SAME = ("as_of", "organisation", "timezone", "calendar", "versions", "plugins", "config_sha256", "packs", "waivers_sha256", "dispositions_sha256",
         "coverage", "unchecked", "conflicts", "warnings")  # fmt: skip
"""What two manifests of the same inputs have in common, whatever the words."""
_KEPT = ("outcome", "reason", "started_at", "due_on", "due_at", "done_at", "waiver", "disposition")
_NAMED = ("subject", "unit", "handler")
_LEAST_KEY = 32
_OURS = "disputekit"
"""The distribution whose plugins and packs are the same for everybody."""
_MANY = 10_000


@dataclass(frozen=True)
class Measured:
    """A Parquet file: its rows, its columns with their types, and the least and greatest value of each date and instant, as texts."""

    rows: int
    columns: Mapping[str, str]
    ranges: Mapping[str, tuple[str | None, str | None]]


def remake(
    project: Project, assessment: Path, out: Path, rewording: Rewording, *, language: Language | None = None, engine: Engine = Engine(),  # noqa: B008 — frozen
    progress: Progress = lambda *_: None, without: Sequence[str] = (),
) -> tuple[Manifest, str, Callable[[str], str]]:  # fmt: skip
    """Makes an assessment again of its reworded register, into the folder `out`; gives the first one's manifest, the hash of its bytes, and what masks
    the names that the register has in other texts.

    without: controls whose findings are taken out again, because they look into identifiers and come to something else on pseudonyms.
    Raises AssessmentError where the project's sources, packs or settings aren't those of the assessment any more, or where the findings
    aren't the same but for the pseudonyms.
    """
    if len(rewording.key) < _LEAST_KEY:
        raise ValueError(f"a key of at least {_LEAST_KEY} bytes is expected")
    first, sha256 = read_manifest(assessment)
    wrong = list(spoilt(assessment, first))
    if wrong:
        raise AssessmentError(*wrong)
    previous = Previous(first.previous.as_of, first.previous.sha256) if first.previous is not None else None
    before = previous_beside(assessment, first)
    if first.config_sha256 != project.sha256:
        raise AssessmentError.at(project.path.name, say("isn't what it was when the assessment was made"), say("Make a new assessment"))
    with TemporaryDirectory(prefix="disputekit-") as name:
        pseudonyms = Path(name) / f"{PSEUDONYMS}.parquet"
        masks: list[Callable[[str], str]] = []

        def masked(names: frozenset[str]) -> Callable[[str], str]:
            masks.append(rewording.masked(names))
            return masks[-1]

        again = Again(assessment, previous, before, replace(rewording, masked=masked), pseudonyms)
        second = assess(project, first.as_of, out, engine=engine, language=language, progress=progress, again=again)
        words = _words(project, second, out, rewording, masks[-1])
        if words:
            # only now is it known whom the register names: what the packs say of them is put in other words, too, before anything is made of it
            shutil.rmtree(out)
            second = assess(project, first.as_of, out, engine=engine, language=language, progress=progress, again=replace(again, words=words))
        changed = [*_other_inputs(assessment, first, second, words)]
        if not changed:
            progress(say("Comparing the findings"), 0, 0)
            changed = _differences(assessment, out, first, second, rewording, pseudonyms, engine, without)
    if changed:
        raise AssessmentError(*changed)
    second = second.model_copy(update={"controls": tuple(_withheld(one, out) if c.id in without else c
                                                         for one, c in zip(first.controls, second.controls, strict=True))})  # fmt: skip
    (out / FILE).write_text(second.written(), encoding="utf-8")
    return first, sha256, masks[-1]


def _other_inputs(assessment: Path, first: Manifest, second: Manifest, words: Mapping[str, str]) -> Iterator[Problem]:
    """Inputs that aren't those of the first assessment any more. words: what stands for texts of the first."""
    for name in _SAME:
        if in_words(getattr(first, name), words) != getattr(second, name):
            yield Problem(str(assessment), say("{what} isn't what it was when the assessment was made", what=name), say("Make a new assessment"))
    was, now_there = ({t.table: t for t in m.tables} for m in (first, second))
    for name in sorted({*was} ^ {*now_there}):
        yield Problem(str(assessment), say("{table} can't be read again: the assessment before it is no longer beside it", table=name),
                      say("Put it back, or make a new assessment"))  # fmt: skip
    for one, other in ((was[n], now_there[n]) for n in was if n in now_there):
        for file, now in zip(one.files, other.files, strict=True):
            if (file.sha256, file.rows) != (now.sha256, now.rows):
                yield Problem(file.name, say("isn't what it was when the assessment was made"), say("Make a new assessment"))


def _words(project: Project, manifest: Manifest, out: Path, rewording: Rewording, mask: Callable[[str], str]) -> dict[str, str]:
    """What the insurer's own packs say of people and cases in other words, by the text as it is. The packs that come with disputekit know nobody."""
    ours = {p.name for p in manifest.plugins if p.distribution == _OURS}
    blocks = blocks_of(project)
    both = [texts_of(p, blocks.tables, rewording) for p in packs_of(project, blocks) if p.plugin not in ours]
    told = sorted({text for texts, _ in both for text in texts})
    found = dict(zip(told, rewritten(told, out, rewording, mask), strict=True))
    # a literal may be the same as somebody's short identifier and mean something else
    found |= {text: mask(text) for _, literals in both for text in sorted(literals)}
    return {text: new for text, new in found.items() if new != text}


def _withheld(control: ControlResult, out: Path) -> ControlResult:
    """A control whose tallies are handed over, and nothing else of what it found."""
    for path in (out / part_of(control.id), out / "queries" / f"{control.id}.sql"):
        path.unlink(missing_ok=True)
    why = say("what it found isn't handed over: it looks into identifiers, and pseudonyms stand for these")
    return control.model_copy(update={"findings": 0, "waived": 0, "error": str(why), "query_sha256": None, "findings_sha256": None, "where": None})


def _differences(
    assessment: Path, again: Path, first: Manifest, second: Manifest, rewording: Rewording, pseudonyms: Path, engine: Engine, without: Sequence[str]
) -> list[Problem]:  # fmt: skip
    """Controls that came to something else in other words."""
    both = [(one, other) for one, other in zip(first.controls, second.controls, strict=True) if one.id not in without]
    parts = [one.id for one, _ in both if one.findings and one.findings_sha256 is not None and (again / part_of(one.id)).is_file()]
    with workspace(engine) as (db, _):
        db.execute(f"create temp table {PSEUDONYMS} as from {sql.written(sql.parquet(pseudonyms))}")
        now = _hashed(db, again, parts, None)
        was = _hashed(db, assessment, parts, rewording.key)
        # a finding may be about a group, whose name is a word of a vocabulary and no identifier
        groups = [c for c in parts if was.get(c) != now.get(c)]
        was |= _hashed(db, assessment, groups, rewording.key, again)
    found = []
    for one, other in both:
        same = (one.id, one.tallies, one.findings, one.waived) == (other.id, other.tallies, other.findings, other.waived)
        if not same or was.get(one.id) != now.get(one.id):
            what = say("{control} comes to something else once the register is pseudonymised", control=one.id)
            found.append(Problem(str(assessment), what, say("Keep what it reads by [columns] of the profile, or name it under `without`")))
    return found


def _hashed(
    db: duckdb.DuckDBPyConnection, folder: Path, controls: Sequence[str], key: bytes | None, words: Path | None = None
) -> dict[str, tuple[Any, ...]]:  # fmt: skip
    """For each control a hash of its findings but for their order, and for what was observed, in which there may be pseudonyms, too.

    key: what names somebody is put into pseudonyms before; words: but for what stands in the findings of that assessment as it is.
    """
    if not controls:
        return {}
    names = {(folder / part_of(c)).as_posix(): c for c in controls}
    query = exp.select("filename", *map(sql.col, _KEPT)).from_(_parts(names, "f"))
    if key is None:
        query = query.select(*map(sql.col, _NAMED))
    else:
        people = {c: looked_up(sql.col(c, "f"), key, f"{c} pseudonym") for c in _NAMED}
        if words is not None:
            told = _parts([(words / part_of(c)).as_posix() for c in controls], "w")
            each = sql.fill("select unnest([subject, unit, handler]) from $told", told=told)
            people = {
                c: exp.case().when(exp.In(this=sql.col(c, "f"), query=exp.Subquery(this=each)), sql.col(c, "f")).else_(p) for c, p in people.items()
            }
        query = with_pseudonyms(query.select(*(p.as_(c) for c, p in people.items())), {f"{c} pseudonym": sql.col(c, "f") for c in _NAMED})
    one = exp.Anonymous(this="row", expressions=[sql.col(c) for c in (*_NAMED, *_KEPT)])
    hashed = sql.fill("select filename, count(*), sum(hash($one)), bit_xor(hash($one)) from $rows as r group by filename", one=one,
                      rows=exp.Subquery(this=query))  # fmt: skip
    return {names[row[0]]: row[1:] for row in db.execute(sql.written(hashed)).fetchall()}


def _parts(files: Iterable[str], alias: str) -> exp.Subquery:
    """The rows of several parts, each with its `filename`."""
    rows = sql.fill("select filename, * from read_parquet($files, filename = true)", files=exp.Array(expressions=[sql.text(f) for f in files]))
    return exp.Subquery(this=rows, alias=exp.TableAlias(this=sql.name(alias)))


def measure(files: Sequence[Path]) -> tuple[Measured, ...]:
    """What is in Parquet files. Raises AssessmentError for one that can't be read."""
    found = []
    with workspace(Engine()) as (db, _):
        for file in files:
            try:
                shown: list[tuple[Any, ...]] = db.execute(f"describe from {sql.written(sql.parquet(file))}").fetchall()
                columns = {row[0]: str(row[1]) for row in shown}
                timed = [n for n, kind in columns.items() if kind in ("DATE", "TIMESTAMP")]
                ends = [sql.expression(f"cast({f}($c) as varchar)", c=sql.col(n)) for n in timed for f in ("min", "max")]
                row = db.execute(sql.written(exp.select("count(*)", *ends).from_(sql.parquet(file)))).fetchone() or (0,)
            except duckdb.Error as bad:
                raise AssessmentError.at(str(file), say("can't be read: {why}", why=str(bad).splitlines()[0])) from None
            found.append(Measured(int(row[0]), columns, {n: (row[2 * i + 1], row[2 * i + 2]) for i, n in enumerate(timed)}))
    return tuple(found)


def as_csv(files: Mapping[Path, Path]) -> None:
    """Writes Parquet files as CSV: UTF-8, a header, commas, lists as JSON."""
    with workspace(Engine()) as (db, _):
        for file, out in files.items():
            db.execute(f"copy (from {sql.written(sql.parquet(file))}) to {sql.written(sql.text(str(out)))} (format csv, header)")


def write_table(rows: Sequence[Sequence[object]], columns: Mapping[str, str], out: Path) -> None:
    """Writes a few rows as `out`.parquet and `out`.csv. columns: names and the engine's types, in the order of the cells."""
    with workspace(Engine()) as (db, _):
        db.execute(f"create temp table given ({', '.join(f'{sql.written(sql.name(n))} {kind}' for n, kind in columns.items())})")
        if rows:
            db.executemany(f"insert into given values ({', '.join('?' * len(columns))})", rows)  # noqa: S608 — question marks
        db.execute(sql.to_parquet("from given", out.with_name(f"{out.name}.parquet")))
        db.execute(f"copy given to {sql.written(sql.text(str(out.with_name(f'{out.name}.csv'))))} (format csv, header)")


def originals(assessment: Path, key: bytes) -> Iterator[tuple[str, str]]:
    """Of every case of an assessment by what name it goes in one that is made again with a key, and its own, ordered by the first: the disputes, and the
    rows of the ledger that couldn't be read (`file#record`)."""
    first, _ = read_manifest(assessment)
    names = new_names({t.table: [f.name for f in t.files] for t in first.tables})
    rejects = (
        'select distinct file, cast(record as varchar) from $part where "table" = \'disputes\' and ("column" is null or "column" = \'dispute_id\')'
    )
    with workspace(Engine()) as (db, _):
        # what couldn't be read is little, and its pseudonym is no hash
        read = db.execute(sql.written(sql.fill(rejects, part=sql.parquet(assessment / "rejects.parquet")))).fetchall() if first.rejects_sha256 else []
        yield from sorted((f"{names[file]}#{record}", f"{file}#{record}") for file, record in read)
        part = next((s.part for s in first.subjects if s.table == "disputes"), None)
        if part is not None:
            new = pseudonym_of(sql.col("subject"), key).as_("new")
            result = db.execute(sql.written(exp.select(new, sql.col("subject")).from_(sql.parquet(assessment / part)).order_by(sql.col("new"))))
            while rows := result.fetchmany(_MANY):
                yield from rows


def write_bytes(rows: Iterable[Sequence[bytes]], columns: Mapping[str, Literal["text", "bytes"]], out: Path) -> int:
    """Writes many rows as a Parquet file, ordered by the first column; a text is its UTF-8 bytes. Gives how many there were."""
    count = 0
    with workspace(Engine()) as (db, scratch):
        spool = scratch / "rows.csv"
        with spool.open("w", encoding="ascii") as file:
            for row in rows:
                file.write(",".join([v.hex() for v in row]) + "\n")
                count += 1
        given = ", ".join(f"{sql.written(sql.text(n))}: 'varchar'" for n in columns)
        plain = {"text": "decode(unhex($c))", "bytes": "unhex($c)"}
        chosen = exp.select(*(sql.expression(plain[kind], c=sql.col(n)).as_(sql.name(n)) for n, kind in columns.items()))
        read = f"read_csv({sql.written(sql.text(str(spool)))}, header = false, auto_detect = false, columns = {{{given}}})"
        db.execute(sql.to_parquet(f"{sql.written(chosen)} from {read} order by {sql.written(sql.name(next(iter(columns))))}", out))
    return count


def rows_with(file: Path, column: str, values: Iterable[str]) -> tuple[tuple[Any, ...], ...]:
    """The rows of a Parquet file with one of these texts in a column. Raises AssessmentError for one that can't be read."""
    with workspace(Engine()) as (db, _):
        db.execute("create temp table given as select unnest(?::varchar[]) as value", [list(values)])
        among = exp.In(this=sql.col(column), query=exp.Subquery(this=exp.select("value").from_(sql.tab("given"))))
        try:
            return tuple(db.execute(sql.written(exp.select("*").from_(sql.parquet(file)).where(among))).fetchall())
        except duckdb.Error as bad:
            raise AssessmentError.at(str(file), say("can't be read: {why}", why=str(bad).splitlines()[0])) from None


def export_parts(project: Project, assessment: Path, out: Path) -> tuple[tuple[HandedOver, ...], tuple[Failure, ...]]:
    """What the plugins hand over of an assessment (hook `evaluation_exports`), each part in a folder of its own below `out`."""
    blocks = blocks_of(project)
    manifest, _ = read_manifest(assessment)
    previous = Previous(manifest.previous.as_of, manifest.previous.sha256) if manifest.previous is not None else None
    run = run_of(project, packs_of(project, blocks), manifest.as_of, previous, None)
    collected = collect(blocks, run)
    return run_exports(assessment, out, run, collected.exports)


def folders_of_packs(project: Project, rewording: Rewording) -> tuple[dict[str, Path], dict[str, str]]:
    """Where each enabled pack of a project lies, by its id; and the identifiers that their conditions name, each with its pseudonym."""
    blocks = blocks_of(project)
    packs = packs_of(project, blocks)
    return {p.id: p.folder for p in packs}, identifiers_in(packs, blocks.tables, rewording)


def texts_in(file: Path) -> dict[str, frozenset[str]]:
    """Every different text and whole number of a Parquet file by column, those within lists and structures taken together; by the empty name what
    its columns are called, and its metadata. Raises AssessmentError for a file that can't be read.
    """
    (measured,) = measure((file,))
    found: dict[str, frozenset[str]] = {}
    with workspace(Engine()) as (db, _):
        about = db.execute("select decode(key) || ' ' || decode(value) from parquet_kv_metadata(?)", [str(file)]).fetchall()
        found[""] = frozenset((*measured.columns, *(text for (text,) in about)))
        for name, kind in measured.columns.items():
            if kind == "VARCHAR" or kind.endswith("INT") or kind == "INTEGER" or "[" in kind or "(" in kind.removeprefix("DECIMAL("):
                query = exp.select(sql.cast(sql.col(name), "varchar")).distinct().from_(sql.parquet(file))
                found[name] = frozenset(v for (v,) in db.execute(sql.written(query)).fetchall() if v is not None)
    return found


def tables_of(project: Project) -> Mapping[str, Table]:
    """The tables that a project's register may have, those of its plugins, too."""
    return blocks_of(project).tables


def write_report(
    assessment: Path, out: Path, forms: Sequence[str], language: Language, project: Project | None, rewrite: Rewrite | None = None
) -> tuple[Failure, ...]:  # fmt: skip
    """Writes the report of an assessment, in several forms each with its ending; gives the sections that couldn't be made.

    rewrite: gives what is to stand for each of the texts that plugins say in their sections.
    """
    return write_reports(assessment, out, Wanted(language, tuple(forms), trusted=True, rewrite=rewrite), project)

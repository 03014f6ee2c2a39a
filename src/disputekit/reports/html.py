"""The report as one HTML file: no scripts, nothing from anywhere else, the same bytes for the same report."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from disputekit.outcomes import Verdict
from disputekit.reports.made import Made, Report
from disputekit.reports.svg import drawn
from disputekit.sections import Block, Chart, Group, Kind, Listing, Matrix, Tone, Value
from disputekit.text import Language, Phrase, Text, say, speaker, width

_TEMPLATES = Path(__file__).parent / "templates"
_UNBROKEN = 24
_UNBROKEN_CONTROL = 18
"""Up to how many letters a name stays on one line."""
_SHORT = 20
"""Up to how wide a text of a table is, in Latin letters, that stays on one line: no branch's name ends with one letter on a line of its own."""
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
_NARROW_KINDS: tuple[Kind, ...] = ("number", "share")


def written(report: Report, language: Language) -> str:
    """The whole file."""
    page = _Page(report, language)
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"sentence": page.sentence, "words": page.words, "cell": page.cell, "shown": page.shown, "url": page.anchor}
    template = environment.get_template("report.html.j2")
    style = Markup((_TEMPLATES / "report.css").read_text("utf-8"))  # noqa: S704 — our own file
    return template.render(report=report, manifest=report.assessed.manifest, page=page, language=language, style=style, labels=_labels(report)) + "\n"


def _labels(report: Report) -> dict[str, Phrase | None]:
    """What the page itself says, beside its sections."""
    assessed, manifest = report.assessed, report.assessed.manifest
    disputes = assessed.row("select count(*) as n from disputes")["n"]
    return {
        "kicker": say("Report on the compliance of claims disputes"),
        "title": say("Report on the compliance of claims disputes, as of {day}", day=manifest.as_of),
        "asof": say("As of the end of {day}; {controls} controls, {disputes} disputes", day=manifest.as_of, controls=len(manifest.controls),
                    disputes=f"{disputes:,}"),
        "before": say("the assessment before: {day}", day=manifest.previous.as_of) if manifest.previous is not None else None,
        "contents": say("Contents"), "skip": say("To the report"), "none": say("None"), "which": say("Which"), "numbers": say("The numbers as a table"),
        "made": say("Made by disputekit {version} from the assessment whose manifest has the SHA-256 {sha256}", version=manifest.versions["disputekit"],
                    sha256=assessed.sha256),
        "advice": say("It says what the register shows; it is no legal advice"),
    }  # fmt: skip


class _Page:
    """What the template asks while it is filled: how values are shown, and where links lead."""

    def __init__(self, report: Report, language: Language) -> None:
        self.language = language
        self.said = speaker(language)
        groups = [b.name for m in report.sections for b in m.section.blocks if isinstance(b, Group)]
        self._controls = dict.fromkeys(groups)
        self._sections = dict.fromkeys(m.name for m in report.sections)
        self._numbers = 0
        found = report.assessed.unit
        self.unit = (
            report.assessed.row("select any_value(name) as name from units where unit = $unit", unit=found)["name"] if found is not None else None
        )

    def words(self, value: str | Text | None) -> Markup:
        """Text with `…` as code."""
        parts = (self.said(value) if value is not None else "").split("`")
        return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else _unbroken(p) for n, p in enumerate(parts))

    def sentence(self, value: str | Text) -> Markup:
        """The same, with a full stop."""
        end = "" if self.said(value).endswith(("。", "？", "！", ".", "?", "!", "：", ":")) else "。" if self.language == "zh" else "."
        return self.words(value) + end

    def shown(self, value: Value) -> str:
        """A value as text."""
        if value is None:
            return "—"
        if isinstance(value, (Phrase, Text)):
            return self.said(value)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}" if (value.hour, value.minute, value.second) != (0, 0, 0) else f"{value:%Y-%m-%d}"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, float):
            return f"{value:,.4g}" if abs(value) < 1000 and not value.is_integer() else f"{value:,.0f}"
        return f"{value:,}" if isinstance(value, (int, Decimal)) else value

    def cell(self, value: Value, kind: Kind) -> Markup:
        """A cell, as its kind is shown."""
        if value is None:
            return Markup('<span class="none">—</span>')
        if kind == "severity":
            severity = str(value)
            return Markup('<span class="sev sev-{}">{}</span>').format(severity, self.said(say(severity)))
        if kind == "verdict":
            return self.verdict(str(value))
        text = self.shown(value)
        if kind == "control":
            return self.control(text)
        if kind == "moment" and isinstance(value, date):
            return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)
        if kind == "share" and isinstance(value, (int, float, Decimal)):
            return escape(f"{100 * float(value):.1f}%")
        if kind == "name":
            return Markup('<span class="id{}">{}</span>').format(" short" if len(text) <= _UNBROKEN else "", text)
        return self.words(value) if isinstance(value, (Phrase, Text)) else escape(text)

    def verdict(self, text: str) -> Markup:
        found = Verdict.read(text)
        outcome, reason = self.said(say(found.outcome)), self.said(say(found.reason)) if found.reason else ""
        tone: Tone = {"fail": "late" if found.reason == "late" else "bad", "unknown": "unknown", "pending": "soon", "pass": "good"}.get(
            found.outcome, "plain")  # fmt: skip
        said = outcome if not reason else reason if found.outcome == "fail" else self.said(say("{outcome}: {reason}", outcome=outcome, reason=reason))
        return Markup('<span class="tag tag-{}">{}</span>').format(tone, said)

    def short(self, value: Value, kind: Kind) -> bool:
        """Whether a text is short enough to stay on one line."""
        return kind == "text" and width(self.shown(value)) <= _SHORT

    def control(self, name: str) -> Markup:
        if name not in self._controls:
            return Markup('<span class="id">{}</span>').format(name)
        short = " short" if len(name) <= _UNBROKEN_CONTROL else ""
        return Markup('<a class="id{}" href="#{}">{}</a>').format(short, self.anchor(name), name)

    def to(self, name: str | None) -> str | None:
        """The place of a section or a control; None where there is none."""
        return self.anchor(name) if name is not None and (name in self._sections or name in self._controls) else None

    def anchor(self, name: str) -> str:
        prefix = "c-" if name in self._controls and name not in self._sections else "s-"
        return prefix + "".join(c if c.isalnum() or c in "-_" else "_" for c in name)

    def number(self) -> int:
        """A number that nothing else on the page has."""
        self._numbers += 1
        return self._numbers

    def kind(self, block: Block | Group) -> str:
        return type(block).__name__.lower()

    def chart(self, chart: Chart, name: str) -> Markup:
        return Markup(drawn(chart, name, self.said, self.shown))  # noqa: S704 — made as a tree

    def more(self, listing: Listing | Matrix) -> Markup:
        """How many rows are shown of how many, and where the rest is."""
        count = say("{shown} of {total} are shown", shown=self.shown(len(listing.rows)), total=self.shown(listing.total))
        return self.sentence(count if listing.rest is None else say("{count}; {rest}", count=count, rest=listing.rest))

    def from_plugin(self, made: Made) -> Phrase:
        return say("from the plugin {name}", name=made.plugin)

    def narrow(self, listing: Listing) -> bool:
        """Whether its columns would stand too far apart over the whole width."""
        return len(listing.columns) < 4 and all(
            c.kind != "text" or len(self.shown(r[n])) < 30 for n, c in enumerate(listing.columns) for r in listing.rows
        )

    def cards(self, listing: Listing) -> bool:
        """Whether its rows read better as cards where there is little room: most of its columns are words, not numbers."""
        return len(listing.columns) > 3 and sum(c.kind in _NARROW_KINDS for c in listing.columns) * 2 <= len(listing.columns)

    def side_by_side(self, blocks: Iterable[Any]) -> bool:
        """Whether a group is a chart and its table."""
        return [self.kind(b) for b in blocks][-2:] == ["chart", "listing"]


def _unbroken(text: str) -> Markup:
    """Text whose dates aren't broken at their hyphens."""
    return Markup("").join(Markup('<span class="day">{}</span>').format(p) if n % 2 else escape(p) for n, p in enumerate(_DAY.split(text)))

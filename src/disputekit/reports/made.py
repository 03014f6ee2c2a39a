"""The sections of a report, made one after the other; what fails in one stands in its place, and at the top."""

from collections.abc import Sequence
from dataclasses import dataclass

from disputekit.extension import ReportSection
from disputekit.plugins import ANYTHING, CORE, Failure, Given, raised
from disputekit.reports.assessed import Assessed
from disputekit.run import Run
from disputekit.sections import Cell, Heading, Listing, Paragraph, Section
from disputekit.text import Phrase, Text, say


@dataclass(frozen=True)
class Made:
    """A section as made, with the plugin and the description that it is from."""

    plugin: str
    name: str
    title: Text | Phrase
    section: Section


@dataclass(frozen=True)
class Report:
    """A whole report. failures: sections that couldn't be made, which stand in the first section and in their own places, too."""

    assessed: Assessed
    sections: tuple[Made, ...]
    failures: tuple[Failure, ...]


def make_report(assessed: Assessed, run: Run, sections: Sequence[Given], failures: Sequence[Failure] = (), lacking: Sequence[str] = ()) -> Report:
    """Makes every section, those of the body before those of the annex, each in the order of the plugins.

    failures: of the hook itself. lacking: plugins that took part in the assessment and aren't here, so that their sections can't be made.
    """
    failed = list(failures)
    made: list[Made] = []
    item: ReportSection
    for plugin, item in [*(g for g in sections if g.item.part == "body"), *(g for g in sections if g.item.part == "annex")]:
        if (plugin, item.name) in [(m.plugin, m.name) for m in made]:
            failed.append(Failure(plugin, item.name, say("{other} has a section of this name, too", other=plugin)))
            continue
        try:
            section = item.make(assessed.alone(), run)
            if not isinstance(section, Section):
                raise TypeError(f"made {section!r:.80}, not a Section")
        except ANYTHING as bad:
            failed.append(Failure(plugin, item.name, raised(bad)))
            section = Section((Paragraph(say("This section couldn't be made: {what}", what=failed[-1].what), "bad"),))
        made.append(Made(plugin, item.name, item.title, section))
    if failed or lacking:
        made.insert(0, Made(CORE, "lacking", say("What this report lacks"), _lacking(failed, lacking)))
    return Report(assessed, tuple(made), tuple(failed))


def _lacking(failed: Sequence[Failure], lacking: Sequence[str]) -> Section:
    rows: list[tuple[Cell, ...]] = [(f.plugin, f.where, f.what) for f in failed]
    rows += [(name, None, say("It took part in the assessment, but isn't here: its sections aren't shown")) for name in lacking]
    columns = (Heading(say("Plugin"), "name"), Heading(say("Section"), "name"), Heading(say("What went wrong")))
    return Section((
        Paragraph(say("Parts of this report couldn't be made. What they would have said isn't known, and mustn't be taken for nothing to report"), "bad"),
        Listing(say("Sections that couldn't be made"), columns, tuple(rows)),
    ))  # fmt: skip

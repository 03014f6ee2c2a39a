"""Sections of the report that need the register itself: their queries run with the checks, and their rows are kept with the assessment."""

from collections.abc import Sequence
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.assessment.kept import FOLDER
from disputekit.assessment.manifest import SubjectsWritten
from disputekit.checks.decide import file_sha256
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Stage
from disputekit.extension import Check, ReportSection
from disputekit.plugins import ANYTHING, Failure, Given, raised
from disputekit.text import Text


def with_query(sections: Sequence[Given]) -> tuple[Given, ...]:
    """The sections that read the register."""
    return tuple(g for g in sections if g.item.query is not None and g.item.reads is not None)


def as_checks(sections: Sequence[Given]) -> list[Given]:
    """Sections as checks, so that what they read is resolved and put into the facts in the same way."""
    return [Given(plugin, _as_check(section)) for plugin, section in with_query(sections)]


def _as_check(s: ReportSection) -> Check:
    assert s.reads is not None
    assert s.query is not None
    none = Text(zh="—", en="—")
    return Check(s.name, none, "low", "practice", none, s.reads, s.query)


def keep(stage: Stage, prepared: Sequence[Prepared], folder: Path) -> tuple[SubjectsWritten, ...]:
    """Runs the query of each and writes what it came to; one that fails is an error of its plugin. What isn't supplied keeps nothing."""
    found = []
    for p in prepared:
        if p.absent:
            continue
        part = f"{FOLDER}/{p.id}.parquet"
        try:
            query = p.check.query(stage.vocabulary(p))
            columns = tuple(query.named_selects)
            ordered = exp.select("*").from_(query.subquery("kept")).order_by(*(sql.col(c) for c in columns))
            (folder / FOLDER).mkdir(exist_ok=True)
            target = sql.written(sql.text(str(folder / part)))
            (rows,) = stage.db.execute(f"copy ({sql.written(ordered)}) to {target} (format parquet)").fetchone() or (0,)
            (folder / "queries" / f"92_section_{p.id}.sql").write_text(sql.written(ordered, pretty=True) + ";\n", encoding="utf-8")
            found.append(SubjectsWritten(table=f"{FOLDER}.{p.id}", part=part, rows=int(rows), columns=columns, sha256=file_sha256(folder / part)))
        except ANYTHING as bad:  # a plugin's query may raise anything
            stage.failures.append(Failure(p.plugin, p.id, raised(bad)))
    return tuple(found)

"""Stage 2: the facts are put together, what is covered is learnt, and every check is decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.assessment.manifest import ControlResult, Tally
from disputekit.calendars import Calendar
from disputekit.checks.applicability import PHASES, UnreadPhase, barred, line_condition, phases
from disputekit.checks.beside import Beside, Standing
from disputekit.checks.coverage import Covered, Sort, covered, first_seen
from disputekit.checks.decide import BrokenQuery, Decided, decide, write_unsupplied
from disputekit.checks.evidence import in_words
from disputekit.checks.facts import Facts, build_facts, no_facts
from disputekit.checks.judged import provenance, put_judged
from disputekit.checks.names import EVENTS, RecordMoment, SharedMoment
from disputekit.checks.prepare import Prepared
from disputekit.checks.vocabulary import Vocabulary
from disputekit.extension import Reads
from disputekit.outcomes import Verdict
from disputekit.plugins import ANYTHING, CORE, Failure, raised
from disputekit.policies.conditions import binds_as_boolean, columns_read, parse_condition
from disputekit.register.loaded import Register
from disputekit.register.schema import Table
from disputekit.register.settings import Coverage
from disputekit.text import Phrase, say
from disputekit.waivers import Decisions

Progress = Callable[[Phrase, int, int], None]
"""Told what is being done, and how many of how many steps are done."""


@dataclass
class Stage:
    """What the stages after loading share: the engine, the facts, and the failures so far."""

    db: duckdb.DuckDBPyConnection
    register: Register
    specs: Mapping[str, Table]
    facts: Mapping[str, Facts]
    calendar: Calendar
    as_of: date
    coverage: Callable[[Sort], Covered]
    used: dict[Sort, Covered] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    disposed: dict[str, str] = field(default_factory=dict)

    def vocabulary(self, prepared: Prepared) -> Vocabulary:
        table = self.register.tables[prepared.reads.subject]
        facts = no_facts(table) if prepared.check.grouped else self.facts[table.name]

        def known(sort: Sort) -> Covered:
            self.used[sort] = self.coverage(sort)
            return self.used[sort]

        def bind(text: str) -> exp.Expression:
            condition = parse_condition(text, facts.columns)
            binds_as_boolean(self.db, condition, facts.columns)
            unread = sql.either(sql.col(f"{c} rejected") for c in columns_read(text) if facts.rejected.get(c))
            if isinstance(unread, exp.Boolean):
                return condition
            # "amount IS NULL" must not hold because the amount couldn't be read
            return sql.expression("case when not $unread then $condition end", unread=unread, condition=condition)

        applies = prepared.rule.applies if prepared.rule is not None else None
        condition = line_condition(bind(prepared.check.where) if prepared.check.where is not None else None, prepared.line, applies)
        extracted = {n: t.extracted_at for n, t in self.register.tables.items()}
        return Vocabulary(facts, self.specs, self.register.tables, self.as_of, self.calendar, prepared.parameters, prepared.instrument, condition,
                          known, extracted, bind)  # fmt: skip

    def query(self, prepared: Prepared, words: Vocabulary) -> exp.Select:
        """The query of a check, with the verdicts that its phase and its conflicts leave. Raises whatever a plugin's query raises."""
        query = prepared.check.query(words)
        applies = prepared.rule.applies if prepared.rule is not None else None
        if not prepared.contrary and (applies is None or not applies.phase):
            return query
        known = phases(self.db, self.register.tables[PHASES]) if PHASES in self.register.tables else ()
        return barred(query, prepared.id, applies, prepared.contrary, prepared.start, self.facts[prepared.reads.subject], known, self.as_of)


def put_facts(
    db: duckdb.DuckDBPyConnection, specs: Mapping[str, Table], declared: Mapping[str, Coverage], prepared: Sequence[Prepared], register: Register,
    calendar: Calendar, as_of: date, queries: Path,
) -> Stage:  # fmt: skip
    """Builds the facts of every subject table from the union of what is read, and learns what is covered."""
    facts: dict[str, Facts] = {}
    by_row = [p for p in prepared if not p.check.grouped]
    for subject in sorted({p.reads.subject for p in by_row if p.reads.subject in register.tables}):
        mine = [p for p in by_row if p.reads.subject == subject]
        union = Reads(subject)
        for p in mine:
            union = union + p.reads
        moments = {n: m for p in mine for n, m in p.moments.items()}
        facts[subject] = build_facts(db, register, specs, union, {n: moments[n] for n in sorted(moments)}, as_of)
        text = "".join(f"{q};\n\n" for q in facts[subject].queries)
        (queries / f"01_facts_{subject}.sql").write_text(text, encoding="utf-8")
    tables = {m.table for p in by_row for m in p.moments.values() if isinstance(m, RecordMoment)}
    tables |= {EVENTS for p in by_row for m in p.moments.values() if isinstance(m, SharedMoment) and m.activity is not None}
    tables |= {r.table for p in by_row for r in p.reads.records if r.table in register.tables}
    seen = first_seen(db, register, tuple(sorted(tables)), as_of)
    return Stage(db, register, specs, facts, calendar, as_of, lambda sort: covered(sort, declared, seen))


def check(stage: Stage, prepared: Sequence[Prepared], folder: Path, progress: Progress, decisions: Decisions = Decisions()) -> list[ControlResult]:  # noqa: B008 — frozen
    """Stage 2. Every check, one after the other; what fails in one is its own error. decisions: what people decided about its findings."""
    results = []
    for number, p in enumerate(prepared, 1):
        progress(say("Checking {control}", control=p.id), number, len(prepared))
        loaded = stage.register.tables.get(p.reads.subject)
        subjects = loaded.rows_loaded if loaded is not None else 0
        part, error, decided, code, judged = folder / "findings" / f"{p.id}.parquet", None, None, None, None
        try:
            if p.absent:
                decided = write_unsupplied(stage.db, part, ", ".join(map(str, p.absent)))
            else:
                words = stage.vocabulary(p)
                if p.check.judge is not None:
                    code = provenance(p.check.judge)
                    judged = put_judged(stage.db, p, words, folder)
                decided = decide(stage.db, stage.query(p, words), subjects, part, _beside(p, words, stage, decisions.of(p.id)))
                stage.standings |= {(waiver, subject): standing for waiver, subject, standing in decided.standings}
                stage.disposed |= decided.disposed
        except (BrokenQuery, UnreadPhase, duckdb.Error) as bad:
            error = bad.args[0] if bad.args and isinstance(bad.args[0], Phrase) else say("{what}", what=str(bad).splitlines()[0])
        except ANYTHING as bad:  # a plugin's query may raise anything
            error = raised(bad)
        if error is not None:
            stage.failures.append(Failure(p.plugin or CORE, p.id, error))
        if decided is not None:
            (folder / "queries" / f"{p.id}.sql").write_text(decided.query + ";\n", encoding="utf-8")
        result = _result(stage, p, subjects, decided, error)
        if code is not None:
            result = result.model_copy(update={"code": code.code, "code_sha256": code.code_sha256, "judged_sha256": judged})
        results.append(result)
    return results


def _beside(p: Prepared, words: Vocabulary, stage: Stage, mine: Decisions) -> Beside | None:
    """What stands beside the findings of a check on this day; None where nothing does, which is most checks."""
    waivers = tuple(w for w in mine.waivers if w.holds_on(stage.as_of))
    dispositions = tuple(d for d in mine.dispositions if d.decided_on <= stage.as_of)
    if not waivers and not dispositions:
        return None
    facts = sql.tab(stage.facts[p.reads.subject].table) if any(w.where for w in waivers) else None
    template = "select subject from $facts where $holds"
    scopes = {w.id: sql.fill(template, facts=facts, holds=words.condition(w.where)) for w in waivers if w.where and facts}
    return Beside(p.id, waivers, dispositions, MappingProxyType(scopes))


def _result(stage: Stage, p: Prepared, subjects: int, decided: Decided | None, error: str | None) -> ControlResult:
    c = p.check
    tally = decided.tally if decided is not None else {}
    if error is not None:
        tally = {Verdict("unknown", "error"): subjects} if subjects else {}
    elif p.absent:
        tally = {Verdict("unknown", "not supplied"): subjects} if subjects else {}
    return ControlResult(
        id=c.id, title=c.title, kind=p.rule.kind if p.rule else None, pack=p.pack, plugin=p.plugin, subject=c.reads.subject, severity=c.severity,
        basis=c.basis, cite=c.cite, source=p.instrument.title if p.instrument is not None else None, practice=c.practice, remedy=c.remedy,
        evidence=in_words(p, stage.specs, stage.register.tables),
        bearer=p.rule.bearer if p.rule else "insurer", duty=p.rule.duty if p.rule else None, where=c.where, subjects=subjects,
        tallies=tuple(Tally(outcome=v.outcome, reason=v.reason, subjects=n) for v, n in sorted(tally.items())),
        findings=decided.findings if decided is not None else 0, waived=decided.waived if decided is not None else 0,
        absent=tuple(map(str, p.absent)), error=error,
        query_sha256=sql.sha256(decided.query) if decided is not None else None, findings_sha256=decided.findings_sha256 if decided is not None else None,
    )  # fmt: skip

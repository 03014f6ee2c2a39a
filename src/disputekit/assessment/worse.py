"""What is new or worse between two assessments, and the exit code that says so: of a comparison, and of a check held against a baseline.

What is no longer checked, read or known counts as worse: from it no finding can come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from disputekit.assessment.conclusion import CLEAN, FOUND, NOT_EVALUATED, Against, Conclusion
from disputekit.assessment.difference import WRONG, Change, Compared, Difference
from disputekit.outcomes import Verdict
from disputekit.policies.model import SEVERITIES, Severity
from disputekit.text import Phrase, say


@dataclass(frozen=True)
class Judgement:
    """exit_code: 0 nothing new or worse, 1 something, 2 something can't be compared (which wins over 1).

    cant, worse: each reason for 2 and for 1. failing: the controls and waivers among what is worse.
    """

    exit_code: int
    cant: tuple[Phrase, ...]
    worse: tuple[Phrase, ...]
    failing: tuple[str, ...]

    @property
    def why(self) -> tuple[Phrase, ...]:
        return (*self.cant, *self.worse)


def judge(found: Difference, fail_on: Severity = "low") -> Judgement:
    """Whether something is new or worse, in controls at or above a severity: that which they have, or had. Waived findings don't count."""
    controls = [c for c in found.controls if max(_rank(c.severity), _rank(c.old_severity)) >= _rank(fail_on)]
    waivers = [w for w in found.waivers if _rank(w.severity) >= _rank(fail_on)]
    cant = [say("{control} can't be compared: {why}", control=c.id, why=c.why) for c in controls if c.state == "not compared"]
    cant += [say("a new error, so that something may be missing: {error}", error=e) for e in found.errors]
    flaws = [say("waiver {id} of {control} doesn't hold any more: {state}", id=w.id, control=w.control, state=say(w.state)) for w in waivers]
    worse = (*_worse_findings(controls), *flaws, *_worse_tables(found.tables))
    failing = (*(c.id for c in controls if next(_worse_findings([c]), None) is not None), *(f"waiver {w.id}" for w in waivers))
    return Judgement(NOT_EVALUATED if cant else FOUND if worse else CLEAN, tuple(cant), worse, failing)


def against(conclusion: Conclusion, found: Difference, fail_on: Severity) -> Conclusion:
    """A conclusion held against a baseline: only what is new or worse fails.

    What couldn't be evaluated still ends with 2, whether or not it could be then: behind it something new may hide.
    """
    judged = judge(found, fail_on)
    why = (*conclusion.why, *(w for w in judged.cant if w not in conclusion.why))
    counts = {c.id: c.fresh + c.worse for c in found.controls if c.fresh + c.worse}
    known = sum(c.known for c in found.controls)
    return replace(
        conclusion, exit_code=NOT_EVALUATED if why else judged.exit_code, failing=judged.failing, why=why,
        against=Against(found.old.as_of, found.old.sha256, counts, known, judged.worse),
    )  # fmt: skip


def _rank(severity: Severity | None) -> int:
    return SEVERITIES.index(severity) if severity is not None else -1


def _worse_findings(controls: list[Compared]) -> Iterator[Phrase]:
    new, worse, afterwards = (sum(getattr(c, name) for c in controls) for name in ("fresh", "worse", "afterwards"))
    if new:
        yield say("{count} new findings", count=new)
    if worse:
        yield say("{count} findings became worse", count=worse)
    if afterwards:
        yield say("{count} findings rest on facts that were changed afterwards", count=afterwards)
    for c in controls:
        if c.state == "removed":
            yield say("{control} isn't checked any more", control=c.id)
            continue
        severity = c.old_severity
        if severity is not None and _rank(c.severity) > _rank(severity) and c.known:
            yield say("{control} is {new} now, before it was {old}", control=c.id, new=say(c.severity), old=say(severity))
        # a group of subjects is one finding however many they are
        if c.state == "both" and not any(c.new.get(o) for o in WRONG) and not c.worse and _wrong(c.new_tallies) > _wrong(c.old_tallies):
            yield say("{control}: {new} subjects fail or are unknown, before it were {old}", control=c.id, new=_wrong(c.new_tallies),
                      old=_wrong(c.old_tallies))  # fmt: skip


def _worse_tables(changes: tuple[Change, ...]) -> Iterator[Phrase]:
    gone = dict.fromkeys(c.what.partition(": ")[0] for c in changes if c.new is None)
    yield from (say("{table} isn't read any more", table=table) for table in gone)
    for change in changes:
        table, _, number = change.what.partition(": ")
        if change.new is None:
            continue
        if number == "rows loaded" and change.old is not None and int(change.new) < int(change.old):
            yield say("{table}: {new} rows, before it were {old}", table=table, new=change.new, old=change.old)
        elif number.endswith("rejected") and int(change.new) > int(change.old or 0):
            yield say("{table}: {new} {what}, before it were {old}", table=table, new=change.new, what=say(number), old=change.old or 0)


def _wrong(tallies: Mapping[str, int]) -> int:
    return sum(n for verdict, n in tallies.items() if Verdict.read(verdict).outcome in WRONG)

"""Stage 3: detectors look at the whole portfolio; the core corrects for everything that all of them tested."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlglot import exp

from disputekit import sql
from disputekit.assessment.folder import part_of
from disputekit.assessment.manifest import ControlResult, DetectorUsed, PartNotLooked, RisksEnded
from disputekit.checks.names import DISPUTES
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Progress, Stage
from disputekit.extension import Candidate, Check, NotLooked, RiskDetector, RiskPoint, Trend
from disputekit.outcomes import Outcome
from disputekit.plugins import ANYTHING, Failure, Given, raised
from disputekit.policies.model import SEVERITIES
from disputekit.run import Run
from disputekit.text import Text, say, speaker

CHANGED = 0.1
"""By how much, in proportion, a risk point must differ from the previous assessment's to be called rising or falling."""
_FAILED: Outcome = "fail"


class Identified(NamedTuple):
    """What stage 3 came to: the points that stand out, what every detector did, and which points of the previous assessment are no more."""

    points: tuple[RiskPoint, ...]
    detectors: tuple[DetectorUsed, ...]
    ended: tuple[RisksEnded, ...]


class _Looked(NamedTuple):
    plugin: str
    detector: RiskDetector
    candidates: tuple[Candidate, ...]


def as_checks(detectors: Sequence[Given]) -> list[Given]:
    """Detectors as checks, so that what they read is resolved and put into the facts in the same way."""
    return [Given(plugin, _as_check(detector)) for plugin, detector in detectors]


def _as_check(d: RiskDetector) -> Check:
    return Check(d.name, d.title, "low", "practice", Text(zh="—", en="—"), d.reads, d.aggregate)


def identify(
    stage: Stage, prepared: Sequence[Prepared], detectors: Sequence[Given], run: Run, controls: Sequence[ControlResult], folder: Path,
    progress: Progress,
) -> Identified:  # fmt: skip
    """Stage 3. Every detector whose tables are supplied; one that can't run is an error, not a portfolio without risks."""
    looked: list[_Looked] = []
    used: list[DetectorUsed] = []
    progress(say("Looking for risk points"), 0, len(detectors))
    if any(d.breaches for _, d in detectors):
        _put_breaches(stage, controls, folder)
    for number, (p, (plugin, detector)) in enumerate(zip(prepared, detectors, strict=True), 1):
        progress(say("Looking for risk points: {what}", what=detector.title), number, len(detectors))
        given: tuple[Candidate | NotLooked, ...] = ()
        error, query = False, None
        if not p.absent:
            try:
                query = sql.written(p.check.query(stage.vocabulary(p)))
                (folder / "queries" / f"95_risk_{detector.name}.sql").write_text(query + ";\n", encoding="utf-8")
                given = tuple(_checked(c) for c in detector.judge(_rows(stage, query), run))
            except ANYTHING as bad:  # a plugin's detector may raise anything
                stage.failures.append(Failure(plugin, detector.name, raised(bad)))
                error = True
        candidates = tuple(c for c in given if isinstance(c, Candidate))
        looked.append(_Looked(plugin, detector, candidates))
        used.append(DetectorUsed(
            name=detector.name, title=detector.title, plugin=plugin, state="error" if error else "not supplied" if p.absent else "looked",
            absent=tuple(map(str, p.absent)), candidates=len(candidates), tests=sum(c.tests for c in _families(candidates)),
            not_looked=tuple(_told(n) for n in given if isinstance(n, NotLooked)), query_sha256=sql.sha256(query) if query is not None else None,
        ))  # fmt: skip
    tested = [(c.p, c.weight) for one in looked for c in one.candidates if c.p is not None]
    q = iter(corrected(tested, sum(c.weight for one in looked for c in _families(one.candidates))))
    points: list[RiskPoint] = []
    for one in looked:
        with_q = [(c, next(q) if c.p is not None else None) for c in one.candidates]
        try:
            points += [_point(one, c, value, run) for c, value in with_q if value is None or value <= one.detector.alpha]
        except ANYTHING as bad:  # its rating may raise anything, too
            stage.failures.append(Failure(one.plugin, one.detector.name, raised(bad)))
    points.sort(key=lambda p: (-SEVERITIES.index(p.level) if p.level is not None else 1, p.q if p.q is not None else 0.0, p.detector, p.scope))
    return Identified(tuple(points), tuple(used), tuple(_ended(points, used, run)))


def corrected(tests: Sequence[tuple[float, float]], weights: float) -> list[float]:
    """The q of each p, in the order given, after Benjamini and Hochberg (1995, JRSS B 57) with weights (Genovese, Roeder and Wasserman 2006,
    Biometrika 93). tests: p and weight. weights: the sum over all tests, families counted once. All weights equal: Benjamini and Hochberg's own.

    The tests of a run depend on each other: one dispute is counted by its product, its branch and more (positive), and one group's excess is
    the want of the rest (weakly negative). Benjamini and Yekutieli's correction (2001) holds whatever the dependence, but costs a factor of
    seven over a thousand tests, and with it a doubled rate in a group of 200 goes unseen. The dependence here is of the kinds for which this
    one is known to hold (Benjamini and Yekutieli 2001; with weights: Blanchard and Roquain 2008; for negative dependence nearly so:
    Reiner-Benaim 2007), and the tests are discrete, so that they err on the safe side. How often it raises a false alarm is measured:
    tests/benchmarks/calibration.py.
    """
    scaled = [p * weights / weight for p, weight in tests]
    q, least = [1.0] * len(tests), 1.0
    for rank, place in sorted(enumerate(sorted(range(len(tests)), key=lambda i: (scaled[i], i)), 1), reverse=True):
        least = min(least, scaled[place] / rank)
        q[place] = max(least, tests[place][0])  # no weight makes a test say more than it does alone
    return q


def _families(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of the candidates that were tested, one for each family."""
    tested = [c for c in candidates if c.p is not None]
    return [*(c for c in tested if c.family is None), *{c.family: c for c in tested if c.family is not None}.values()]


def _rows(stage: Stage, query: str) -> tuple[Mapping[str, Any], ...]:
    result = stage.db.execute(query)
    names = [d[0] for d in result.description or ()]
    return tuple(MappingProxyType(dict(zip(names, row, strict=True))) for row in result.fetchall())


def _checked(given: Candidate | NotLooked) -> Candidate | NotLooked:
    return given if isinstance(given, NotLooked) else Candidate.model_validate(given)


def _told(one: NotLooked) -> PartNotLooked:
    return PartNotLooked(scope=one.scope, why=one.why if isinstance(one.why, Text) else Text(zh=speaker("zh")(one.why), en=speaker("en")(one.why)))


def _put_breaches(stage: Stage, controls: Sequence[ControlResult], folder: Path) -> None:
    """The disputes of which a control of high or critical severity failed, as a table."""
    grave = [
        c for c in controls if c.subject == DISPUTES and c.findings and c.error is None and SEVERITIES.index(c.severity) >= SEVERITIES.index("high")
    ]
    files = [sql.text((folder / part_of(c.id)).as_posix()) for c in grave]
    query = sql.fill("select null::varchar as subject where false")
    if files:
        query = sql.fill(
            "select distinct subject from read_parquet($files) where outcome = $fail", files=exp.Array(expressions=files), fail=sql.text(_FAILED)
        )
    stage.db.execute(f"create table breaches as {sql.written(query)}")


def _point(one: _Looked, candidate: Candidate, q: float | None, run: Run) -> RiskPoint:
    rating = one.detector.rate(candidate, q) if one.detector.rate is not None else None
    rated = rating.model_dump() if rating is not None else {}
    found = RiskPoint.model_validate({**dict(candidate), **rated, "detector": one.detector.name, "plugin": one.plugin, "q": q})
    return found.model_copy(update={"trend": _trend(found, run)})


def _trend(point: RiskPoint, run: Run) -> Trend | None:
    if run.previous is None:
        return None
    before = run.previous.risks.get(point.name)
    if before is None:
        return "new"
    # what is fewer than it should be (a group that closes more slowly) gets worse by falling
    change = (point.excess - before) * (1 if point.excess >= 1 else -1)
    return "steady" if abs(change) <= CHANGED * abs(before) else "rising" if change > 0 else "falling"


def _ended(points: Sequence[RiskPoint], used: Sequence[DetectorUsed], run: Run) -> list[RisksEnded]:
    """The previous assessment's points that aren't found any more; of a detector that couldn't look this time, it isn't known."""
    if run.previous is None:
        return []
    there, looked = {p.name for p in points}, {d.name for d in used if d.state == "looked"}
    return [RisksEnded(name=n, looked=n.partition("/")[0] in looked) for n in sorted(run.previous.risks) if n not in there]

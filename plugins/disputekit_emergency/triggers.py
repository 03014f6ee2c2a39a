"""From a plan's triggers in TOML to triggers that the core runs. Pure: nothing here knows the state of a plan."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from disputekit import EmergencyTrigger, Firing, Reads, Records, RiskPoint, Run, Situation, Text, Undecided
from disputekit_emergency.plans import Counting, Plan, Trigger, span

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary

ROWS = """
    select scope, count(*) filter (where certain) as low, count(*) as high, min(since) as since, max(since) as latest from subject
    where since is null or since < $end group by scope"""
PEOPLE = """
    select s.scope, count(distinct case when s.certain and p.certain then p.who end) as low,
           count(distinct p.who) + count(*) filter (where p.who is null) as high, min(s.since) as since, max(s.since) as latest
    from subject as s join counted as p on p.subject_id = s.subject
    where s.since is null or s.since < $end group by s.scope"""
REACHED = (
    "select scope, low, high, case when $least > 1 then latest else since end as since from groups where high >= $least and ($recent) order by scope"
)
"""The time of several runs from the last of them: one alone wasn't a cause yet."""
FINDINGS = """
    select $scope as scope, count(*) as low, count(*) as high, null as since from findings
    where outcome = $outcome and not waived group by 1 having count(*) >= $least order by 1"""
MOST = 200
"""How many causes one trigger may name; a plan for each of more isn't what anybody meant, and is told as one that can't be told."""


def triggers_of(plan: Plan) -> Iterator[EmergencyTrigger]:
    """One for each trigger of a plan; those of a draft are there to be listed."""
    for number, t in enumerate(plan.triggers, 1):
        name = f"{plan.id}.{number}"
        given: dict[str, Any] = {"draft": plan.status == "draft", "definition": plan.definition, "controls": t.controls, "detectors": t.detectors}
        if t.table is not None:
            given |= {"reads": _reads(t, t.table), "aggregate": _over_rows(t), "where": t.where}
        elif t.controls:
            given |= {"aggregate": _over_findings(t)}
        yield EmergencyTrigger(name, plan.title, plan.id, _fires(plan, t, name), **given)


def _reads(t: Trigger, table: str) -> Reads:
    columns = tuple(c for c in (t.per, t.since) if c is not None)
    records = (Records(t.count.of, ("subject_id", t.count.distinct), where=t.count.where),) if t.count is not None else ()
    return Reads(table, columns=columns, records=records)


def _over_rows(t: Trigger) -> Any:
    """Causes that are reached for certain, or would be with what is unknown: a condition that is NULL counts in `high` alone."""

    def aggregate(sql: "Vocabulary") -> "Query":
        scope: Expression = sql.literal("all")
        if t.per is not None:
            # what belongs to no group is one of its own, under a name that no group has
            scope = sql.expression("coalesce(cast($per as varchar), '#' || subject)", per=sql.column(t.per))
        subject = sql.subjects(
            scope=scope,
            since=sql.expression("cast($s as timestamp)", s=sql.column(t.since)) if t.since else sql.expression("cast(null as timestamp)"),
        )
        steps = {"found": subject, "subject": sql.fill("select *, coalesce(concerned, false) as certain from found")}
        if t.count is not None:
            steps["counted"] = _counted(t.count, sql)
        steps["groups"] = sql.fill(ROWS if t.count is None else PEOPLE, end=sql.as_of_end)
        recent = sql.literal(True)
        if t.within is not None:
            recent = sql.expression(
                "latest is null or cast(latest as date) >= $as_of - $days", as_of=sql.as_of, days=sql.literal(span(t.within).days)
            )
        return sql.pipeline(sql.fill(REACHED, least=sql.literal(t.at_least), recent=recent), **steps)

    return aggregate


def _counted(counting: Counting, sql: "Vocabulary") -> "Query":
    holds = sql.record_condition(counting.of, counting.where) if counting.where is not None else sql.literal(True)
    unread = sql.record_condition_rejected(counting.of, counting.where) if counting.where is not None else sql.literal(False)
    records = sql.records(counting.of).subquery("r")
    return sql.fill(
        "select subject_id, cast($who as varchar) as who, coalesce($holds, false) and not $unread as certain from $records "
        "where ($holds) is not false or $unread",
        who=sql.column_of(counting.distinct), holds=holds, unread=unread, records=records,
    )  # fmt: skip


def _over_findings(t: Trigger) -> Any:
    def aggregate(sql: "Vocabulary") -> "Query":
        scope = sql.expression("coalesce(unit, '?')") if t.per == "unit" else sql.column_of("control")
        return sql.fill(FINDINGS, scope=scope, outcome=sql.literal(t.outcome), least=sql.literal(t.at_least))

    return aggregate


def _causes(points: Sequence[RiskPoint], t: Trigger) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Kind, scope (none where all of a kind are one cause) and number of each cause."""
    if t.per == "kind":
        for kind in sorted({p.kind for p in points}):
            yield kind, (), sum(p.kind == kind for p in points)
    else:
        yield from ((p.kind, (p.scope,), p.n) for p in points)


def _fires(plan: Plan, t: Trigger, name: str) -> Any:
    """The judgement over the few rows. A key says what caused it, in words that a later day doesn't change."""
    sort = t.count.of if t.count is not None else t.table if t.table is not None else "findings"

    def firing(scope: str, count: int, since: object) -> Firing:
        key = f"{plan.id}/{sort}/{t.per or 'all'}/{scope}"
        facts: dict[str, str | int | float | None] = {"cause": scope, "count": count, "at_least": t.at_least, "trigger": name,
                                                     "since": str(since) if since is not None else None}  # fmt: skip
        return Firing(plan=plan.id, key=key, level=t.level, facts=facts)

    def judge(rows: Sequence[Mapping[str, Any]]) -> Iterator[Firing | Undecided]:
        certain = [r for r in rows if r["low"] >= t.at_least]
        open_ = [r for r in rows if r["low"] < t.at_least]
        if len(certain) > MOST:
            yield Undecided(
                what=Text(zh="原因过多，请核对触发条件", en="too many causes; look whether the trigger is as it was meant"), number=len(certain)
            )
        yield from (firing(r["scope"], r["low"], r["since"]) for r in certain[:MOST])
        if open_:
            what = Text(zh="有缺失或无法读取的值，若计入则达到启动条件", en="values are missing or unreadable with which it would act")
            yield Undecided(what=what, number=len(open_))

    def of_points(situation: Situation) -> Iterator[Firing | Undecided]:
        mine = [p for p in situation.points if p.detector in t.detectors and (not t.kinds or p.kind in t.kinds) and p.n >= t.at_least]
        for kind, scope, n in _causes([p for p in mine if not t.rated or p.level in t.rated], t):
            key = "/".join((plan.id, "risk", kind, *scope))
            yield Firing(plan=plan.id, key=key, level=t.level, facts={"cause": " ".join((kind, *scope)), "count": n, "at_least": t.at_least,
                                                                      "trigger": name, "since": None})  # fmt: skip
        if t.rated and (unrated := sum(p.level is None for p in mine)):
            yield Undecided(what=Text(zh="风险点未评级", en="risk points that nobody rated"), number=unrated)

    def short(situation: Situation) -> Iterator[Undecided]:
        """Findings that nobody could decide may be what is missing to the number."""
        if t.outcome != "fail" or not t.controls:
            return
        unknown = sum(situation.tallies[c]["unknown"] for c in t.controls)
        if unknown and not situation.rows:
            yield Undecided(
                what=Text(zh="所依据的规则有无法判断的对象", en="controls that it goes by couldn't be decided for some subjects"), number=unknown
            )

    def fires(situation: Situation, _: Run) -> Iterator[Firing | Undecided]:
        if t.detectors:
            yield from of_points(situation)
        else:
            yield from judge(situation.rows)
            yield from short(situation)

    return fires

"""`in_place`: something must be in force on every day of a period."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds.common import first_at_or_after, start_arms
from disputekit.oracles.in_place import oracle
from disputekit.policies.model import Moment, Rule, Strict

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

ENDS = {"assignments": "ends_at", "parties": "ends_on", "training": "expires_on", "documents": None}
"""The tables of which a row is in force for a while, and the column of its last day; a document stays on file."""
Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Between(Strict):
    """From each occurrence of one activity up to the first of another after it."""

    from_: Name = Field(alias="from")
    to: Name


class InPlace(Rule):
    """A finding where on some day from `from` (unless given: from the beginning) to `until`, or as-of, nothing of `evidence` is in force.

    `evidence` lists what will do: "assignments.<role>", "parties.<role>", "training.<course>" (of staff), "documents.<kind>" (from when it
    was received), or the days between two activities; their first and last days count. Where an end and a new start lie on one day, the
    clock tells which came last; where it can't (the same moment, or one of them known to the day only), what was in force before goes on, and
    what only began on that day ends on it. What has no end yet lasts as long as the table's extract can tell. The first days without any are
    shown as `2026-03-02/2026-03-06`, or `2026-03-02/..` where they haven't ended (ISO 8601-2).
    """

    kind: Literal["in_place"]
    evidence: Annotated[tuple[Name | Between, ...], Field(min_length=1)]
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        for item in self.evidence:
            table, _, sort = item.partition(".") if isinstance(item, str) else ("documents", "", "x")
            if table not in ENDS or not sort:
                raise ValueError(f"{item!r}: write a role, course or kind of {', '.join(ENDS)}, or from and to")
            if table == "training" and self.subject != "staff":
                raise ValueError("training is about staff: set subject = 'staff'")
        return self

    @property
    def sorts(self) -> tuple[tuple[str, str], ...]:
        """Every sort of record that is looked at, each with its table."""
        found: list[tuple[str, str]] = []
        for item in self.evidence:
            if isinstance(item, Between):
                found += [("events", item.from_), ("events", item.to)]
            else:
                table, _, sort = item.partition(".")
                found.append((table, sort))
        return tuple(dict.fromkeys(found))


def reads(rule: InPlace) -> Reads:
    records = []
    for table in dict.fromkeys(t for t, _ in rule.sorts):
        ends = ENDS.get(table)
        columns = {"training": ("staff_id", "course", "completed_at"), "documents": ("received_at",), "parties": ("starts_on",),
                   "assignments": ("starts_at",), "events": ("activity", "occurred_at")}[table]  # fmt: skip
        records.append(Records(table, (*columns, *([ends] if ends is not None else []))))
    bounds = tuple(m for m in (rule.from_, rule.until) if m is not None)
    return Reads(rule.subject, moments=bounds, records=tuple(records), repeated=(rule.until,) if rule.until is not None else ())


_WINDOW = "select *, cast(started_at as date) as from_on, coalesce(cast(until_at as date), $as_of) as to_on from $source"
# what has no end is known to last no longer than the extract can tell
_RECORDS = """
    select $whose as subject_id, cast($starts as date) as starts_on, coalesce(cast($ends as date), $known_until) as ends_on,
           $starts is null as unknown, coalesce(cast($ends as date) < cast($starts as date), false) as contradictory, $rejected as rejected,
           false as unended
    from $records"""
# of each day only what came last matters, since the first and the last day of a span both count; NULL: nobody can tell what came last
_DAYS = """
    select subject_id, day, rejected, has_start, undated_end,
           case when last_end is null then 1 when last_start is null then 0
                when not coarse_start and sure_end > last_start then 0 when not coarse_end and sure_start > last_end then 1 end as goes_on
    from (
      select subject_id, cast(at as date) as day, max(case when rejected then 1 else 0 end) = 1 as rejected,
             max(case when is_end then 0 else 1 end) = 1 as has_start, max(case when is_end and at is null then 1 else 0 end) = 1 as undated_end,
             max(case when not is_end then at end) as last_start, max(case when is_end then at end) as last_end,
             max(case when not is_end and not coarse then at end) as sure_start, max(case when is_end and not coarse then at end) as sure_end,
             max(case when not is_end and coarse then 1 else 0 end) = 1 as coarse_start,
             max(case when is_end and coarse then 1 else 0 end) = 1 as coarse_end
      from (select subject_id, cast($moment as timestamp) as at, $is_end as is_end, $coarse as coarse, $rejected as rejected from $records) as happened
      group by subject_id, cast(at as date)) as each"""
# an end of no known day may be the end of any span, so that no more is known than the days on which something began
_PAIRS = """
    select subject_id, day as starts_on, case when runs then coalesce(next_on, greatest($known_until, day)) else day end as ends_on, day is null as unknown,
           false as contradictory, rejected, runs and next_on is null as unended
    from (
      select subject_id, day, next_on, rejected, has_start,
             day is not null and not ends_somewhere and ran_on is not null and coalesce(ran_on > stopped_on, true) as runs
      from (
        select *, lead(day) over (partition by subject_id, day is null order by day) as next_on,
               max(case when undated_end then 1 else 0 end) over (partition by subject_id) = 1 as ends_somewhere,
               max(case when goes_on = 1 then day end) over (
                 partition by subject_id, day is null order by day rows between unbounded preceding and current row) as ran_on,
               max(case when goes_on = 0 then day end) over (
                 partition by subject_id, day is null order by day rows between unbounded preceding and current row) as stopped_on
        from $days) as marked) as paired
    where runs or has_start or day is null"""
_CLIPPED = """
    select w.subject, w.from_on, w.to_on, greatest(i.starts_on, w.from_on) as low, least(i.ends_on, w.to_on) as high
    from interval_of as i join window_of as w on w.subject = i.subject_id
    where i.starts_on is not null and i.ends_on is not null and w.from_on is not null
      and greatest(i.starts_on, w.from_on) <= least(i.ends_on, w.to_on)"""
_FLAGS = """
    select subject_id, max(case when unknown then 1 else 0 end) = 1 as unknown, max(case when contradictory then 1 else 0 end) = 1 as contradictory,
           max(case when rejected then 1 else 0 end) = 1 as rejected, max(case when unended then 1 else 0 end) = 1 as unended
    from interval_of group by subject_id"""
_APART = """
    select subject, low, high, coalesce(max(high) over (partition by subject order by low, high rows between unbounded preceding and 1 preceding),
           from_on - 1) as before
    from clipped"""
_BARE = """
    select subject, max(high) as last_on, min(case when low > before + 1 then before + 1 end) as first_on,
           min(case when low > before + 1 then low - 1 end) as until_on
    from apart group by subject"""
_JUDGED = """
    select w.*, coalesce(f.unknown, false) as unknown, coalesce(f.contradictory, false) as contradictory, coalesce(f.rejected, false) as rejected,
           coalesce(f.unended, false) as unended,
           coalesce(b.first_on, case when coalesce(b.last_on < w.to_on, true) then coalesce(b.last_on + 1, w.from_on) end) as bare_on,
           coalesce(b.until_on, cast(w.until_at as date)) as bare_until
    from window_of as w left join flags as f on f.subject_id = w.subject left join bare as b on b.subject = w.subject"""
_VERDICT = """
    select subject, unit, handler, started_at, until_at as done_at,
           cast(bare_on as varchar) || '/' || coalesce(cast(bare_until as varchar), '..') as observed,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when $before or contradictory then 'unknown: contradictory'
             when start_rejected or until_rejected or rejected then 'unknown: rejected value'
             when bare_on is null and unended and not $ends_covered then 'unknown: not covered'
             when bare_on is null then 'pass'
             when unknown then 'unknown: missing'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: gap'
           end as verdict
    from judged"""


def query(rule: InPlace, sql: "words.Vocabulary") -> "exp.Select":
    start = sql.moment(rule.from_) if rule.from_ is not None else sql.beginning()
    until = sql.moment(rule.until) if rule.until is not None else None
    no, never = sql.literal(False), sql.expression("cast(null as timestamp)")
    own = {"started_at": start.at, "start_coarse": start.coarse, "start_rejected": start.rejected} if start else {
        "started_at": never, "start_coarse": no, "start_rejected": no,
    }  # fmt: skip
    ends = {"until_first_at": until.at, "until_first_coarse": until.coarse, "until_rejected": until.rejected} if until else {
        "until_at": never, "until_rejected": no,
    }  # fmt: skip
    steps = {"subject": sql.subjects(**own, **ends)}
    if start and until:
        steps["ended"] = first_at_or_after("until", until, start, sql)
    elif until:
        steps["ended"] = sql.fill("select *, until_first_at as until_at from subject")
    steps["window_of"] = sql.fill(_WINDOW, source=sql.step("ended" if until else "subject"), as_of=sql.as_of)
    steps |= _intervals(rule, sql)
    steps |= {"clipped": sql.fill(_CLIPPED), "flags": sql.fill(_FLAGS), "apart": sql.fill(_APART), "bare": sql.fill(_BARE)}
    steps["judged"] = sql.fill(_JUDGED)
    started, bare = sql.column_of("started_at"), sql.column_of("bare_on")
    # nobody who doesn't know when it began knows that it was in place ever since
    arms = start_arms(start, sql) if start else {
        "not_started": sql.literal(True), "not_begun": sql.literal("unknown: missing"), "in_force": sql.in_force(started),
    }  # fmt: skip
    last = sql.fill(
        _VERDICT, before=sql.expression("until_first_at is not null and until_at is null") if until and until.is_column else no,
        # what began and has no end lasts only if its end would have been recorded
        ends_covered=sql.both(*(sql.covered(("events", item.to), started) for item in rule.evidence if isinstance(item, Between))),
        covered=sql.both(*(sql.covered(sort, started) for sort in rule.sorts)),
        fresh=sql.both(*(sql.fresh(table, bare) for table in dict.fromkeys(t for t, _ in rule.sorts))), **arms,
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def _intervals(rule: InPlace, sql: "words.Vocabulary") -> "dict[str, exp.Select]":
    """The steps up to `interval_of`: the days on which anything of the evidence is in force."""
    steps: dict[str, exp.Select] = {}
    parts = []
    for number, item in enumerate(rule.evidence):
        name = f"record_{number}"
        table, _, sort = ("events", "", "") if isinstance(item, Between) else item.partition(".")
        main, known_until = sql.main_moment(table), sql.known_until(table)
        rejected = [sql.bad_record(table, main)]
        if isinstance(item, Between):
            steps[name] = sql.records(table, (item.from_, item.to))
            is_end = sql.expression("activity = $to", to=sql.literal(item.to))
            steps[f"day_{number}"] = sql.fill(
                _DAYS, moment=sql.column_of(main), is_end=is_end, coarse=sql.coarse_record(table, main), rejected=sql.either(*rejected),
                records=sql.step(name),
            )  # fmt: skip
            parts.append(sql.fill(_PAIRS, known_until=known_until, days=sql.step(f"day_{number}")))
            continue
        steps[name] = sql.records_of_anyone(table, (sort,)) if table == "training" else sql.records(table, (sort,))
        ends = ENDS[table]
        if ends is not None:
            rejected.append(sql.bad_record(table, ends))
        parts.append(sql.fill(
            _RECORDS, whose=sql.column_of("staff_id" if table == "training" else "subject_id"), starts=sql.column_of(main),
            ends=sql.column_of(ends) if ends is not None else sql.expression("cast(null as date)"), rejected=sql.either(*rejected),
            known_until=known_until, records=sql.step(name),
        ))  # fmt: skip
    return {**steps, "interval_of": sql.together(*parts)}


def evidence(rule: InPlace) -> tuple[str, ...]:
    return tuple(f"{table}.{sort}" for table, sort in rule.sorts)


KIND = RuleKind("in_place", InPlace, reads, query, oracle, evidence=evidence)

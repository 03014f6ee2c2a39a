"""A clock that can be lengthened, paused, begun anew, stopped, or replaced by a date that was agreed.

The steps, over rows that have `started_at`, `done_at` and `done_coarse` (`happened`): each time the clock begins is a row of `clock`; every
rung of the ladder gets its own end, with the paused dates that fall into it; the highest rung that counts gives the last day; of several
beginnings the last that still found the clock running holds. Numbers of days stand for dates throughout: dates since 1970, or working days
by the calendar, so that one arithmetic serves both.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from disputekit.kinds.common import first_at_or_after
from disputekit.kinds.limits import BY_DATE, Limit
from disputekit.kinds.terms import SUM, Deadline, Latest, Pause

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Length, Vocabulary

_FOREVER = 99_999_999
"""A number of days past every calendar: the end of a pause that has none yet."""
_ENDLESS = _FOREVER // 2
"""More paused days than any calendar holds: one of the pauses has no end yet."""


def clock_limit(rule: Deadline, sql: "Vocabulary") -> Limit:
    """The last day of a deadline that isn't a plain period."""
    steps: dict[str, exp.Select] = {}
    columns: dict[str, exp.Expression] = {}
    rejected: list[exp.Expression] = []
    source = _stops(rule, "happened", steps, columns, rejected, sql)
    opened = False
    if rule.due_items:
        _given(rule, source, steps, columns, rejected, sql)
    else:
        opened = _ladder(rule, source, steps, columns, rejected, sql)
    _finish(rule, opened, steps, columns, rejected, sql)
    columns |= {f"unread{i}": r for i, r in enumerate(rejected)}
    unread = tuple(sql.column_of(f"unread{i}") for i in range(len(rejected)))
    # an end that is only the earliest possible one mustn't stop the clock in somebody's favour, nor mustn't a stop on a doubtful day
    stopped = sql.expression(
        "stop_at is not null and (is_open or cast(stop_at as date) <= due_on) and (done_at is null "
        "or case when stop_coarse or done_coarse then cast(done_at as date) > cast(stop_at as date) else done_at > stop_at end)"
    )
    notes = [_ineffective(rule, sql)] if len(rule.rungs) > 1 else []
    notes += [sql.column_of("undocumented")] if rule.agreed and rule.agreed.requires and sql.has_column(rule.agreed.column) else []
    notes += [sql.expression("case when restarts > 0 then 'restarts: ' || cast(restarts as varchar) end")] if rule.restart else []
    return replace(BY_DATE, columns=columns, steps=steps, stopped=stopped if rule.stop else None, may_be_open=opened, rejected=unread,
                   contradictory=(sql.column_of("broken"),) if opened else (), notes=tuple(notes))  # fmt: skip


def _happened(names: tuple[str, ...], sql: "Vocabulary") -> "exp.Expression":
    """The day on which the last of several moments was there; NULL until all are."""
    dates = [sql.expression("cast($at as date)", at=sql.moment(n).at) for n in names]
    if len(dates) == 1:
        return dates[0]
    there = sql.both(*(sql.expression("$d is not null", d=d) for d in dates))
    return sql.expression("case when $there then $last end", there=there, last=sql.greatest(*dates))


def _stops(
    rule: Deadline,
    source: str,
    steps: "dict[str, exp.Select]",
    columns: "dict[str, exp.Expression]",
    rejected: "list[exp.Expression]",
    sql: "Vocabulary",
) -> str:
    """Adds `stop_at`, the first of the moments that end the clock at or after its start."""
    start = sql.moment(rule.from_)
    for i, name in enumerate(rule.stop):
        moment = sql.moment(name)
        columns |= {f"stop{i}_first_at": moment.at, f"stop{i}_first_coarse": moment.coarse}
        rejected.append(moment.rejected)
        steps[f"stop{i}"] = first_at_or_after(f"stop{i}", moment, start, sql, source)
        source = f"stop{i}"
    if rule.stop:
        stops = [sql.column_of(f"stop{i}_at") for i in range(len(rule.stop))]
        first = sql.least(*stops) if len(stops) > 1 else stops[0]
        flags = sql.either(
            *(sql.expression("$at = $first and $flag", at=s, first=first, flag=sql.column_of(f"stop{i}_coarse")) for i, s in enumerate(stops))
        )
        steps["stopped"] = sql.fill("select *, $at as stop_at, $flags as stop_coarse from $source", at=first, flags=flags, source=sql.step(source))
        source = "stopped"
    return source


# ── a due date that is given ──


def _given(
    rule: Deadline,
    source: str,
    steps: "dict[str, exp.Select]",
    columns: "dict[str, exp.Expression]",
    rejected: "list[exp.Expression]",
    sql: "Vocabulary",
) -> None:
    days = []
    for i, item in enumerate(rule.due_items):
        found = SUM.fullmatch(item)
        if found is None:
            columns[f"item{i}"] = sql.expression("cast($c as date)", c=sql.column(item))
            rejected.append(sql.column_rejected(item))
            days.append(sql.column_of(f"item{i}"))
            continue
        moment = sql.moment(found[1])
        columns[f"item{i}"] = moment.at
        rejected.append(moment.rejected)
        days.append(_plus(sql.column_of(f"item{i}"), sql.period(found[2], sql.column_of("started_at")), sql))
    pick = sql.greatest if isinstance(rule.due, Latest) else sql.least
    steps["strict"] = sql.fill(
        "select *, $day as strict_on, cast(null as varchar) as length, true as settled, false as is_open, case when $day is null then null else 0 end as n "
        "from $source", day=pick(*days) if len(days) > 1 else days[0], source=sql.step(source),
    )  # fmt: skip


def _plus(at: "exp.Expression", period: "Length", sql: "Vocabulary") -> "exp.Expression":
    match period.unit:
        case "days":
            return sql.expression("cast($at as date) + $n", at=at, n=period.count)
        case "weeks":
            return sql.expression("cast($at as date) + $n * 7", at=at, n=period.count)
        case "months":
            return sql.expression("cast(cast($at as date) + $n * interval 1 month as date)", at=at, n=period.count)
        case "years":
            return sql.expression("cast(cast($at as date) + $n * interval 12 month as date)", at=at, n=period.count)
        case _:
            raise ValueError(f"an item of due is counted in days, weeks, months or years, not in {period.unit}")


# ── the ladder ──


def _ladder(
    rule: Deadline,
    source: str,
    steps: "dict[str, exp.Select]",
    columns: "dict[str, exp.Expression]",
    rejected: "list[exp.Expression]",
    sql: "Vocabulary",
) -> bool:
    """The steps up to `strict`: `strict_on`, `settled`, `is_open`, `length`, `n`. Returns whether pauses had to be looked at."""
    for k, rung in enumerate(rule.rungs):
        columns |= {name: sql.moment(m).at for name, m in zip(_required(rule, k), rung.requires, strict=True)}
        rejected.extend(sql.moment(m).rejected for m in rung.requires)
    for i, pause in enumerate(rule.pause):
        columns[f"pause{i}_ok"] = (
            sql.expression("coalesce($day is not null, false)", day=_happened(pause.requires, sql)) if pause.requires else sql.literal(True)
        )
        rejected.extend(sql.moment(m).rejected for m in (pause.from_, pause.to, *pause.requires))
    rejected.extend(sql.moment(m).rejected for m in rule.restart)
    _beginnings(rule, source, steps, sql)
    working = sql.period(rule.rungs[0].within, sql.column_of("started_at")).unit == "working days"
    pauses = [(i, p) for i, p in enumerate(rule.pause) if sql.is_paused(p.from_, p.to)]
    _numbers(rule, working, bool(pauses), steps, sql)
    if pauses:
        _pauses(pauses, len(rule.rungs), working, steps, sql)
    _ends(rule, working, bool(pauses), steps, sql)
    if rule.restart:
        steps["strict"] = sql.fill(_LAST_BEGINNING)
    return bool(pauses)


def _required(rule: Deadline, k: int) -> list[str]:
    """The columns that hold what a rung requires."""
    return [f"rung{k}_{i}_at" for i in range(len(rule.rungs[k].requires))]


_BEGINNINGS = """
    select h.*, b.clock_on, row_number() over (partition by h.subject order by b.clock_on) - 1 as restarts
    from $source as h join (
      select subject, cast(started_at as date) as clock_on from $source
      union
      select h.subject, cast(o.at as date) as clock_on
      from $source as h join $occurrences as o on o.subject = h.subject
      where cast(o.at as date) > cast(h.started_at as date) and (h.done_at is null or o.at <= h.done_at)) as b on b.subject = h.subject"""
_LAST_BEGINNING = """
    select * exclude (next_on, ended, holds) from (
      select *, coalesce(sum(ended) over (partition by subject order by clock_on rows between unbounded preceding and 1 preceding), 0) = 0 as holds
      from (
        select *, lead(clock_on) over (partition by subject order by clock_on) as next_on,
               case when not is_open and lead(clock_on) over (partition by subject order by clock_on) > strict_on then 1 else 0 end as ended
        from ended) as each) as each
    where holds and (next_on is null or ended = 1)"""


def _beginnings(rule: Deadline, source: str, steps: "dict[str, exp.Select]", sql: "Vocabulary") -> None:
    if not rule.restart:
        steps["clock"] = sql.fill("select *, cast(started_at as date) as clock_on from $source", source=sql.step(source))
        return
    steps["clock"] = sql.fill(_BEGINNINGS, source=sql.step(source), occurrences=sql.occurrences(*rule.restart))


def _numbers(rule: Deadline, working: bool, paused: bool, steps: "dict[str, exp.Select]", sql: "Vocabulary") -> None:
    """Adds `from_no`, and for each rung its length in the same numbers, `n0`, `n1` …

    Dates without pauses need no numbers: then each rung's last day is there already, `end0` …, and its length is in its own unit.
    """
    started, clock_on = sql.column_of("started_at"), sql.column_of("clock_on")
    if working:
        steps["numbered"] = sql.fill("select c.*, k.earliest_no as from_no from clock as c left join calendar as k on k.day = c.clock_on")
    elif paused:
        steps["numbered"] = sql.fill("select *, date_diff('day', cast('1970-01-01' as date), clock_on) as from_no from clock")
    lengths = sql.fill("select * from $source", source=sql.step("numbered" if working or paused else "clock"))
    for k, rung in enumerate(rule.rungs):
        period = sql.period(rung.within, started)
        if (period.unit == "working days") is not working or period.unit == "hours":
            raise ValueError("the steps of a ladder all count dates, or all count working days")
        n = period.count
        if not working:
            end = _plus(clock_on, period, sql)
            if paused:
                n = sql.expression("date_diff('day', clock_on, $end)", end=end)
            else:
                lengths = lengths.select(end.as_(f"end{k}"))
        lengths = lengths.select(n.as_(f"n{k}"), period.text.as_(f"length{k}"))
    steps["rungs"] = lengths


_APART = """
    select *, greatest(start_no, coalesce(max(end_no) over (partition by subject, clock_on order by start_no, end_no, started_on
             rows between unbounded preceding and 1 preceding), start_no)) as begin_no
    from episodes"""
_LENGTHS = """
    select *, greatest(end_no - begin_no, 0) as days,
           coalesce(sum(greatest(end_no - begin_no, 0)) over (partition by subject, clock_on order by start_no, end_no, started_on
             rows between unbounded preceding and 1 preceding), 0) as before
    from apart"""
_EPISODES_BY_DATE = """
    select c.subject, c.clock_on, c.from_no, p.started_on, greatest(date_diff('day', cast('1970-01-01' as date), p.started_on), c.from_no) as start_no,
           coalesce(date_diff('day', cast('1970-01-01' as date), p.ended_on), $forever) as end_no
    from rungs as c join $pauses as p on p.subject = c.subject
    where p.started_on is not null and $counts and (p.ended_on is null or p.ended_on > c.clock_on)"""
_EPISODES_BY_WORKING_DAY = """
    select c.subject, c.clock_on, c.from_no, p.started_on, greatest(a.earliest_no, c.from_no) as start_no,
           case when p.ended_on is null then $forever else b.earliest_no end as end_no
    from rungs as c join $pauses as p on p.subject = c.subject
    left join calendar as a on a.day = p.started_on left join calendar as b on b.day = p.ended_on
    where p.started_on is not null and $counts and (p.ended_on is null or p.ended_on > c.clock_on)"""


def _pauses(pauses: list[tuple[int, Pause]], rungs: int, working: bool, steps: "dict[str, exp.Select]", sql: "Vocabulary") -> None:
    """Adds, for each rung, the paused days that fall into it: `paused0` …, and `broken` where a pause ends that never began."""
    which = [sql.expression('p."from" = $a and p."to" = $b', a=sql.literal(p.from_), b=sql.literal(p.to)) for _, p in pauses]
    counts = sql.either(
        *(sql.expression("$is and $ok", ok=sql.column_of(f"pause{i}_ok", "c"), **{"is": w}) for w, (i, _) in zip(which, pauses, strict=True))
    )
    template = _EPISODES_BY_WORKING_DAY if working else _EPISODES_BY_DATE
    steps["episodes"] = sql.fill(template, pauses=sql.pauses(), counts=counts, forever=sql.literal(_FOREVER))
    steps["apart"] = sql.fill(_APART)
    steps["lengths"] = sql.fill(_LENGTHS)
    paused = sql.fill(
        "select l.subject, l.clock_on from lengths as l join rungs as c on c.subject = l.subject and c.clock_on = l.clock_on group by 1, 2"
    )
    for k in range(rungs):
        # a pause that begins on the last day comes too late: that day is counted already
        sums = sql.expression("sum(case when l.begin_no - l.from_no - l.before < $n then l.days else 0 end)", n=sql.column_of(f"n{k}", "c"))
        paused = paused.select(sums.as_(f"paused{k}"))
    steps["paused"] = paused
    steps["unpaired"] = sql.fill(
        "select distinct p.subject from $pauses as p where p.started_on is null and $which", pauses=sql.pauses(), which=sql.either(*which)
    )
    joined = sql.fill("select c.*, u.subject is not null as broken from rungs as c left join paused as p on p.subject = c.subject and p.clock_on = c.clock_on "
                      "left join unpaired as u on u.subject = c.subject")  # fmt: skip
    for k in range(rungs):
        joined = joined.select(sql.expression("coalesce($days, 0)", days=sql.column_of(f"paused{k}", "p")).as_(f"paused{k}"))
    steps["interrupted"] = joined


def _ends(rule: Deadline, working: bool, paused: bool, steps: "dict[str, exp.Select]", sql: "Vocabulary") -> None:
    """Adds each rung's last day, and of the highest rung that counts `strict_on`, `settled`, `is_open`, `length`, `n`; `rung` is which one."""
    source, count = "interrupted" if paused else "rungs", len(rule.rungs)
    no = sql.literal(False)
    last_no = [
        sql.expression("from_no + $n + $p" if paused else "from_no + $n", n=sql.column_of(f"n{k}"), p=sql.column_of(f"paused{k}"))
        for k in range(count)
    ]
    opens = [sql.expression("$p >= $endless", p=sql.column_of(f"paused{k}"), endless=sql.literal(_ENDLESS)) if paused else no for k in range(count)]
    if working:
        joined = sql.fill("select s.* from $source as s", source=sql.step(source))
        for k in range(count):
            on = sql.expression(f"e{k}.earliest_no = $no", no=last_no[k])
            joined = joined.join(f"earliest_days as e{k}", on=on, join_type="left")
            joined = joined.join(f"calendar as c{k}", on=sql.expression(f"c{k}.day = e{k}.day"), join_type="left")
            # no working day at all ends on the day of the start, even where that is a day of rest
            n, day, known = sql.column_of(f"n{k}", "s"), sql.column_of("day", f"e{k}"), sql.column_of("published", f"c{k}")
            end = sql.expression("case when $n = 0 then s.clock_on else $day end", n=n, day=day)
            settled_end = sql.expression("$n = 0 or coalesce($known and b.published, false)", n=n, known=known)
            joined = joined.select(end.as_(f"end{k}"), settled_end.as_(f"settled{k}"))
        joined = joined.join("calendar as b", on=sql.expression("b.day = s.clock_on"), join_type="left")
        steps["ends"] = joined
    elif paused:
        joined = sql.fill("select * from $source", source=sql.step(source))
        for k in range(count):
            end = sql.expression(
                "case when not $open then cast(cast('1970-01-01' as date) + cast($no as integer) as date) end", open=opens[k], no=last_no[k]
            )
            joined = joined.select(end.as_(f"end{k}"))
        steps["ends"] = joined

    counts: list[exp.Expression] = []
    for k in range(1, count):
        # the day's end is made an instant, and not each instant a day, which is dearer
        end = sql.expression("cast($end + 1 as timestamp)", end=sql.column_of(f"end{k - 1}"))
        in_time = sql.both(*(sql.expression("$at < $end", at=sql.column_of(name), end=end) for name in _required(rule, k)))
        counts.append(
            sql.expression("$in_time or ($open and $there)", in_time=in_time, open=opens[k - 1], there=_there(rule, k, sql)) if paused else in_time
        )
    # which rung it is is worked out once, and everything else looked up by it; a longer one is looked at only where the one below it counts
    rung: exp.Expression = sql.literal(count - 1)
    for k in reversed(range(1, count)):
        rung = sql.expression("case when $counts then $above else $below end", counts=counts[k - 1], below=sql.literal(k - 1), above=rung)
    steps["highest"] = sql.fill("select *, $rung as rung from $source", rung=rung, source=sql.step("ends" if working or paused else source))

    def highest(values: "list[exp.Expression]") -> "exp.Expression":
        found = values[0]
        for k in range(1, count):
            found = sql.expression("case when rung >= $k then $value else $below end", k=sql.literal(k), value=values[k], below=found)
        return found

    settled = highest([sql.column_of(f"settled{k}") for k in range(count)]) if working else sql.literal(True)
    steps["ended" if rule.restart else "strict"] = sql.fill(
        "select *, $end as strict_on, $settled as settled, $open as is_open, $length as length, $n as n from highest",
        end=highest([sql.column_of(f"end{k}") for k in range(count)]), settled=settled, open=highest(opens) if paused else no,
        length=highest([sql.column_of(f"length{k}") for k in range(count)]), n=highest([sql.column_of(f"n{k}") for k in range(count)]),
    )  # fmt: skip


def _there(rule: Deadline, k: int, sql: "Vocabulary") -> "exp.Expression":
    """Whether everything that a rung requires is there, in time or not."""
    return sql.both(*(sql.expression("$at is not null", at=sql.column_of(name)) for name in _required(rule, k)))


def _ineffective(rule: Deadline, sql: "Vocabulary") -> "exp.Expression":
    """The rungs that were asked for and don't count, as a text over the columns of `due`; NULL where there are none."""
    too_late = [sql.expression("rung < $k and $there", there=_there(rule, k, sql), k=sql.literal(k)) for k in range(1, len(rule.rungs))]
    late = [
        sql.expression("case when $late then 'ineffective: ' || $length end", late=is_late, length=sql.column_of(f"length{k}"))
        for k, is_late in enumerate(too_late, 1)
    ]
    # text is dear, and most rows have nothing to say
    return sql.expression("case when $any then $noted end", any=sql.either(*too_late), noted=sql.noted(late[0], late[1:]))


# ── roll-over and what was agreed ──


def _finish(
    rule: Deadline,
    opened: bool,
    steps: "dict[str, exp.Select]",
    columns: "dict[str, exp.Expression]",
    rejected: "list[exp.Expression]",
    sql: "Vocabulary",
) -> None:
    """The step `due`: `due_on`, `latest_on`, `is_open`, `n`, `length`."""
    due, latest = sql.expression("s.strict_on"), sql.expression("case when s.settled then s.strict_on end")
    if sql.rolls(rule.roll):
        due, latest = sql.expression("coalesce(r.next_working, s.strict_on)"), sql.expression("case when s.settled then r.next_working end")
    n, opens = sql.expression("s.n"), sql.expression("s.is_open")
    last = sql.fill("select s.* exclude (n, is_open) from strict as s")
    if sql.rolls(rule.roll):
        last = last.join("calendar as r", on=sql.expression("r.day = s.strict_on"), join_type="left")
    agreed = rule.agreed
    if agreed is not None and sql.has_column(agreed.column):
        documented = sql.expression("$day is not null", day=_happened(agreed.requires, sql)) if agreed.requires else sql.literal(True)
        columns |= {"agreed_on": sql.expression("cast($c as date)", c=sql.column(agreed.column)), "documented": documented}
        rejected.append(sql.column_rejected(agreed.column))
        rejected.extend(sql.moment(m).rejected for m in agreed.requires)
        holds = sql.expression("s.agreed_on is not null and s.documented")
        due, latest = (sql.expression("case when $holds then s.agreed_on else $otherwise end", holds=holds, otherwise=x) for x in (due, latest))
        n = sql.expression("case when $holds then 0 else $n end", holds=holds, n=n)
        opens = sql.expression("$open and not $holds", open=opens, holds=holds)
        last = last.select(
            sql.expression("case when s.agreed_on is not null and not s.documented then 'agreed date without its document' end").as_("undocumented")
        )
    steps["due"] = last.select(due.as_("due_on"), latest.as_("latest_on"), n.as_("n"), (opens if opened else sql.literal(False)).as_("is_open"))

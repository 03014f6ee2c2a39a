"""The limit by which something must have come: the end of a period, a moment, or as-of; and what is in time, late, or neither for sure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Length, Vocabulary

# ── the end of a period ──

# due_on is the earliest possible last day and latest_on the latest; they are the same day unless the calendar leaves it open
_DAYS = "select *, cast(started_at as date) + n as due_on, cast(started_at as date) + n as latest_on from counted"
_MONTHS = """
    select *, cast(cast(started_at as date) + n * interval 1 month as date) as due_on,
           cast(cast(started_at as date) + n * interval 1 month as date) as latest_on from counted"""
# no working day at all ends on the day of the start, even where that is a day of rest
_WORKING_DAYS = """
    select s.*, case when s.n = 0 then cast(s.started_at as date) else e.day end as due_on,
           case when s.n = 0 then cast(s.started_at as date) when w.published and c.published then w.day end as latest_on
    from counted as s
    left join calendar as c on c.day = cast(s.started_at as date)
    left join earliest_days as e on e.earliest_no = c.earliest_no + s.n
    left join working_days as w on w.work_no = c.work_no + s.n"""
_WEEKDAYS = """
    select s.*, case when s.n = 0 then cast(s.started_at as date) else w.day end as due_on,
           case when s.n = 0 then cast(s.started_at as date) else w.day end as latest_on
    from counted as s
    left join calendar as c on c.day = cast(s.started_at as date)
    left join working_days as w on w.work_no = c.work_no + s.n"""
_ROLLED = """
    select s.* exclude (due_on, latest_on), s.due_on as strict_on, coalesce(c.next_working, s.due_on) as due_on, l.next_working as latest_on
    from strict as s left join calendar as c on c.day = s.due_on left join calendar as l on l.day = s.latest_on"""
# a start known to the day only may have been any moment of it
_HOURS = """
    select *, started_at + n * interval 1 hour as due_at,
           case when start_coarse then started_at + interval 1 day else started_at end + n * interval 1 hour as latest_at from counted"""


def period_steps(period: "Length", source: str, sql: "Vocabulary", *, roll: bool = False) -> "dict[str, exp.Select]":
    """The steps after `source`, which has `started_at` and `start_coarse`, up to `due`.

    `due` adds `n` and `length`, the period as a count and as a text (NULL where no value holds), and its end as `due_on` and `latest_on`,
    or in hours as `due_at` and `latest_at`; with `roll` also `strict_on`, the day before it is moved.
    """
    steps = {
        "counted": sql.fill("select *, $n as n, $length as length from $source", n=count(period, sql), length=period.text, source=sql.step(source)),
    }
    steps["strict" if roll else "due"] = sql.fill(_end(period, sql))
    if roll:
        steps["due"] = sql.fill(_ROLLED)
    return steps


def count(period: "Length", sql: "Vocabulary") -> "exp.Expression":
    """The count in the unit that the steps know: days for weeks, months for years."""
    factor = {"weeks": 7, "years": 12}.get(period.unit)
    return sql.expression("$n * $factor", n=period.count, factor=sql.literal(factor)) if factor else period.count


def _end(period: "Length", sql: "Vocabulary") -> str:
    match period.unit:
        case "hours":
            return _HOURS
        case "months" | "years":
            return _MONTHS
        case "working days":
            return _WORKING_DAYS if sql.calendar.published_until is not None else _WEEKDAYS
        case _:
            return _DAYS


# ── the limit by which something must have come ──


@dataclass(frozen=True)
class Limit:
    """A limit, as pieces of SQL over a row that has it; whatever is neither in time nor late, nobody can tell.

    in_time, late: of the moment `$moment`, `$coarse` where it is known to the day only. running: it surely hasn't come. undecided: it may
    have come. doubt: the verdict where nobody can tell. day: the last day that counts; None: as-of. due_on: the day to show.
    columns: what the first step must hold for it; steps: what must follow that.
    stopped: whether the clock was stopped while it ran. may_be_open: `is_open` says where a pause has no end yet, so that there is no limit.
    contradictory, rejected: what about the limit itself can't be right or couldn't be read. notes: texts to show with what was observed.
    """

    in_time: str
    late: str
    running: str = "false"
    undecided: str = "false"
    doubt: str = "unknown: too coarse"
    day: str | None = None
    due_on: str | None = None
    columns: "Mapping[str, exp.Expression]" = field(default_factory=lambda: MappingProxyType({}))
    steps: "Mapping[str, exp.Select]" = field(default_factory=lambda: MappingProxyType({}))
    stopped: "exp.Expression | None" = None
    may_be_open: bool = False
    contradictory: "tuple[exp.Expression, ...]" = ()
    rejected: "tuple[exp.Expression, ...]" = ()
    notes: "tuple[exp.Expression, ...]" = ()

    @property
    def last_step(self) -> str:
        """The step whose rows have the limit."""
        return "due" if self.steps else "subject"

    def is_in_time(self, moment: "exp.Expression", coarse: "exp.Expression", sql: "Vocabulary") -> "exp.Expression":
        """TRUE where a moment is surely within the limit."""
        return sql.expression(self.in_time, moment=moment, coarse=coarse)

    def is_late(self, moment: "exp.Expression", coarse: "exp.Expression", sql: "Vocabulary") -> "exp.Expression":
        """TRUE where a moment is surely beyond the limit."""
        return sql.expression(self.late, moment=moment, coarse=coarse)

    def arms(self, sql: "Vocabulary") -> "dict[str, exp.Expression]":
        """What stands in the arms of a verdict: `running`, `undecided`, `doubt`, `limit_rejected`, and `no_value`: that no period holds."""
        ends = {"as_of": sql.as_of, "as_of_end": sql.as_of_end}
        return {
            "running": sql.expression(self.running, **ends), "undecided": sql.expression(self.undecided, **ends), "doubt": sql.literal(self.doubt),
            "limit_rejected": sql.column_of("limit_rejected") if "limit_rejected" in self.columns else sql.literal(False),
            "no_value": sql.expression("n is null") if self.steps else sql.literal(False),
        }  # fmt: skip

    def fresh(self, table: str | None, sql: "Vocabulary") -> "exp.Expression":
        """Whether a table was extracted so late that what isn't in it hadn't come by the limit."""
        return sql.fresh_now(table) if self.day is None else sql.fresh(table, sql.expression(self.day))

    def shown(self, verdict: "exp.Select", sql: "Vocabulary") -> "exp.Select":
        """The verdict's step with `due_on`, where there is such a day."""
        return verdict if self.due_on is None else verdict.select(sql.expression(self.due_on).as_("due_on"))


_NOW = Limit("true", "false")
# where one of two moments is known to the day only, the same day is in time
_BY_MOMENT = Limit(
    "case when $coarse or limit_coarse then cast($moment as date) <= cast(limit_at as date) else $moment <= limit_at end or limit_at is null",
    "case when $coarse or limit_coarse then cast($moment as date) > cast(limit_at as date) else $moment > limit_at end",
    running="limit_at is null", day="cast(limit_at as date)", due_on="cast(limit_at as date)",
)  # fmt: skip
BY_DATE = Limit(
    "cast($moment as date) <= due_on", "cast($moment as date) > latest_on",
    running="$as_of <= due_on", undecided="latest_on is null or $as_of <= latest_on", doubt="unknown: no calendar", day="latest_on", due_on="due_on",
)  # fmt: skip
_BY_HOUR = Limit(
    "case when $coarse then $moment + interval 1 day <= due_at else $moment <= due_at end",
    "case when start_coarse then $moment >= latest_at else $moment > latest_at end",
    # the latest end of a start known to the day only is itself out of reach, so a day that ends there is past it
    running="$as_of_end <= due_at", undecided="$as_of_end < latest_at", due_on="cast(due_at as date)",
    day="cast(case when start_coarse then latest_at - interval 1 microsecond else latest_at end as date)",
)  # fmt: skip


def limit_by_period(within: str, sql: "Vocabulary", source: str = "subject", *, roll: bool = False) -> Limit:
    """The end of a period after `started_at` of the step `source`, its value chosen by the date of `started_at`."""
    period = sql.period(within, sql.column_of("started_at"))
    return replace(_BY_HOUR if period.unit == "hours" else BY_DATE, steps=period_steps(period, source, sql, roll=roll and period.unit != "hours"))


def limit_by(moment: str | None, sql: "Vocabulary") -> Limit:
    """A moment as a limit; as-of itself, by which whatever is there is in time, where none is named."""
    if moment is None:
        return _NOW
    by = sql.moment(moment)
    return replace(_BY_MOMENT, columns={"limit_at": by.at, "limit_coarse": by.coarse, "limit_rejected": by.rejected})

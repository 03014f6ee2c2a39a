"""What several kinds share: numbers and moments as rules write them, the start of a case, and the first that follows it."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.policies.model import Strict

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Moment, Vocabulary

# ── numbers and moments ──

Quantity = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] | Annotated[str, StringConstraints(pattern=r"^\$[a-z][a-z0-9_]*$")]
"""A number, or a parameter that holds one."""
CellName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[^\s,.][^,.]*$")]
"""A column of a table: `phases.ends_on`."""


class OverTables(Strict):
    """The latest or the earliest value of columns over whole tables: the same moment for every subject. Empty cells are passed over."""

    latest: Annotated[tuple[CellName, ...], Field(min_length=1)] | None = None
    earliest: Annotated[tuple[CellName, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.latest is None) is (self.earliest is None):
            raise ValueError("give either latest or earliest")
        return self

    @property
    def name(self) -> str:
        """The name by which the core knows this moment."""
        return f"latest of {', '.join(self.latest)}" if self.latest is not None else f"earliest of {', '.join(self.earliest or ())}"


def named(moment: str | OverTables) -> str:
    """The name of a moment, however the rule states it."""
    return moment if isinstance(moment, str) else moment.name


def plain(number: str, sql: "Vocabulary") -> "exp.Expression":
    """A numeric column as text, without zeros at the end of its decimals."""
    text = f"cast({number} as varchar)"
    return sql.expression(f"case when position('.' in {text}) > 0 then rtrim(rtrim({text}, '0'), '.') else {text} end")


def bounds(least: str, most: str) -> str:
    """The text `3..5` of two numeric columns of which either may be NULL."""
    return f"coalesce(cast({least} as varchar), '') || '..' || coalesce(cast({most} as varchar), '')"


# ── the start ──


def start_columns(start: "Moment | None", sql: "Vocabulary") -> "dict[str, exp.Expression]":
    """What the first step holds of a start: `started_at`, `start_coarse`, `start_rejected`, `begins_at`, `basis_on`.

    A rule without a start of its own is about the whole life of its subject and judged by the law of its beginning.
    """
    no, begins = sql.literal(False), sql.begins()
    own = {"started_at": start.at, "start_coarse": start.coarse, "start_rejected": start.rejected} if start else {
        "started_at": begins, "start_coarse": no, "start_rejected": no,
    }  # fmt: skip
    return {**own, "begins_at": begins, "basis_on": sql.basis()}


def start_arms(start: "Moment | None", sql: "Vocabulary") -> "dict[str, exp.Expression]":
    """What stands in the first arms of a verdict: `not_started`, `not_begun`, `in_force`.

    A missing start is a gap in the data where its column is required; else its moment hasn't come.
    """
    return {
        "not_started": sql.expression("started_at is null") if start else sql.literal(False),
        "not_begun": sql.literal("unknown: missing" if start and start.required else "not_applicable: not begun"),
        "in_force": sql.in_force(sql.column_of("started_at" if start else "basis_on")),
    }


# ── the first that follows ──

_AGAIN = """
    select s.* from $source as s
    left join (
      select o.subject, min(o.at) as again_at, min(case when o.coarse then o.at end) = min(o.at) as again_coarse
      from $later as o join $source as s on s.subject = o.subject
      where o.moment = $name and not $after and $reached
      group by o.subject) as again on again.subject = s.subject"""


def first_at_or_after(
    name: str,
    to: "Moment",
    start: "Moment | None",
    sql: "Vocabulary",
    source: str = "subject",
    since: tuple[str, str] = ("started_at", "start_coarse"),
) -> "exp.Select":
    """The step after `source` that adds `<name>_at` and `<name>_coarse`: the first `to` at or after `started_at`.

    `source` has `started_at`, `start_coarse`, and the first `to` of all as `<name>_first_at` and `<name>_first_coarse`. Where one of two
    moments is known to the day only, they are compared by date. since: the columns of `source` that hold another moment than the start,
    which is then None.
    """
    bound = {"bound": sql.column_of(since[0], "s"), "bound_coarse": sql.column_of(since[1], "s")}

    def reached(at: "exp.Expression", flag: "exp.Expression") -> "exp.Expression":
        if start is not None and not (start.may_be_coarse or to.may_be_coarse):
            return sql.expression("$at >= $bound", at=at, bound=bound["bound"])
        by_date = "case when $bound_coarse or $flag then cast($at as date) >= cast($bound as date) else $at >= $bound end"
        return sql.expression(by_date, at=at, flag=flag, **bound)

    first, flag = sql.column_of(f"{name}_first_at", "s"), sql.column_of(f"{name}_first_coarse", "s")
    after = reached(first, flag)
    if not to.repeated:
        step = sql.fill("select s.* from $source as s", source=sql.step(source))
        return step.select(sql.expression("case when $after then $first end", after=after, first=first).as_(f"{name}_at"), flag.as_(f"{name}_coarse"))
    again = reached(sql.column_of("at", "o"), sql.column_of("coarse", "o"))
    step = sql.fill(_AGAIN, source=sql.step(source), after=after, reached=again, later=sql.later, name=sql.literal(to.name))
    return step.select(
        sql.expression("case when $after then $first else again.again_at end", after=after, first=first).as_(f"{name}_at"),
        sql.expression("case when $after then $flag else again.again_coarse end", after=after, flag=flag).as_(f"{name}_coarse"),
    )

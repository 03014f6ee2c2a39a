"""What a pack says, as pydantic models: instruments, parameters, and what every control has whatever its kind."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from disputekit.text import Text

Unit = Literal["hours", "days", "working days", "weeks", "months", "years"]
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
Basis = Literal["law", "practice"]
Status = Literal["draft", "active", "deprecated", "retired"]

_PERIOD = re.compile(r"(\d{1,5}) (hour|day|working day|week|month|year)s?")
_PARAMETER = re.compile(r"\$[a-z][a-z0-9_]*")


class Period(NamedTuple):
    """A length of time as packs write it: `15 days`, `1 working day`."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit[:-1] if self.number == 1 else self.unit}"


def read_period(text: str) -> Period:
    """Raises ValueError for what isn't a period."""
    found = _PERIOD.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not a period: {text!r}; write a whole number and hours, days, working days, weeks, months or years")
    return Period(int(found[1]), found[2] + "s")  # type: ignore[arg-type]


def is_parameter(text: str) -> bool:
    """Whether a text is the name of a parameter (`$decide_simple`)."""
    return _PARAMETER.fullmatch(text) is not None


def _period_or_parameter(text: str) -> str:
    if text.startswith("$"):
        if not is_parameter(text):
            raise ValueError(f"not a parameter's name: {text!r}")
        return text
    return str(read_period(text))


PERIOD = "period"
"""The mark of a type by which a period is told from any other text."""
PERIOD_AT_END = "period at its end"
"""The mark of a type whose text may end with ` + ` and a period."""
PeriodText = Annotated[str, AfterValidator(_period_or_parameter), PERIOD]
"""A period ("15 days") or a parameter that holds one ("$decide_simple")."""
Moment = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A milestone of the subject (`received`) or a record's moment (`notices.decision.sent`)."""


DATES: tuple[Unit, ...] = ("days", "weeks", "months", "years")
"""The units in which dates are counted, whether they are working days or not."""


class Counted(NamedTuple):
    """Periods of a rule that its kind can't count in every unit.

    stated: the field that states each, and what it says ("15 days", "$parameter"). ways: units that go together; all of the periods must be
    in the units of one way.
    """

    stated: tuple[tuple[str, str], ...]
    ways: tuple[tuple[Unit, ...], ...]


class AnyOf(BaseModel):
    """The first of several moments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    any: Annotated[tuple[Moment, ...], Field(min_length=2)]


class AllOf(BaseModel):
    """The last of several moments, once all are there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: Annotated[tuple[Moment, ...], Field(min_length=2)]


class Reaching(BaseModel):
    """The moment of the payment with which the sum of a sort of payment reaches an amount of the subject."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sum: str
    reaches: str


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Bearer = Literal["insurer", "customer", "regulator", "court", "mediator", "fund"]


class Applies(Strict):
    """In which phases of the organisation and for which lines of business a control applies; empty: in all."""

    phase: tuple[str, ...] = ()
    line: tuple[str, ...] = ()


class Rule(Strict):
    """What every control has. A rule kind adds its own fields in a subclass.

    bearer: whose duty it is. duty: controls that name the same duty are parallel clocks of it. applies: where the control applies at all.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
    title: Text
    kind: str
    subject: str = "disputes"
    where: str | None = None
    applies: Applies | None = None
    bearer: Bearer = "insurer"
    duty: str | None = None
    severity: Severity
    basis: Basis
    cite: str | None = None
    practice: str | None = None
    remedy: Text
    status: Status = "active"


class Instrument(Strict):
    """A law, regulation or standard that controls cite.

    in_force, repealed_on: the dates it applies to. day, roll: how it counts, where a control doesn't say otherwise: whether a plain "day" is
    a working day, and whether a last day that is no working day gives way to the next one.
    """

    title: Text
    in_force: date
    repealed_on: date | None = None
    reviewed_on: date
    day: Literal["calendar", "working"] = "calendar"
    roll: Literal["none", "next_working_day"] = "none"


def as_counted(text: str, instrument: Instrument | None) -> Period:
    """A period as the instrument of its control counts: a plain day may be a working day. Raises ValueError for what isn't a period."""
    period = read_period(text)
    if period.unit == "days" and instrument is not None and instrument.day == "working":
        return Period(period.number, "working days")
    return period


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a parameter is a period or a number")
    return str(_period_or_parameter(value)) if isinstance(value, str) else value


class DatedValue(Strict):
    """A parameter's value from a date on (from ever, where no date is given: house practice only)."""

    from_on: date | None = Field(default=None, alias="from")
    value: Annotated[str | int | Decimal, BeforeValidator(_value)]
    cite: str | None = None


class Parameter(Strict):
    """A number that the law or the house sets, with the dates from which each value holds, oldest first.

    tighter: which way an organisation may move a value that the law sets: `smaller`, `larger`, or not at all (`fixed`).
    """

    title: Text
    basis: Basis
    tighter: Literal["smaller", "larger", "fixed"] = "fixed"
    values: Annotated[tuple[DatedValue, ...], Field(min_length=1)]


class PackHead(Strict):
    """`[pack]`: what the pack is. `requires`: tables and kinds that plugins must offer."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    version: str
    jurisdiction: str | None = None
    title: Text
    requires: Mapping[Literal["tables", "kinds"], tuple[str, ...]] = {}


class Conflict(Strict):
    """Two duties that contradict each other, always or in a phase: which one yields by the law, or that counsel's opinion decides."""

    id: str
    title: Text
    between: tuple[str, str]
    phase: str | None = None
    decided_by: Literal["opinion"] | None = None
    yields: str | None = None
    cite: str | None = None

    @model_validator(mode="after")
    def _decided(self) -> Self:
        if (self.decided_by is None) is (self.yields is None):
            raise ValueError('either `yields` says which duty gives way, or `decided_by = "opinion"` that counsel does')
        if self.yields is not None and (self.yields not in self.between or self.cite is None):
            raise ValueError("`yields` names one of the two duties, and `cite` the article that says so")
        return self


class Opinion(Strict):
    """`[opinions.<conflict>]`: counsel's opinion on a conflict, with its document. It holds up to and including `expires_on`."""

    yields: str
    document: str
    given_on: date
    expires_on: date | None = None


class Override(Strict):
    """`[parameters.<pack>] <name> = { from, value }`: an organisation's own value, from a date on."""

    from_on: date | None = Field(default=None, alias="from")
    value: Annotated[str | int | Decimal, BeforeValidator(_value)]

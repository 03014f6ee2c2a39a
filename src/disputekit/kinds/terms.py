"""The terms of a deadline: the fields that a pack writes."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.policies.model import PERIOD_AT_END, AllOf, AnyOf, Moment, PeriodText, Reaching, Rule, Strict

Moments = tuple[Moment, ...]
SUM = re.compile(r"(.+) \+ (\S.*)")
"""`moment + period`, an item of `due`."""


class Rung(Strict):
    """A period, and what must be there before the rung below it has ended for this one to count."""

    within: PeriodText
    requires: Moments = ()


class Pause(Strict):
    """From when to when the clock stands still, and what must be there for that."""

    from_: Moment = Field(alias="from")
    to: Moment
    requires: Moments = ()


class Agreed(Strict):
    """A due date that the parties agreed, and its document."""

    column: str
    requires: Moments = ()


DueItem = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), PERIOD_AT_END]
"""A column, or `moment + period`."""


class Earliest(Strict):
    earliest: Annotated[tuple[DueItem, ...], Field(min_length=1)]


class Latest(Strict):
    latest: Annotated[tuple[DueItem, ...], Field(min_length=1)]


class Deadline(Rule):
    """A finding where `to` doesn't come within the period after `from`.

    A period in days, weeks, months or years counts dates: the day of `from` isn't counted, the last day is wholly in time (Civil Code of
    the PRC, arts. 201-203; a month ends on the day of the same number or, where there is none, on its last: art. 202). Hours count from
    the moment. `to` is the first occurrence at or after `from`: one moment, the first of several (`any`), the last of several (`all`), or
    the payment with which a sum reaches an amount.

    steps: a ladder of periods; a longer one counts only if what it requires was there before the one below it had ended, so that no label
    set afterwards lengthens a period. pause: dates after a pause's first up to its last aren't counted, if it began while the period ran
    and what it requires is there; overlapping pauses count once. restart: the clock begins anew, if it was still running. stop: ends the
    clock, if it was still running; nothing cures a breach. due: the due date itself, a column or the earliest or latest of several.
    override: a due date that the parties agreed, in place of all this. refused: for somebody else's time limit (`bearer`), the moment at
    which the insurer refused what came in time.
    """

    kind: Literal["deadline"]
    from_: Moment = Field(alias="from")
    to: Moment | AnyOf | AllOf | Reaching
    within: PeriodText | None = None
    steps: tuple[Rung, ...] = ()
    due: DueItem | Earliest | Latest | None = None
    override: str | Agreed | None = None
    pause: tuple[Pause, ...] = ()
    restart: Moments = ()
    stop: Moments = ()
    refused: Moment | None = None
    warn: PeriodText | None = None
    roll: Literal["none", "next_working_day"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if sum(bool(x) for x in (self.within, self.steps, self.due)) != 1:
            raise ValueError("exactly one of within, steps and due says how long it may take")
        if self.due and (self.pause or self.restart):
            raise ValueError("a due date that is given can't be paused or restarted")
        if self.steps and self.steps[0].requires:
            raise ValueError("the first step holds by itself: it requires nothing")
        if any(not step.requires for step in self.steps[1:]):
            raise ValueError("a longer step must say what it requires, or it would always count")
        if any(p.from_ == p.to for p in self.pause):
            raise ValueError("a pause begins with one moment and ends with another")
        if (self.refused is None) is (self.bearer != "insurer"):
            raise ValueError("refused and a bearer other than the insurer go together")
        return self

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The ladder; one rung where there is only `within`."""
        return self.steps if self.within is None else (Rung(within=self.within),)

    @property
    def agreed(self) -> Agreed | None:
        return Agreed(column=self.override) if isinstance(self.override, str) else self.override

    @property
    def due_items(self) -> tuple[str, ...]:
        match self.due:
            case None:
                return ()
            case str():
                return (self.due,)
            case Earliest():
                return self.due.earliest
            case Latest():
                return self.due.latest

    @property
    def is_plain(self) -> bool:
        """Whether nothing can lengthen, move or end the period."""
        return not (self.steps or self.due or self.override or self.pause or self.restart or self.stop)

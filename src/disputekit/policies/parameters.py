"""Dated parameters and an organisation's own values for them: either way for practice, only tighter for law."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from disputekit.errors import Problem
from disputekit.policies.model import DatedValue, Override, Parameter, read_period
from disputekit.text import say


def measure(value: str | int | Decimal) -> tuple[Decimal, str]:
    """A value as a number and its unit (`""` for a plain number)."""
    if isinstance(value, str):
        period = read_period(value)
        return Decimal(period.number), period.unit
    return Decimal(value), ""


def flaws(name: str, parameter: Parameter, instruments: Sequence[str], where: str) -> list[Problem]:
    """What is wrong with a parameter as its pack states it: order, units, and for law the dates and sources of its values."""
    found = []
    at = f"{where}: parameters.{name}"
    dates = [v.from_on for v in parameter.values]
    if any(later is None for later in dates[1:]) or any(a and b and a >= b for a, b in pairwise(dates)):
        found.append(Problem(at, say("values must stand in the order of their dates, each with `from`")))
    units = dict.fromkeys(measure(v.value)[1] for v in parameter.values)
    if len(units) > 1:
        found.append(Problem(at, say("values differ in unit: {units}", units=", ".join(u or "number" for u in units))))
    for value in parameter.values if parameter.basis == "law" else ():
        if value.from_on is None:
            found.append(Problem(at, say("a value of the law needs `from`, the day it came into force")))
        if value.cite is None:
            found.append(Problem(at, say("a value of the law needs `cite`, the article that sets it")))
    for value in parameter.values:
        if value.cite is not None and value.cite.split(" ")[0] not in instruments:
            found.append(Problem(at, say("cites {cite!r}, which is no instrument of this pack", cite=value.cite.split(" ")[0])))
    return found


def overridden(parameter: Parameter, override: Override) -> Parameter:
    """The parameter with an organisation's value from its date on."""
    kept = tuple(v for v in parameter.values if override.from_on is not None and (v.from_on is None or v.from_on < override.from_on))
    own = DatedValue.model_validate({"from": override.from_on, "value": override.value, "cite": None})
    return parameter.model_copy(update={"values": (*kept, own)})


def override_flaws(name: str, parameter: Parameter, override: Override, where: str) -> list[Problem]:
    """Why an organisation may not set this value: another unit, no date, or looser than the law from that date on."""
    mine, unit = measure(override.value)
    for value in parameter.values:
        law, law_unit = measure(value.value)
        if unit != law_unit:
            return [Problem(where, say("{mine} and {law} differ in unit, so neither is tighter", mine=override.value, law=value.value),
                            say("Write it in {unit}", unit=law_unit or "plain numbers"))]  # fmt: skip
    if parameter.basis == "practice":
        return []
    if override.from_on is None:
        return [Problem(where, say("an override of the law needs `from`"), say("Without a date it would rewrite what was decided before"))]
    for value in _in_force_from(parameter.values, override.from_on):
        law, _ = measure(value.value)
        looser = {"smaller": mine > law, "larger": mine < law, "fixed": mine != law}[parameter.tighter]
        if looser:
            direction = {"smaller": say("may only be made smaller"), "larger": say("may only be made larger"), "fixed": say("may not be changed")}
            return [Problem(where, say("{mine} loosens the law: {cite} says {law}, which {direction}", mine=override.value, cite=value.cite or name,
                                       law=value.value, direction=direction[parameter.tighter]))]  # fmt: skip
    return []


def _in_force_from(values: Sequence[DatedValue], day: date) -> list[DatedValue]:
    before = [v for v in values if v.from_on is None or v.from_on <= day]
    return before[-1:] + [v for v in values if v.from_on is not None and v.from_on > day]


def written(parameter: Parameter) -> str:
    """All values in one line, as a person compares them: `2020-03-01: 15 days (act art. 1); 2026-01-01: 10 days`."""

    def one(v: DatedValue) -> str:
        return (f"{v.from_on}: " if v.from_on is not None else "") + str(v.value) + (f" ({v.cite})" if v.cite is not None else "")

    return "; ".join(map(one, parameter.values))


def value_at(parameter: Parameter, day: date) -> str | int | Decimal | None:
    """The value on a day; None before the first one."""
    held = [v.value for v in parameter.values if v.from_on is None or v.from_on <= day]
    return held[-1] if held else None


Parameters = Mapping[str, Mapping[str, Parameter]]
"""By pack, by name."""

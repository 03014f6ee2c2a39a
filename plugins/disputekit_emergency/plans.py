"""Emergency plans as the organisation writes them in TOML, and the settings of the plugin."""

import hashlib
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from disputekit import DisputekitError, MistakeError, Phrase, Problem, ProjectPath, Text, nearest, read_as, read_toml, say

Level = Literal["I", "II", "III", "IV"]
"""Of China's general response plans: I is the gravest (特别重大), then II (重大), III (较大), IV (一般)."""
LEVELS: tuple[Level, ...] = ("IV", "III", "II", "I")
BUNDLED = Path(__file__).parent / "plans"
_SPAN = re.compile(r"([1-9]\d{0,4}) (minutes?|hours?|days?)")


def span(text: str) -> timedelta:
    """The length of "24 hours". Days have 24 hours each: a plan counts from a moment, not by dates."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise MistakeError(say("{text!r} is no time limit", text=text), say("Write it like '30 minutes', '24 hours' or '7 days'"))
    return timedelta(**{found[2].rstrip("s") + "s": int(found[1])})


def length(text: str) -> Phrase:
    """The same length in words of the reader's language."""
    number, _, unit = text.partition(" ")
    if number == "1":
        return {"m": say("1 minute"), "h": say("1 hour"), "d": say("1 day")}[unit[0]]
    return {"m": say("{count} minutes", count=number), "h": say("{count} hours", count=number), "d": say("{count} days", count=number)}[unit[0]]


def _is_span(text: str) -> str:
    span(text)
    return text


Span = Annotated[str, AfterValidator(_is_span)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Counting(Strict):
    """Counts records about the rows instead of the rows: of a record table, those that meet a condition, each value of a column once."""

    of: str
    distinct: str
    where: str | None = None


class Trigger(Strict):
    """When a plan acts. Exactly one of `table`, `controls` and `detectors` says what it looks at.

    table: rows of an entity table that meet `where`, counted `per` value of a column (a row without one stands alone; None: all together).
    since: the column with the moment from which the tasks' time runs. within: only causes whose last such moment is that recent.
    controls: findings with `outcome` of these controls (waived ones left out), per control or per unit.
    detectors: risk points that these found, of `kinds` and `rated` so where named; `at_least` holds their number n. Each is a cause of its
    own, or with `per = "kind"` all of a kind are one (the scope of a surge has its dates, which move while it lasts).
    """

    level: Level
    table: str | None = None
    where: str | None = None
    per: str | None = None
    count: Counting | None = None
    since: str | None = None
    within: Span | None = None
    controls: tuple[str, ...] = ()
    outcome: Literal["fail", "unknown"] = "fail"
    detectors: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rated: tuple[Literal["low", "medium", "high", "critical"], ...] = ()
    at_least: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.table, self.controls, self.detectors))) != 1:
            raise MistakeError(say("say one of table, controls or detectors: what it looks at"))
        if self.controls and self.per not in (None, "unit", "control"):
            raise MistakeError(say("findings are counted per 'control' or per 'unit', not per {per!r}", per=self.per))
        if self.detectors and self.per not in (None, "kind"):
            raise MistakeError(say("risk points stand alone, or are taken per 'kind', not per {per!r}", per=self.per))
        if not self.detectors and (self.kinds or self.rated):
            raise MistakeError(say("'kinds' and 'rated' are of risk points: name their detectors"))
        if self.within is not None and self.since is None:
            raise MistakeError(say("'within' needs 'since': the column with the moment"))
        if not self.table and (self.where or self.count or self.since):
            raise MistakeError(say("'where', 'count' and 'since' are of a table"))
        return self

    @property
    def recurs(self) -> bool:
        """Whether the same cause may come again: a control, a kind of risk or a whole table isn't over when one case of it is."""
        return self.table is None or self.per is None


class Task(Strict):
    """What somebody has to do. owner: a role. within: counted from the cause's own moment, or from the end (`after = "stand_down"`).

    every: done again and again at this distance while the plan is active. levels: only from such an activation.
    """

    id: Name
    title: Text
    owner: Text
    within: Span
    every: Span | None = None
    after: Literal["cause", "stand_down"] = "cause"
    levels: tuple[Level, ...] = ()
    cite: str | None = None


class Escalation(Strict):
    """What happens when a task is late by `after`: these are told (names of `notify`; everybody where none is named)."""

    after: Span = "30 minutes"
    notify: tuple[str, ...] = ()


class Plan(Strict):
    """One plan. cool_down: for so long after its end the same cause doesn't activate it again; None: never again.

    source: what `cite` is from, with how surely it is known. drill_every: months. definition: a hash of the plan as it was read.
    """

    id: Name
    title: Text
    status: Literal["active", "draft"] = "active"
    basis: Literal["law", "practice"]
    cite: str | None = None
    source: Text | None = None
    triggers: tuple[Trigger, ...]
    tasks: tuple[Task, ...]
    notify: tuple[str, ...] = ()
    acknowledge_within: Span = "30 minutes"
    cool_down: Span | None = None
    escalation: Escalation = Escalation()
    stand_down: Text
    drill_every: Annotated[int, Field(ge=1)] = 12
    definition: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.basis == "law" and (self.cite is None or self.source is None):
            raise MistakeError(say("a plan that rests on law needs 'cite' and 'source'"))
        if not self.triggers:
            raise MistakeError(say("has no trigger, so that nothing would set it off"))
        ids = [t.id for t in self.tasks]
        if len(set(ids)) != len(ids) or ACKNOWLEDGE in ids:
            raise MistakeError(say("the ids of tasks differ from one another and from {name!r}", name=ACKNOWLEDGE))
        if self.cool_down is None and any(t.recurs for t in self.triggers):
            # without it the plan would act once and then be silent for ever about what comes again
            raise MistakeError(
                say("its cause can come again, so that it needs 'cool_down'"), say("Say after which time from its end it may act again")
            )
        return self


ACKNOWLEDGE = "acknowledge"
"""The task that every plan has: somebody says that they have it in hand."""


class PlanFile(Strict):
    plans: tuple[Plan, ...]


class Secret(Strict):
    """Where something is that nobody may read in the TOML: an environment variable, or a file that holds nothing else."""

    env: str | None = None
    file: ProjectPath | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise MistakeError(say("say either env or file: where the address is kept"))
        return self

    def read(self, where: str) -> str:
        """The secret itself. Raises DisputekitError where it isn't there; the message names the place, never the secret."""
        if self.env is not None:
            value = os.environ.get(self.env, "").strip()
            place = say("the environment variable {name} is empty", name=self.env)
        else:
            assert self.file is not None
            place = say("the file {name} is missing, empty or unreadable", name=self.file.name)
            try:
                value = self.file.read_text("utf-8").strip()
            except (OSError, UnicodeError):
                value = ""
        if not value:
            raise DisputekitError.at(where, place)
        return value


def _no_address(value: Any) -> Any:
    """Looked for before anything else is, and wherever it stands: a message about another mistake would quote it."""
    if _holds_address(value):
        raise MistakeError(say("an address isn't written here, for it may hold a password"), say("Write { env = 'NAME' } or { file = 'path' }"))
    return value


def _holds_address(value: Any) -> bool:
    match value:
        case str():
            return "://" in value
        case dict():
            return any(map(_holds_address, (*value, *value.values())))
        case list() | tuple():
            return any(map(_holds_address, value))
    return False


class Target(Strict):
    """Whom a notice goes to: a name for the history, and where its Apprise address is kept."""

    name: Name
    to: Secret


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Settings(BaseModel):
    """`[plugins.emergency]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plans: Annotated[tuple[ProjectPath, ...], BeforeValidator(_several)] = Field(
        default=(Path("cn"),),
        validate_default=True,
        description=say("Files of plans; bundled are `cn` (the law's) and `risks` (for high risks that the plugin `risk` finds)"),
    )
    switch_on: tuple[str, ...] = Field(default=(), description=say("Drafts that are switched on"))
    without: tuple[str, ...] = Field(default=(), description=say("Plans that are switched off"))
    state: Annotated[ProjectPath | Secret, BeforeValidator(_no_address)] = Field(
        default=Path("emergency.sqlite"), validate_default=True,
        description=say("Where the history is: an SQLite file, or { env = … } with the URL of a PostgreSQL database"),
    )  # fmt: skip
    notify: Annotated[tuple[Target, ...], BeforeValidator(_no_address)] = Field(
        default=(), description=say("Whom to notify: name, and to = { env = … } or { file = … } with an Apprise address")
    )
    send_within: Annotated[int, Field(ge=1, le=600)] = Field(default=30, description=say("Seconds after which a sending counts as failed"))
    retry_after: Annotated[int, Field(ge=1)] = Field(
        default=30, description=say("Seconds before a failed notice is tried again; twice as long each time, up to an hour")
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [t.name for t in self.notify]
        if len(set(names)) != len(names):
            raise MistakeError(say("two entries of notify have the same name"))
        return self


def load_plans(settings: Settings) -> tuple[Plan, ...]:
    """Every plan of the settings' files, drafts among them unless switched on. Raises DisputekitError with all mistakes."""
    wrong: list[Problem] = []
    found: list[Plan] = []
    for path in settings.plans:
        file = path if path.suffix == ".toml" else BUNDLED / f"{path.name}.toml"
        try:
            data = read_toml(file, path.name, DisputekitError)
            found += read_as(PlanFile, data, path.name, DisputekitError).plans
        except DisputekitError as bad:
            wrong += bad.problems
    unread = bool(wrong)
    ids = [p.id for p in found]
    targets = {t.name for t in settings.notify}
    for plan in found:
        if ids.count(plan.id) > 1:
            wrong.append(Problem(plan.id, say("two plans have this id")))
        wrong += [Problem(f"{plan.id}: notify", say("nobody is named {name!r} in [plugins.emergency] notify", name=n))
                  for n in (*plan.notify, *plan.escalation.notify) if n not in targets]  # fmt: skip
    for key, names in (("switch_on", settings.switch_on), ("without", settings.without)):
        # where a file couldn't be read, its plans aren't known
        wrong += [
            Problem(f"[plugins.emergency] {key}", say("no plan {name!r}", name=n), nearest(n, ids)) for n in names if n not in ids and not unread
        ]
    if wrong:
        raise DisputekitError(*dict.fromkeys(wrong))
    return tuple(_as_switched(p, settings) for p in found)


def _as_switched(plan: Plan, settings: Settings) -> Plan:
    status = "draft" if plan.id in settings.without else "active" if plan.id in settings.switch_on else plan.status
    definition = hashlib.sha256(plan.model_dump_json().encode()).hexdigest()
    return plan.model_copy(update={"status": status, "definition": definition})

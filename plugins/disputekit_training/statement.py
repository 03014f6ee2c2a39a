"""An xAPI statement, as versions 1.0.3 and 2.0 (IEEE 9274.1.1) have it: who did what, with which result. What a store must refuse is refused.

Nothing is converted: a number in quotes is no number. Numbers keep their digits where the text was read with `parse_float=Decimal`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator


def _uri(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", text):
        raise ValueError("not an IRI with its scheme")
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"(?:[A-Za-z]{2,8}(?:-[A-Za-z]{3}){0,3}|[xi])(?:-[A-Za-z0-9]{1,8})*", text):
        raise ValueError("not a language tag (RFC 5646)")
    return text


def _instant(text: str) -> str:
    """RFC 3339, of which an unknown offset (-00:00) isn't allowed here; a colon may be left out of the offset."""
    shape = r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d(?::?\d\d)?)?"
    found = re.fullmatch(shape, text)
    if not found or re.fullmatch(r"-00(:?00)?", found[4] if found[4] is not None else ""):
        raise ValueError("not a timestamp (RFC 3339)")
    datetime.fromisoformat(f"{found[1]}T{found[2]}")
    return text


def _duration(text: str) -> str:
    whole = r"P(?=.)(?:\d+W|(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?D)?(?:T(?=\d)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?)"
    if not re.fullmatch(whole, text):
        raise ValueError("not a duration (ISO 8601)")
    return text


Iri = Annotated[str, AfterValidator(_uri)]
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$")]
Mail = Annotated[str, StringConstraints(pattern=r"^mailto:[^\s@]+@[^\s@]+$")]
LanguageMap = dict[Annotated[str, AfterValidator(_language)], str]
Extensions = dict[Iri, Any]
Timestamp = Annotated[str, AfterValidator(_instant)]
Number = Annotated[Decimal, Field(allow_inf_nan=False)] | int | Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """What every part of a statement is: nothing that the standard doesn't name, and nothing converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Account(Part):
    home_page: Iri = Field(alias="homePage")
    name: str


IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


class Actor(Part):
    """A person, who is known by exactly one identifier, or a group of such people, which may have one."""

    type: Literal["Agent", "Group"] = Field(default="Agent", alias="objectType")
    name: str | None = None
    mbox: Mail | None = None
    mbox_sha1sum: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{40}$")] | None = None
    openid: Iri | None = None
    account: Account | None = None
    member: "list[Actor] | None" = None

    @model_validator(mode="after")
    def _identified(self) -> Self:
        known = [n for n in IDENTIFIERS if getattr(self, n) is not None]
        if len(known) > 1:
            raise ValueError(f"has several identifiers: {', '.join(known)}")
        if self.type == "Agent":
            if not known:
                raise ValueError(f"an agent has one of {', '.join(IDENTIFIERS)}")
            if self.member is not None:
                raise ValueError("an agent has no members")
        elif not known and not self.member:
            raise ValueError("a group without an identifier has members")
        if any(m.type == "Group" for m in self.member or ()):
            raise ValueError("a member of a group is an agent")
        return self


class Verb(Part):
    id: Iri
    display: LanguageMap | None = None


class Component(Part):
    id: str
    description: LanguageMap | None = None


Interaction = Literal["true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert", "numeric", "other"]
LISTS: Mapping[str, tuple[str, ...]] = {
    "choices": ("choice", "sequencing"), "scale": ("likert",), "source": ("matching",), "target": ("matching",), "steps": ("performance",),
}  # fmt: skip
"""Which lists of components belong to which interactions."""


class Definition(Part):
    name: LanguageMap | None = None
    description: LanguageMap | None = None
    type: Iri | None = None
    more_info: Iri | None = Field(default=None, alias="moreInfo")
    extensions: Extensions | None = None
    interaction: Interaction | None = Field(default=None, alias="interactionType")
    correct: list[str] | None = Field(default=None, alias="correctResponsesPattern")
    choices: list[Component] | None = None
    scale: list[Component] | None = None
    source: list[Component] | None = None
    target: list[Component] | None = None
    steps: list[Component] | None = None

    @model_validator(mode="after")
    def _of_the_interaction(self) -> Self:
        if self.interaction is None and (self.correct is not None or any(getattr(self, n) is not None for n in LISTS)):
            raise ValueError("answers without an interactionType")
        for name, interactions in LISTS.items():
            items = getattr(self, name)
            if items is None:
                continue
            if self.interaction not in interactions:
                raise ValueError(f"{name} doesn't belong to {self.interaction}")
            if len({i.id for i in items}) < len(items):
                raise ValueError(f"{name} has an id twice")
        return self


class Activity(Part):
    type: Literal["Activity"] = Field(default="Activity", alias="objectType")
    id: Iri
    definition: Definition | None = None


class Reference(Part):
    type: Literal["StatementRef"] = Field(alias="objectType")
    id: Uuid


class Score(Part):
    scaled: Number | None = None
    raw: Number | None = None
    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.scaled is not None and not -1 <= self.scaled <= 1:
            raise ValueError("scaled isn't between -1 and 1")
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError("min isn't below max")
        if self.raw is not None and ((self.min is not None and self.raw < self.min) or (self.max is not None and self.raw > self.max)):
            raise ValueError("raw isn't between min and max")
        return self


class Result(Part):
    score: Score | None = None
    success: bool | None = None
    completion: bool | None = None
    response: str | None = None
    duration: Annotated[str, AfterValidator(_duration)] | None = None
    extensions: Extensions | None = None


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class ContextActivities(Part):
    parent: list[Activity] | None = None
    grouping: list[Activity] | None = None
    category: list[Activity] | None = None
    other: list[Activity] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_for_many(cls, given: Any) -> Any:
        # an activity that stands alone is a list of one
        return {k: _listed(v) for k, v in given.items()} if isinstance(given, dict) else given


class ContextAgent(Part):
    """Version 2.0."""

    type: Literal["contextAgent"] = Field(alias="objectType")
    agent: Actor
    relevant: list[Iri] | None = Field(default=None, alias="relevantTypes", min_length=1)


class ContextGroup(Part):
    """Version 2.0."""

    type: Literal["contextGroup"] = Field(alias="objectType")
    group: Actor
    relevant: list[Iri] | None = Field(default=None, alias="relevantTypes", min_length=1)


class Context(Part):
    registration: Uuid | None = None
    instructor: Actor | None = None
    team: Actor | None = None
    activities: ContextActivities | None = Field(default=None, alias="contextActivities")
    agents: list[ContextAgent] | None = Field(default=None, alias="contextAgents")
    groups: list[ContextGroup] | None = Field(default=None, alias="contextGroups")
    revision: str | None = None
    platform: str | None = None
    language: Annotated[str, AfterValidator(_language)] | None = None
    statement: Reference | None = None
    extensions: Extensions | None = None

    @model_validator(mode="after")
    def _a_team(self) -> Self:
        if self.team is not None and self.team.type != "Group":
            raise ValueError("team is a group")
        return self


class Attachment(Part):
    usage: Iri = Field(alias="usageType")
    display: LanguageMap
    description: LanguageMap | None = None
    content: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+( *;.*)?$")] = Field(alias="contentType")
    length: Annotated[int, Field(ge=0)]
    sha2: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{56,128}$")]
    url: Iri | None = Field(default=None, alias="fileUrl")


VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def _sort(given: Any) -> str:
    """Which sort of object it is: an activity unless it says something else."""
    named = given.get("objectType", "Activity") if isinstance(given, dict) else "Activity"
    return named if isinstance(named, str) else "Activity"


class Said(Part):
    """What a statement and a statement within one have in common."""

    actor: Actor
    verb: Verb
    result: Result | None = None
    context: Context | None = None
    timestamp: Timestamp | None = None
    attachments: list[Attachment] | None = None


Thing = (
    Annotated[Activity, Tag("Activity")] | Annotated[Actor, Tag("Agent")] | Annotated[Actor, Tag("Group")] | Annotated[Reference, Tag("StatementRef")]
)


def _about_an_activity(said: Said, thing: Any) -> None:
    if said.context is not None and not isinstance(thing, Activity) and (said.context.revision is not None or said.context.platform is not None):
        raise ValueError("revision and platform belong to statements about an activity")


class SubStatement(Said):
    type: Literal["SubStatement"] = Field(alias="objectType")
    object: Annotated[Thing, Discriminator(_sort)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _about_an_activity(self, self.object)
        if self.verb.id == VOIDED and not isinstance(self.object, Reference):
            raise ValueError("voided is about a StatementRef")
        return self


class Statement(Said):
    """A whole statement. Its context's agents and groups (2.0) are taken in any version, since few stores say which one it is."""

    id: Uuid | None = None
    object: Annotated[Thing | Annotated[SubStatement, Tag("SubStatement")], Discriminator(_sort)]
    stored: Timestamp | None = None
    authority: Actor | None = None
    version: Annotated[str, StringConstraints(pattern=r"^(1\.0|2\.0)(\.\d+)?$")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        where = _null_in(given)
        if where is not None:
            raise ValueError(f"{where} is null")
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _about_an_activity(self, self.object)
        if self.verb.id == VOIDED and not isinstance(self.object, Reference):
            raise ValueError("voided is about a StatementRef")
        known = self.authority
        if known is not None and known.type == "Group" and (len(known.member or ()) != 2 or any(getattr(known, n) is not None for n in IDENTIFIERS)):
            raise ValueError("an authority that is a group is two agents, without an identifier")
        return self


def _null_in(given: Any, path: str = "") -> str | None:
    """The place of a null; extensions may hold anything."""
    if given is None:
        return path if path else "the statement"
    inside = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    for name, value in inside:
        if name != "extensions" or value is None:
            found = _null_in(value, f"{path}.{name}" if path else str(name))
            if found is not None:
                return found
    return None

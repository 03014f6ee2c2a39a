"""What people decided about findings: waivers of house practice, and dispositions, which leave a finding as it is.

Both are written by hand beside the project and read before anything is checked: a file with a mistake in it stops the run, for a waiver
that is silently left out or silently taken would both be wrong. A waiver is of a finding's facts: it names them by their hash, and no
longer holds once they have changed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from disputekit.config import Project
from disputekit.errors import ConfigError, Problem, nearest
from disputekit.policies.model import Basis, Severity, Strict
from disputekit.reading import MistakeError, read_as, read_toml
from disputekit.text import say

WAIVERS, DISPOSITIONS = "waivers.toml", "dispositions.toml"

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

Digests = Annotated[tuple[Digest, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v), Field(min_length=1)]
"""One hash, or a list of those of several findings of the same subject."""


def same_person(one: str, other: str) -> bool:
    """Whether two names are written alike but for case and spaces."""
    return "".join(one.casefold().split()) == "".join(other.casefold().split())


class Waiver(Strict):
    """`[[waiver]]`: from when to when, and by whose approval, findings of a control of house practice don't count.

    facts: for each subject the hash of its finding's facts as approved, or a list where it has several (`disputekit waiver draft` writes
    it); nobody else is waived, and no finding that comes later.
    where: a condition over the subject's columns that must hold as well.
    """

    id: Filled
    control: Filled
    facts: Annotated[Mapping[Filled, Digests], Field(min_length=1)]
    where: Filled | None = None
    reason: Filled
    requested_by: Filled
    approved_by: Filled
    approved_on: date
    expires_on: date

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if same_person(self.requested_by, self.approved_by):
            raise MistakeError(say("requested and approved by the same person, {who!r}", who=self.approved_by), say("Somebody else must approve it"))
        if self.expires_on < self.approved_on:
            raise MistakeError(say("expires on {end}, before it is approved on {start}", end=self.expires_on, start=self.approved_on))
        return self

    def holds_on(self, day: date) -> bool:
        """Whether it has been approved by a day and hasn't expired before it."""
        return self.approved_on <= day <= self.expires_on


DispositionKind = Literal["data_error", "counsel_disagrees", "acknowledged_breach"]
NEEDS: Mapping[DispositionKind, tuple[str, ...]] = {
    "data_error": ("correction",), "counsel_disagrees": ("opinion",),
    "acknowledged_breach": ("owner", "root_cause", "redress", "reported", "reported_why", "due_on"),
}  # fmt: skip
"""The fields that each kind of disposition must have, and no other may."""


class Disposition(Strict):
    """`[[disposition]]`: what was decided about a finding, which stays and counts.

    data_error: `correction`, what is put right and where. counsel_disagrees: `opinion`, where counsel's opinion is. acknowledged_breach:
    `owner`, `root_cause`, `redress` to the customer, whether it is `reported` to the regulator and why (not), `due_on`.
    """

    id: Filled
    control: Filled
    subject: Filled
    kind: DispositionKind
    requested_by: Filled
    decided_by: Filled
    decided_on: date
    correction: Filled | None = None
    opinion: Filled | None = None
    owner: Filled | None = None
    root_cause: Filled | None = None
    redress: Filled | None = None
    reported: bool | None = None
    reported_why: Filled | None = None
    due_on: date | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if same_person(self.requested_by, self.decided_by):
            raise MistakeError(say("requested and decided by the same person, {name!r}", name=self.decided_by), say("Somebody else must decide it"))
        absent = [n for n in NEEDS[self.kind] if getattr(self, n) is None]
        if absent:
            raise MistakeError(say("{kind} needs {fields}", kind=self.kind, fields=", ".join(absent)))
        others = [n for names in NEEDS.values() for n in names if n not in NEEDS[self.kind] and getattr(self, n) is not None]
        if others:
            raise MistakeError(say("{kind} has no {fields}", kind=self.kind, fields=", ".join(others)))
        return self


class _Waivers(Strict):
    waiver: tuple[Waiver, ...] = ()


class _Dispositions(Strict):
    disposition: tuple[Disposition, ...] = ()


@dataclass(frozen=True)
class Decisions:
    """The waivers and dispositions of a project, in the order of their files, and the hashes of the files' bytes (None: no file)."""

    waivers: tuple[Waiver, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    waivers_sha256: str | None = None
    dispositions_sha256: str | None = None
    waivers_file: str = WAIVERS

    def of(self, control: str) -> "Decisions":
        """Those about one control."""
        return Decisions(tuple(w for w in self.waivers if w.control == control), tuple(d for d in self.dispositions if d.control == control))

    def __bool__(self) -> bool:
        return bool(self.waivers or self.dispositions)


@dataclass(frozen=True)
class Subjected:
    """What a waiver must know of a control: whose rule it is, which article sets it, how severe a breach is."""

    basis: Basis
    cite: str | None
    severity: Severity


def waivers_path(project: Project) -> Path:
    return project.folder / (project.file.waivers.file or WAIVERS)


def dispositions_path(project: Project) -> Path:
    return project.folder / (project.file.dispositions.file or DISPOSITIONS)


def load_decisions(project: Project) -> Decisions:
    """The project's waivers and dispositions. Raises ConfigError with every mistake in both files, and for a named file that isn't there."""
    wrong: list[Problem] = []
    waivers, dispositions = _Waivers(), _Dispositions()
    paths = (waivers_path(project), dispositions_path(project))
    named = (project.file.waivers.file is not None, project.file.dispositions.file is not None)
    there = [path.is_file() or said for path, said in zip(paths, named, strict=True)]
    try:
        if there[0]:
            waivers = read_as(_Waivers, read_toml(paths[0], paths[0].name, ConfigError), paths[0].name, ConfigError)
            wrong += _twice(paths[0].name, "waiver", [w.id for w in waivers.waiver])
    except ConfigError as bad:
        wrong += bad.problems
    try:
        if there[1]:
            dispositions = read_as(_Dispositions, read_toml(paths[1], paths[1].name, ConfigError), paths[1].name, ConfigError)
            wrong += _twice(paths[1].name, "disposition", [d.id for d in dispositions.disposition])
            wrong += _twice(paths[1].name, "disposition", [f"{d.control} {d.subject}" for d in dispositions.disposition])
    except ConfigError as bad:
        wrong += bad.problems
    if wrong:
        raise ConfigError(*wrong)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() if is_there else None for path, is_there in zip(paths, there, strict=True)]
    return Decisions(waivers.waiver, dispositions.disposition, digests[0], digests[1], paths[0].name)


def _twice(file: str, key: str, names: Sequence[str]) -> Iterable[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Problem(f"{file}: {key}[{number + 1}]", say("{name!r} stands here twice", name=name))


def check_waivers(decisions: Decisions, controls: Mapping[str, Subjected]) -> None:
    """Raises ConfigError for a waiver of a control that isn't there, and of one that is the law's: nobody in a house can waive a statute."""
    wrong = []
    for number, waiver in enumerate(decisions.waivers, 1):
        at = f"{decisions.waivers_file}: waiver[{number}] {waiver.id}: control"
        control = controls.get(waiver.control)
        if control is None:
            wrong.append(Problem(at, say("no control {name!r}", name=waiver.control), nearest(waiver.control, controls)))
        elif control.basis == "law":
            wrong.append(Problem(at, say("{control} is the law's ({cite}), which nobody in the house can waive", control=waiver.control,
                                         cite=control.cite if control.cite else "–"),
                                 say("Record what was decided in {file} instead", file=DISPOSITIONS)))  # fmt: skip
    if wrong:
        raise ConfigError(*wrong)

"""Loading packs: every mistake of a pack at once, each named by control and field."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, Field, ValidationError

from disputekit.errors import PackError, Problem, nearest
from disputekit.extension import RuleKind
from disputekit.policies.model import (
    PERIOD,
    PERIOD_AT_END,
    Conflict,
    Instrument,
    Override,
    PackHead,
    Parameter,
    Rule,
    Strict,
    as_counted,
    is_parameter,
)
from disputekit.policies.parameters import flaws, measure, overridden, override_flaws
from disputekit.reading import problems, read_as, read_toml
from disputekit.text import say


class _PackFile(Strict):
    pack: PackHead
    instruments: Mapping[str, Instrument] = {}
    parameters: Mapping[str, Parameter] = {}
    controls: tuple[dict[str, Any], ...] = Field(default=(), validation_alias="controls")
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True)
class Pack:
    """A pack as loaded, overrides applied. `sha256`: over its TOML files. `overridden`: the parameters that the organisation set itself.
    `without`: the controls that it switched off.
    """

    head: PackHead
    folder: Path
    plugin: str
    sha256: str
    instruments: Mapping[str, Instrument]
    parameters: Mapping[str, Parameter]
    controls: tuple[Rule, ...]
    overridden: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.head.id

    def evaluates(self, rule: Rule) -> bool:
        """Whether a control of the pack is evaluated: it is in force, and the organisation hasn't switched it off."""
        return rule.status in ("active", "deprecated") and rule.id not in self.without


def offered_packs(folders: Sequence[tuple[str, Path]]) -> dict[str, tuple[str, Path]]:
    """Packs that plugins offer: id (the folder's name) -> plugin and folder. Raises PackError where two offer the same id."""
    found: dict[str, tuple[str, Path]] = {}
    for plugin, folder in folders:
        below = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in [folder, *below]:
            if (path / "pack.toml").is_file():
                if path.name in found:
                    raise PackError.at(path.name, say("two plugins offer this pack: {one} and {other}", one=found[path.name][0], other=plugin))
                found[path.name] = (plugin, path)
    return found


def load_packs(
    wanted: Sequence[str],
    offered: Mapping[str, tuple[str, Path]],
    base: Path,
    kinds: Mapping[str, RuleKind],
    tables: Sequence[str],
    overrides: Mapping[str, Mapping[str, Override]],
    where: str,
    without: Sequence[str] = (),
) -> tuple[Pack, ...]:
    """The packs that the TOML names, by id or by a folder relative to `base`, in its order.

    where: the file that names them. without: the controls that it switches off, of house practice only. Raises PackError with every mistake in all of them.
    """
    wrong: list[Problem] = []
    packs: list[Pack] = []
    broken: list[str] = []
    for name in wanted:
        if "/" in name or name.startswith("."):
            plugin, folder = "", base / name
            if not (folder / "pack.toml").is_file():
                wrong.append(Problem(f"{where}: [policies] packs", say("no pack.toml in {folder!r}", folder=name)))
                continue
        elif name in offered:
            plugin, folder = offered[name]
        else:
            wrong.append(Problem(f"{where}: [policies] packs", say("no pack {name!r}", name=name), nearest(name, offered)))
            continue
        try:
            packs.append(load_pack(folder, plugin, kinds, tables, overrides, where))
        except PackError as bad:
            wrong += bad.problems
            broken.append(folder.name)
    wrong += _same_ids(packs)
    known = [*(p.id for p in packs), *broken]
    for name in overrides:
        if name not in known:
            wrong.append(Problem(f"{where}: [parameters.{name}]", say("no pack {name!r} is enabled", name=name), nearest(name, known)))
    if not broken:
        wrong += _not_to_be_switched_off(without, packs, where)
    if wrong:
        raise PackError(*wrong)
    return tuple(replace(p, without=tuple(r.id for r in p.controls if r.id in without)) for p in packs)


def load_pack(
    folder: Path,
    plugin: str,
    kinds: Mapping[str, RuleKind],
    tables: Sequence[str],
    overrides: Mapping[str, Mapping[str, Override]] = MappingProxyType({}),
    overrides_from: str = "",
) -> Pack:
    """One pack from its folder. Raises PackError with every mistake in it."""
    where = f"{folder.name}/pack.toml"
    file = read_as(_PackFile, read_toml(folder / "pack.toml", where, PackError), where, PackError)
    wrong: list[Problem] = []
    for name, parameter in file.parameters.items():
        wrong += flaws(name, parameter, list(file.instruments), where)
    for name in file.pack.requires.get("tables", ()):
        if name not in tables:
            wrong.append(Problem(f"{where}: pack.requires", say("no enabled plugin brings the table {name!r}", name=name), nearest(name, tables)))
    for name in file.pack.requires.get("kinds", ()):
        if name not in kinds:
            wrong.append(Problem(f"{where}: pack.requires", say("no enabled plugin brings the kind {name!r}", name=name), nearest(name, kinds)))
    rules = list(_rules(file, kinds, tables, where, wrong))
    parameters, own = _with_overrides(file, overrides.get(file.pack.id, {}), overrides_from, wrong)
    if wrong:
        raise PackError(*wrong)
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return Pack(
        file.pack,
        folder,
        plugin,
        digest.hexdigest(),
        MappingProxyType(dict(file.instruments)),
        MappingProxyType(parameters),
        tuple(rules),
        own,
        file.conflicts,
    )


def _rules(file: _PackFile, kinds: Mapping[str, RuleKind], tables: Sequence[str], where: str, wrong: list[Problem]) -> Iterator[Rule]:
    seen: set[str] = set()
    for number, data in enumerate(file.controls, 1):
        at = f"{where}: controls[{number}] {data.get('id', '')}".rstrip()
        if "kind" not in data:
            wrong.append(Problem(at, say("{name!r} is missing", name="kind"), say("Known: {names}", names=", ".join(sorted(kinds)))))
            continue
        kind = str(data["kind"])
        if kind not in kinds:
            wrong.append(Problem(f"{at}: kind", say("no kind {name!r}", name=kind), nearest(kind, kinds)))
            continue
        model = kinds[kind].fields
        try:
            rule = model.model_validate(data)
        except ValidationError as bad:
            wrong += problems(bad, model, at)
            continue
        if rule.id in seen:
            wrong.append(Problem(at, say("another control of this pack has the same id")))
        seen.add(rule.id)
        if rule.subject not in tables:
            wrong.append(Problem(f"{at}: subject", say("no table {name!r}", name=rule.subject), nearest(rule.subject, tables)))
        if rule.basis == "law" and rule.cite is None:
            wrong.append(Problem(f"{at}: cite", say("a control with basis 'law' must cite its source")))
        if rule.cite is not None and rule.cite.split(" ")[0] not in file.instruments:
            name = rule.cite.split(" ")[0]
            wrong.append(Problem(f"{at}: cite", say("{name!r} is no instrument of this pack", name=name), nearest(name, file.instruments)))
        for field, name, is_period in parameters_used(rule):
            if name not in file.parameters:
                wrong.append(Problem(f"{at}: {field}", say("no parameter {name!r} in this pack", name=name), nearest(name, file.parameters)))
            elif is_period is not bool(measure(file.parameters[name].values[0].value)[1]):
                wanted = say("a period") if is_period else say("a number")
                wrong.append(Problem(f"{at}: {field}", say("parameter {name!r} isn't {wanted}", name=name, wanted=wanted)))
        wrong += _miscounted(rule, kinds[kind], file, at)
        yield rule


def _miscounted(rule: Rule, kind: RuleKind, file: _PackFile, at: str) -> Iterator[Problem]:
    """The periods of a rule that its kind can't count in their unit, or can't count together."""
    instrument = file.instruments.get(rule.cite.split(" ")[0]) if rule.cite is not None else None
    for stated, ways in kind.counted(rule) if kind.counted is not None else ():
        in_words = say("Write it in {unit}", unit=" / ".join(dict.fromkeys(unit for way in ways for unit in way)))
        first: tuple[str, str] | None = None
        for field, text in stated:
            value = _value_of(text, file)
            if value is None:
                continue
            try:
                unit = as_counted(value, instrument).unit
            except ValueError as bad:
                yield Problem(f"{at}: {field}", str(bad))
                continue
            if not any(unit in way for way in ways):
                yield Problem(f"{at}: {field}", say("{period!r} is in {unit}, which can't be counted here", period=text, unit=unit), in_words)
            elif first is None:
                first = (text, unit)
            elif not any(unit in way and first[1] in way for way in ways):
                what = say("{period!r} is in {unit} and {other!r} in {theirs}, which can't be counted together",
                           period=text, unit=unit, other=first[0], theirs=first[1])  # fmt: skip
                yield Problem(f"{at}: {field}", what)


def _value_of(text: str, file: _PackFile) -> str | None:
    """A period, or the first of a parameter: all others, and what an organisation sets instead, are in its unit. None where it holds none."""
    if not is_parameter(text):
        return text
    held = file.parameters.get(text[1:])
    return str(held.values[0].value) if held is not None and measure(held.values[0].value)[1] else None


def parameters_used(rule: BaseModel) -> Iterator[tuple[str, str, bool]]:
    """Each `$parameter` that a rule's fields name: the field, the parameter, and whether a period is wanted there (else a number)."""
    for name, info in type(rule).model_fields.items():
        yield from _parameters_in(getattr(rule, name), info.rebuild_annotation(), info.alias or name)


def _parameters_in(value: object, annotation: Any, shown: str) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, BaseModel):
        yield from ((f"{shown}.{field}", name, is_period) for field, name, is_period in parameters_used(value))
    elif isinstance(value, tuple):
        for number, item in enumerate(value, 1):
            yield from _parameters_in(item, annotation, f"{shown}[{number}]")
    elif isinstance(value, str):
        allowed = set(_allowed(annotation))
        name = value.rpartition(" + ")[2] if PERIOD_AT_END in allowed else value
        if is_parameter(name) and allowed & {PERIOD, PERIOD_AT_END, int, Decimal}:
            yield shown, name[1:], bool(allowed & {PERIOD, PERIOD_AT_END})


def _allowed(annotation: Any) -> Iterator[Any]:
    """The types and marks that an annotation is made of."""
    yield from (m for m in getattr(annotation, "__metadata__", ()) if m in (PERIOD, PERIOD_AT_END))
    for argument in get_args(annotation):
        yield from _allowed(argument)
    if isinstance(annotation, type):
        yield annotation


def _with_overrides(file: _PackFile, own: Mapping[str, Override], where: str, wrong: list[Problem]) -> tuple[dict[str, Parameter], tuple[str, ...]]:
    parameters = dict(file.parameters)
    for name, override in own.items():
        at = f"{where}: [parameters.{file.pack.id}] {name}"
        if name not in parameters:
            wrong.append(Problem(at, say("no parameter {name!r} in this pack", name=name), nearest(name, parameters)))
            continue
        flawed = override_flaws(name, parameters[name], override, at)
        wrong += flawed
        if not flawed:
            parameters[name] = overridden(parameters[name], override)
    return parameters, tuple(own)


def _not_to_be_switched_off(without: Sequence[str], packs: Sequence[Pack], where: str) -> Iterator[Problem]:
    rules = {r.id: r for p in packs for r in p.controls}
    at = f"{where}: [policies] without"
    for name in without:
        if name not in rules:
            yield Problem(at, say("no control {name!r} in the enabled packs", name=name), nearest(name, rules))
        elif rules[name].basis == "law":
            yield Problem(at, say("{control} is law ({cite}), and nobody in a company can set a law aside", control=name, cite=rules[name].cite),
                          say("Record a disposition of its findings, or counsel's opinion where two duties contradict each other"))  # fmt: skip


def _same_ids(packs: Sequence[Pack]) -> Iterator[Problem]:
    ids: dict[str, Pack] = {}
    controls: dict[str, Pack] = {}
    for pack in packs:
        if ids.setdefault(pack.id, pack) is not pack:
            yield Problem(f"{pack.folder.name}/pack.toml: pack.id", say("another enabled pack is called {id!r}, too", id=pack.id))
            continue
        for rule in pack.controls:
            other = controls.setdefault(rule.id, pack)
            if other is not pack:
                yield Problem(f"{pack.folder.name}/pack.toml: {rule.id}", say("the pack {other!r} has a control with this id", other=other.id))

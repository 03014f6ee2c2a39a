"""Reading what a person wrote in TOML: every mistake of a file at once, each with its place and the nearest match."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

import tomli
from pydantic import AfterValidator, BaseModel, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from disputekit.errors import DisputekitError, Problem, nearest
from disputekit.text import Phrase, say

Model = TypeVar("Model", bound=BaseModel)


class MistakeError(ValueError):
    """What a validator of a model raises to say what is wrong and what to do, in words that can be translated."""

    def __init__(self, what: Phrase, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


def read_toml(path: Path, name: str, error: type[DisputekitError]) -> dict[str, Any]:
    """The contents of a TOML file. `name`: what to call it in messages. Raises `error` for a missing, undecodable or malformed file."""
    try:
        return tomli.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise error.at(name, say("there is no such file"), nearest(path.name, beside) if beside else "") from None
    except UnicodeDecodeError as bad:
        raise error.at(name, say("byte {place} isn't UTF-8", place=bad.start), say("Save the file as UTF-8")) from None
    except OSError as bad:
        raise error.at(name, say("can't be read ({reason})", reason=bad.strerror or bad)) from None
    except tomli.TOMLDecodeError as bad:
        place = f"{name}: line {bad.lineno}, column {bad.colno}"
        raise error.at(place, say("not valid TOML: {reason}", reason=bad.msg)) from None


def _in_project(path: Path, info: ValidationInfo) -> Path:
    return info.context / path if isinstance(info.context, Path) else path


ProjectPath = Annotated[Path, AfterValidator(_in_project)]
"""A path in the settings of a plugin: one that isn't absolute is taken from the project's folder."""


def read_as(model: type[Model], data: Any, where: str, error: type[DisputekitError], folder: Path | None = None) -> Model:
    """`data` as a model. folder: from where a `ProjectPath` leads. Raises `error` with a problem for each mistake."""
    try:
        return model.model_validate(data, context=folder)
    except ValidationError as bad:
        raise error(*problems(bad, model, where)) from None


def read_json(model: type[Model], path: Path) -> Model:
    """A JSON file that a program wrote, as a model. Raises DisputekitError where it isn't there or isn't one."""
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as bad:
        raise DisputekitError.at(str(path), say("can't be read ({reason})", reason=bad.strerror or bad)) from None
    except ValidationError as bad:
        raise DisputekitError(*problems(bad, model, path.name)) from None


def problems(bad: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """One problem for each mistake that pydantic found, in the order of the model."""
    found = []
    located = [_locate(model, e) for e in bad.errors(include_url=False)]
    for choice, alternatives in groupby(located, lambda at: at.choice):
        here = list(alternatives)
        found += [_problem(at, where) for at in here] if choice is None else _of_choice(choice, here, where)
    return found


class _At(NamedTuple):
    """A mistake and its place as it was written. choice: the place where one of several types was wanted, if it lies in one; `tag`: which."""

    error: ErrorDetails
    path: tuple[str | int, ...]
    wanted: Any
    choice: tuple[str | int, ...] | None
    tag: str


def _locate(model: type[BaseModel], e: ErrorDetails) -> _At:
    """Pydantic's own path also names the member of a union; nobody wrote that, so it is told apart by walking down the types."""
    path: tuple[str | int, ...] = ()
    wanted: Any = model
    choice, tag = None, ""
    for part in e["loc"]:
        members = _members(wanted)
        if len(members) > 1:
            choice, tag = (path, str(part)) if choice is None else (choice, tag)
            wanted = next((m for m in members if getattr(m, "__name__", "") == part), Any)
        elif part != "[key]":
            path += (part,)
            wanted = _inside(members[0], part)
    return _At(e, path, wanted, choice, tag)


def _of_choice(choice: tuple[str | int, ...], alternatives: list[_At], where: str) -> list[Problem]:
    """Where several types are allowed, each says why it isn't the one: told are the mistakes in the one that was meant, else all in one line."""
    right_type: dict[str, list[_At]] = {}
    for at in alternatives:
        if len(at.path) > len(choice) or at.error["type"] not in _WANTED:
            right_type.setdefault(at.tag, []).append(at)
    if right_type:
        return [_problem(at, where) for at in min(right_type.values(), key=len)]
    wanted, *others = dict.fromkeys(_WANTED[at.error["type"]] for at in alternatives)
    for other in others:
        wanted = say("{one} or {other}", one=wanted, other=other)
    return [_not_wanted(_place(where, choice), alternatives[0].error.get("input"), wanted)]


_WANTED: Mapping[str, Phrase] = MappingProxyType({
    **dict.fromkeys(("string_type", "string_sub_type"), say("a text in quotes")),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), say("a whole number")),
    **dict.fromkeys(("decimal_type", "decimal_parsing", "float_type", "float_parsing"), say("a number")),
    **dict.fromkeys(("bool_type", "bool_parsing"), say("true or false")),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), say("a date like 2026-01-31")),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), say("a date and time like 2026-01-31T18:00:00")),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), say("a table like { key = value }")),
    **dict.fromkeys(("tuple_type", "list_type"), say("a list in square brackets")),
})  # fmt: skip
"""Pydantic's errors for another type than was wanted, and how to say which was."""


def _problem(at: _At, where: str) -> Problem:
    kind, found, path = at.error["type"], at.error.get("input"), at.path
    if kind == "extra_forbidden" or (kind == "literal_error" and at.error["loc"][-1] == "[key]"):
        name = str(path[-1])
        return Problem(_place(where, path[:-1]), say("no key {name!r} here", name=name), nearest(name, _keys(at.wanted)))
    if kind == "missing":
        return Problem(_place(where, path[:-1]), say("{name!r} is missing", name=str(path[-1])))
    if kind in _WANTED:
        return _not_wanted(_place(where, path), found, _WANTED[kind])
    return Problem(_place(where, path), *_wrong(at, found))


def _wrong(at: _At, found: Any) -> tuple[Phrase, str]:
    """What is wrong with a value of the right type, and a hint."""
    told = at.error.get("ctx", {})
    what, hint = say("found {found}: {reason}", found=_shown(found), reason=at.error["msg"]), ""
    match at.error["type"]:
        case "literal_error":
            what = say("{found} isn't one of the allowed values", found=_shown(found))
            hint = nearest(str(found), map(str, _literals(at.wanted)))
        case "value_error" if isinstance(told["error"], MistakeError):
            what, hint = told["error"].what, told["error"].hint
        case "value_error":
            what = say("{reason}", reason=str(told["error"]))
        case "string_too_short":
            what = say("mustn't be empty")
        case "too_short":
            what = say("has {found}, and at least {least} are needed", found=told["actual_length"], least=told["min_length"])
        case "too_long":
            what = say("has {found}, and at most {most} are allowed", found=told["actual_length"], most=told["max_length"])
        case "string_pattern_mismatch":
            what = say("{found} doesn't have the form {pattern}", found=_shown(found), pattern=told["pattern"])
        case "greater_than_equal":
            what = say("{found} is less than {bound}", found=_shown(found), bound=told["ge"])
        case "less_than_equal":
            what = say("{found} is more than {bound}", found=_shown(found), bound=told["le"])
    return what, hint


def _not_wanted(place: str, found: Any, wanted: Phrase) -> Problem:
    return Problem(place, say("found {found}; {wanted} is expected", found=_shown(found), wanted=wanted))


def _shown(found: Any) -> str:
    """A value as TOML would roughly write it, cut where it is long."""
    text = str(found).lower() if isinstance(found, bool) else repr(found) if isinstance(found, (str, list, tuple, dict)) else str(found)
    return text if len(text) <= 120 else text[:117] + "…"


def _place(where: str, path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if text else part)
    return ": ".join(filter(None, [where, text]))


class _Unknown(NamedTuple):
    """In the place of a type, under a key that isn't known: the keys that are."""

    keys: tuple[str, ...]


def _keys(wanted: Any) -> tuple[str, ...]:
    return wanted.keys if isinstance(wanted, _Unknown) else ()


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _members(annotation: Any) -> list[Any]:
    """The types that an annotation allows beside None."""
    annotation = _bare(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return [_bare(a) for a in get_args(annotation) if a is not NoneType]
    return [annotation]


def _inside(annotation: Any, part: str | int) -> Any:
    """The type of what lies under a key or an index."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {f.alias or n: f for n, f in annotation.model_fields.items()}
        return fields[str(part)].annotation if part in fields else _Unknown(tuple(fields))
    if origin in (tuple, list):
        return arguments[0]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        keys = _literals(arguments[0])
        return arguments[1] if not keys or part in keys else _Unknown(tuple(map(str, keys)))
    return Any


def _literals(annotation: Any) -> tuple[Any, ...]:
    return get_args(_bare(annotation)) if get_origin(_bare(annotation)) is Literal else ()

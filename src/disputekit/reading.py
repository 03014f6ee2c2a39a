"""Reading what a person wrote in TOML: every mistake of a file at once, each with its place and the nearest match."""

from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import tomli
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from disputekit.errors import DisputekitError, Problem, nearest
from disputekit.text import say

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, name: str, error: type[DisputekitError]) -> dict[str, Any]:
    """The contents of a TOML file. `name`: what to call it in messages. Raises `error` for a missing, undecodable or malformed file."""
    try:
        return tomli.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise error.at(name, say("there is no such file"), nearest(path.name, beside)) from None
    except UnicodeDecodeError as bad:
        raise error.at(name, say("byte {place} isn't UTF-8", place=bad.start), say("Save the file as UTF-8")) from None
    except OSError as bad:
        raise error.at(name, say("can't be read ({reason})", reason=bad.strerror or bad)) from None
    except tomli.TOMLDecodeError as bad:
        place = f"{name}: line {bad.lineno}, column {bad.colno}"
        raise error.at(place, say("not valid TOML: {reason}", reason=bad.msg)) from None


def read_as(model: type[Model], data: Any, where: str, error: type[DisputekitError]) -> Model:
    """`data` as a model. Raises `error` with a problem for each mistake."""
    try:
        return model.model_validate(data)
    except ValidationError as bad:
        raise error(*problems(bad, model, where)) from None


def problems(bad: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """One problem for each mistake that pydantic found."""
    return [_problem(e, model, where) for e in bad.errors(include_url=False)]


def _problem(e: ErrorDetails, model: type[BaseModel], where: str) -> Problem:
    path = [p for p in e["loc"] if not (isinstance(p, str) and p.startswith(("function-", "tagged-union", "model-type", "str", "constrained-")))]
    place = ": ".join(filter(None, [where, _dotted(path)]))
    found = e.get("input")
    match e["type"]:
        case "extra_forbidden":
            name = str(path[-1])
            return Problem(": ".join(filter(None, [where, _dotted(path[:-1])])), say("no key {name!r} here", name=name),
                           nearest(name, _keys_at(model, path[:-1])))  # fmt: skip
        case "missing":
            return Problem(": ".join(filter(None, [where, _dotted(path[:-1])])), say("{name!r} is missing", name=str(path[-1])))
        case "literal_error":
            allowed = [str(x) for x in _literals(str(e.get("ctx", {}).get("expected", "")))]
            return Problem(place, say("{found!r} isn't one of the allowed values", found=found), nearest(str(found), allowed))
        case "value_error":
            return Problem(place, say("{reason}", reason=str(e["msg"]).removeprefix("Value error, ")))
        case _:
            return Problem(place, say("found {found!r}: {reason}", found=_cut(found), reason=e["msg"]))


def _cut(found: Any) -> Any:
    text = repr(found)
    return found if len(text) <= 120 else text[:117] + "…"


def _literals(expected: str) -> list[str]:
    return [x for x in expected.replace(" or ", ", ").replace("'", "").split(", ") if x]


def _dotted(path: list[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def _keys_at(model: Any, path: list[str | int]) -> list[str]:
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            by_alias = {f.alias or n: f for n, f in model.model_fields.items()}
            if part not in by_alias:
                return []
            model = by_alias[str(part)].annotation
        model = _inside(model, isinstance(part, int))
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [f.alias or n for n, f in model.model_fields.items()]
    return []


def _inside(annotation: Any, item: bool) -> Any:
    """What an annotation holds: of a union the model, of a mapping or tuple its items."""
    found = [a for a in get_args(annotation) if a is not NoneType and a is not Ellipsis]
    if not found:
        return annotation
    if get_origin(annotation) in (tuple, list):
        return _inside(found[0], False) if item else annotation
    if isinstance(get_origin(annotation), type) and issubclass(get_origin(annotation), Mapping):
        return found[1]
    models = [a for a in found if isinstance(a, type) and issubclass(a, BaseModel)]
    return models[0] if models else found[0]

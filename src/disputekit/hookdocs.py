"""The reference of the hooks as one page, for whoever writes a plugin: from the signatures and docstrings of `hookspecs`.

`python -m disputekit.hookdocs > docs/reference/hooks.md` writes the page.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from disputekit import hookspecs
from disputekit.plugins import HOOKS
from disputekit.sections import Block, Cell, Fact, Figure, Group, Heading, Section, Series, Square, Words

_BLOCKS = """\
`make` gets `assessed` (`disputekit.Assessed`), with `manifest`, `unit`, `most` (rows that a listing should show) and `rows(query, **values)`: the rows of one
SELECT over the tables `findings`, `disputes`, `controls`, `warnings`, `rejects`, `units`, `within`; `$name` in it stands for a value. A query comes to at most
10,000 rows: sum up. In a unit's report the tables hold that unit's cases only. Words are a `Text`, or what `say(…)` gives. A cell is a text, number, date or words, or None; its
column's kind is `text`, `name`, `number`, `share`, `moment`, `verdict` (`fail: open`), `severity` or `control`. What doesn't fit is refused when it is made.

`make` 得到 `assessed`：清单 `manifest`、机构 `unit`、每个列表应显示的行数 `most`，以及 `rows(查询, **值)`，即对上列各表的一条 SELECT，`$名称` 代表值，至多 10,000 行。
机构的报告中，各表只含该机构的案件。"""
_STAGE = re.compile(r"# ── (.+?) ──+$", re.MULTILINE)
_FIELD = re.compile(r"^(\w+): ", re.MULTILINE)


def hook_reference() -> str:
    """The page in Markdown: what holds for every hook, then each hook under its stage, then what hooks give."""
    stages = {hook: stage for stage, found in _by_stage() for hook in found}
    parts = [
        "# Hooks · 挂钩",
        "<!-- Generated: python -m disputekit.hookdocs > docs/reference/hooks.md -->",
        inspect.cleandoc(hookspecs.__doc__ or ""),
    ]
    given: dict[str, Any] = {}
    for before, hook in zip((None, *HOOKS), HOOKS, strict=False):
        if before is None or stages[before] != stages[hook]:
            parts.append(f"## {stages[hook]}")
        spec = getattr(hookspecs, hook)
        items = _items(spec)
        given |= {t.__name__: t for t in items}
        results = " | ".join(f"[{t.__name__}](#{t.__name__.lower()})" for t in items)
        parts += [f"### {hook}({', '.join(inspect.signature(spec).parameters)})", f"Gives: {results}", inspect.cleandoc(spec.__doc__)]
    parts.append("## What hooks give · 挂钩的返回值")
    for name, kind in given.items():
        parts += list(_told(name, kind))
    parts += ["## What a section is made of · 报告章节的组成", _BLOCKS]
    for kind in (Section, Group, *get_args(Block), Figure, Fact, Heading, Series, Square):
        parts += list(_told(kind.__name__, kind))
    return "\n\n".join(parts) + "\n"


def _told(name: str, kind: type) -> Iterator[str]:
    yield f"### {name}"
    yield _FIELD.sub(r"- `\1`: ", inspect.cleandoc(kind.__doc__ or ""))
    yield "```python\n" + "\n".join(_signature(name, kind)) + "\n```"


def _by_stage() -> Iterator[tuple[str, list[str]]]:
    """The stages and their hooks, as the source of `hookspecs` is divided."""
    parts = _STAGE.split(inspect.getsource(hookspecs))
    for stage, text in zip(parts[1::2], parts[2::2], strict=True):
        yield stage[0].upper() + stage[1:], re.findall(r"^def (\w+)", text, re.MULTILINE)


def _items(spec: Any) -> tuple[type, ...]:
    (item,) = get_args(get_type_hints(spec)["return"])
    return get_args(item) if get_args(item) else (item,)


def _signature(name: str, kind: type) -> Iterator[str]:
    yield f"{name}("
    for field in fields(kind) if is_dataclass(kind) else ():
        default = (
            "" if field.default is MISSING and field.default_factory is MISSING else " = …" if field.default is MISSING else f" = {field.default!r}"
        )
        yield f"    {field.name}: {field.type if isinstance(field.type, str) else _said(field.type)}{default},"
    yield ")"


def _said(annotation: Any) -> str:
    """A type as it would be written, without the modules that its parts are from."""
    named = next((name for name, kind in (("Words", Words), ("Cell", Cell)) if annotation == kind), None)
    if named is not None:
        return named
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _said(inner[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_said, inner))
    if origin is tuple:
        return f"tuple[{', '.join('...' if i is Ellipsis else _said(i) for i in inner)}]"
    if annotation is NoneType:
        return "None"
    plain = isinstance(annotation, type) and not inner
    return annotation.__name__ if plain else re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", str(annotation))


if __name__ == "__main__":
    # Bytes, so that the page is the same wherever it is generated, whatever the terminal's encoding and line ends.
    sys.stdout.buffer.write(hook_reference().encode("utf-8"))

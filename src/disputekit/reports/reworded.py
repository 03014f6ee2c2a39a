"""A report in other words: what plugins say in their sections comes from their own settings and files, too, and may name people."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from disputekit.plugins import CORE, installed
from disputekit.reports.made import Report
from disputekit.text import Phrase, Text

Rewrite = Callable[[Sequence[str]], Sequence[str]]
"""Gives for each text what is to stand there."""
_CODES = ("tone", "kind", "form", "to", "name", "part")
"""Fields that a form of the report reads, and no reader."""


def reworded(report: Report, rewrite: Rewrite) -> Report:
    """The report with other words in the sections of plugins; those of the core say nothing but what the manifest does."""
    ours = _bundled()
    texts = sorted({t for m in report.sections if m.plugin != CORE for t in _texts((m.title, m.section)) if f'"{t}"' not in ours})
    words = {text: new for text, new in zip(texts, rewrite(texts), strict=True) if new != text}
    if not words:
        return report
    sections = (m if m.plugin == CORE else replace(m, title=_in_words(m.title, words), section=_in_words(m.section, words)) for m in report.sections)
    return replace(report, sections=tuple(sections))


def _bundled() -> str:
    """What the files say that come with the plugins of disputekit itself. It is the same for everybody and names nobody, though words of it may be in a
    column of names: an authority to whom a payment or a task went.
    """
    found = []
    for point in installed().values():
        if point.dist is not None and point.dist.name == "disputekit":
            found += [p.read_text("utf-8") for p in sorted(Path(str(resources.files(point.module.split(".")[0]))).rglob("*.toml"))]
    return "\n".join(found)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Text):
        yield from (value.zh, value.en)
    elif isinstance(value, Phrase):
        yield from _texts(tuple(value.values.values()))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in _CODES:
                yield from _texts(getattr(value, field.name))


def _in_words(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Text):
        return Text(zh=words.get(value.zh, value.zh), en=words.get(value.en, value.en))
    if isinstance(value, Phrase):
        return Phrase(value.template, **{name: _in_words(one, words) for name, one in value.values.items()})
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, (tuple, list)):
        return tuple(_in_words(one, words) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _in_words(getattr(value, f.name), words) for f in fields(value) if f.name not in _CODES and f.init})
    return value

"""What a reader sees: phrases that can be said in Chinese and in English, and texts that packs bring in both.

A `Phrase` is an English sentence with named gaps. It *is* that sentence (a `str`), so that a log or a test reads it as it stands, and
it remembers its template, so that the command line can say it in the reader's language from the catalogue of that language
(`locale/<language>/LC_MESSAGES/disputekit.mo`, made from the `.po` beside it with Babel).
"""

import gettext
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Language = Literal["zh", "en"]
Said = Callable[["str | Text"], str]
"""Says a phrase (or a plain template without gaps, or a text of a pack) in one language."""


class Phrase(str):
    """An English sentence that remembers its template and the values in its gaps."""

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Phrase":
        self = super().__new__(cls, template.format(**values) if values else template)
        self.template = template
        self.values = values
        return self


def say(template: str, /, **values: object) -> Phrase:
    """A phrase: `say("no column {name!r}", name="cause")`. Babel collects the templates by this function's name."""
    return Phrase(template, **values)


def listed(names: Iterable[object], most: int | None = None) -> Phrase:
    """Names in a row, as each language writes them; from `most` on the rest is counted."""
    every = [n if isinstance(n, Phrase) else say("{name}", name=n) for n in names]
    shown = every if most is None else every[:most]
    if not shown:
        return Phrase("")
    found = shown[0]
    for name in shown[1:]:
        found = say("{names}, {name}", names=found, name=name)
    return found if len(shown) == len(every) else say("{names} and {count} more", names=found, count=len(every) - len(shown))


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("disputekit", Path(__file__).parent / "locale", [language], fallback=language == "en")


def speaker(language: Language) -> Said:
    """A function that says phrases in `language`; a phrase or a text inside a phrase's gap is said in it, too."""
    catalogue = _catalogue(language)

    def said(phrase: str | Text) -> str:
        if isinstance(phrase, Text):
            return phrase.in_(language)
        if not isinstance(phrase, Phrase):
            return catalogue.gettext(phrase) if phrase else ""
        template = catalogue.gettext(phrase.template) if phrase.template else ""
        if not phrase.values:
            return template
        return template.format(**{k: said(v) if isinstance(v, (Phrase, Text)) else v for k, v in phrase.values.items()})

    return said


class Text(BaseModel):
    """A text that a pack or a plugin brings in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    en: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    def __str__(self) -> str:
        return self.en

    def __format__(self, form: str) -> str:
        return format(self.en, form)

    def in_(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

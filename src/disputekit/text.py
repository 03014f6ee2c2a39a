"""What a reader sees: phrases that can be said in Chinese and in English, and texts that packs bring in both.

A `Phrase` is an English sentence with named gaps. It *is* that sentence (a `str`), so that a log or a test reads it as it stands, and
it remembers its template, so that the command line can say it in the reader's language from the catalogue of that language
(`locale/<language>/LC_MESSAGES/disputekit.mo`, made from the `.po` beside it with Babel).
"""

import gettext
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from unicodedata import east_asian_width

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

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


ONLY: Mapping[Language, str] = MappingProxyType({"zh": "［仅英文］", "en": "[Chinese only] "})
"""What stands, in each language, before a text that is there in the other only."""


class Text(BaseModel):
    """A text that a pack or a plugin brings in both languages.

    Where it is written in one only, that stands for the other, too, with a mark before it: a reader sees that something is missing, and
    `policy lint` tells it. One of both must be there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    en: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or ("zh" in given) is ("en" in given):
            return given
        absent: Language = "en" if "zh" in given else "zh"
        other = given["zh" if absent == "en" else "en"]
        return {**given, absent: f"{ONLY[absent]}{other.strip()}"} if isinstance(other, str) and other.strip() else given

    @property
    def absent(self) -> Language | None:
        """The language in which it isn't written; None where it is in both."""
        return "zh" if self.zh.startswith(ONLY["zh"]) else "en" if self.en.startswith(ONLY["en"]) else None

    def __str__(self) -> str:
        return self.en

    def __format__(self, form: str) -> str:
        return format(self.en, form)

    def in_(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


def width(text: str) -> int:
    """How wide a text is, in Latin letters: a Chinese character takes the room of two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)

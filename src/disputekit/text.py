"""What a reader sees: phrases that can be said in Chinese and in English, and texts that packs bring in both.

A `Phrase` is an English sentence with named gaps. It *is* that sentence (a `str`), so that a log or a test reads it as it stands, and
it remembers its template, so that the command line can say it in the reader's language from the catalogue of that language
(`locale/<language>/LC_MESSAGES/disputekit.mo`, made from the `.po` beside it with Babel).
"""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Language = Literal["zh", "en"]
Said = Callable[[str], str]
"""Says a phrase (or a plain template without gaps) in one language."""


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


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("disputekit", Path(__file__).parent / "locale", [language], fallback=language == "en")


def speaker(language: Language) -> Said:
    """A function that says phrases in `language`; a phrase inside a phrase's gap is translated too."""
    catalogue = _catalogue(language)

    def said(phrase: str) -> str:
        if not isinstance(phrase, Phrase):
            return catalogue.gettext(phrase) if phrase else ""
        template = catalogue.gettext(phrase.template) if phrase.template else ""
        if not phrase.values:
            return template
        return template.format(**{k: said(v) if isinstance(v, Phrase) else v for k, v in phrase.values.items()})

    return said


class Text(BaseModel):
    """A text that a pack or a plugin brings in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    en: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    def in_(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

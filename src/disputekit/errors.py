"""One tree of errors, one format: `where: what. hint`.

A mistake in what a person wrote is a `Problem`. All problems of a file are collected and raised together, so that one run of the
command shows everything there is to mend. Whatever else is raised is a bug of ours and says so.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from disputekit.text import Phrase, Said, say


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands (file and place in it), what is wrong (quoting what was found), and what to do."""

    where: str
    what: str
    hint: str = ""

    def said(self, said: Said = str) -> str:
        """`where: what. hint` in the language of `said` (English unless told)."""
        text = f"{self.where}: {said(self.what)}" if self.where else said(self.what)
        if not self.hint:
            return text
        end = "" if text.endswith(("。", "？")) else " " if text.endswith((".", "?")) else ". "
        return f"{text}{end}{said(self.hint)}"

    def __str__(self) -> str:
        return self.said()


class DisputekitError(Exception):
    """The root: one or more problems. The command line prints each on a line of its own and exits with 2."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    @classmethod
    def at(cls, where: str, what: str, hint: str = "") -> "DisputekitError":
        return cls(Problem(where, what, hint))


class ConfigError(DisputekitError):
    """The organisation's TOML, or how it names plugins, packs, files."""


class PackError(DisputekitError):
    """A policy pack, its examples, or an override of its parameters."""


class RegisterError(DisputekitError):
    """A source that can't be read as it is described."""


class PluginError(DisputekitError):
    """A plugin that can't be loaded or breaks the contract of a hook."""


class AssessmentError(DisputekitError):
    """An assessment that can't be made, written or read."""


def nearest(name: str, allowed: Iterable[str]) -> Phrase:
    """A hint: the nearest match to `name`, else what is allowed."""
    names = sorted(set(allowed))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return say("Did you mean {name!r}?", name=close[0])
    if not names:
        return say("Nothing of that kind is known here")
    return say("Known: {names}", names=", ".join(names[:40]) + (" …" if len(names) > 40 else ""))

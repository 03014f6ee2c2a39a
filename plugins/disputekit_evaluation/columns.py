"""What becomes of each column of the register unless the profile says otherwise: what isn't known to name nobody isn't handed over as it is."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from disputekit import DisputekitError, Problem, SuppliedColumn, Table, Treatment, nearest, say, texts_in
from disputekit_evaluation.profile import Profile

NAMES = frozenset({"name", "payee", "recorded_by", "submitted_by", "verified_by", "decided_by", "signed_by", "linked_by", "explained_by", "actor",
                   "transferee", "mediator", "owner"})  # fmt: skip
"""Columns with names of people or bodies, in whatever table."""
KEPT = frozenset({
    "activity", "authority", "automated", "cause", "channel", "class", "clauses", "complexity", "conflict", "contact_channel", "contents", "course",
    "currency", "department", "direction", "duty", "expectation_kind", "forum", "grounds", "jurisdiction", "kind", "legal_form", "level", "line",
    "lines", "organisation", "outcome", "party", "period", "phase", "product", "reach", "region", "result", "role", "segment", "sentiment", "severity", "source",
    "standard_version", "status", "subject", "target",
})  # fmt: skip
"""Columns with words of a vocabulary: rules compare them, and none of them is about one person. What identifies people is masked in them, too."""
YEARS = frozenset({"born_on"})
"""Dates of birth: with a place and a sex they name a person (Sweeney 2000), and a year is enough for an age."""


def treatments(profile: Profile) -> Callable[[Table, SuppliedColumn], Treatment]:
    """What is done to a column, as the profile has it."""
    said: Mapping[str, Treatment] = profile.columns

    def treatment(table: Table, column: SuppliedColumn) -> Treatment:
        name = column.name
        asked = said.get(f"{table.name}.{name}")
        if asked is not None:
            return asked
        if column.type not in ("text", "list"):
            return "year" if name in YEARS else "keep"
        if name == table.key or name in table.refers or name.endswith("_id"):
            return "pseudonym"
        if name in NAMES:
            return "name"
        return "keep" if name in KEPT and name in table.columns else "presence"

    return treatment


def check_columns(
    profile: Profile, tables: Mapping[str, Table], controls: Collection[str], assessment: Path, mask: Callable[[str], str]
) -> None:  # fmt: skip
    """Whether the profile and the register mean the same. assessment: that was made again. Raises DisputekitError for a name in the profile that nothing has:
    misspelt, it would hand over what should be kept; and for a column of numbers that identify people, for which no pseudonym can stand.
    """
    told = json.loads((assessment / "register" / "columns.json").read_bytes())
    wrong = [*_misspelt(profile, tables, controls, {f"{c['table']}.{c['column']}" for c in told})]
    for table in sorted({c["table"] for c in told}):
        own = [c["column"] for c in told if c["table"] == table and c["type"] not in ("text", "list") and c["column"] not in tables[table].columns]
        values = texts_in(assessment / "register" / f"{table}.parquet") if own else {}
        for column in own:
            if column in NAMES or column.endswith("_id") or any(mask(v) != v for v in values.get(column, ())):
                what = say("holds numbers that identify people, and a number can't be masked")
                wrong.append(Problem(f"{table}.{column}", what, say("Have it read as text: types of [register.{table}]", table=table)))
    if wrong:
        raise DisputekitError(*wrong)


def _misspelt(profile: Profile, tables: Mapping[str, Table], controls: Collection[str], handed_over: Collection[str]) -> Iterator[Problem]:
    known = {f"{t.name}.{c}" for t in tables.values() for c in t.columns} | set(handed_over)
    for name in profile.columns:
        if name not in known:
            yield Problem(f"columns: {name}", say("no such column"), nearest(name, known))
    for name in profile.without:
        if name not in controls:
            yield Problem(f"without: {name}", say("no such control"), nearest(name, controls))

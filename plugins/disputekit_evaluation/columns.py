"""What becomes of each column of the register unless the profile says otherwise: what isn't known to name nobody isn't handed over as it is."""

from collections.abc import Callable, Mapping

from disputekit import SuppliedColumn, Table, Treatment
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

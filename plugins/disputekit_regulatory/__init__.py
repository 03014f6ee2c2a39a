"""Regulatory checks: the packs of law, data quality and supervision, every reference between tables, and whether the cited law was read lately."""

from collections.abc import Iterator

from disputekit import Check, PolicyPacks, Run, bundled_pack, hookimpl
from disputekit_regulatory.orphans import orphan_checks
from disputekit_regulatory.reviewed import review_check


class Regulatory:
    """Brings the packs of law, data quality and supervision, and the checks that no pack can state."""

    @hookimpl
    def register_policy_packs(self) -> Iterator[PolicyPacks]:
        yield bundled_pack("data-quality")
        yield bundled_pack("supervision-practice")
        yield bundled_pack("cn-complaints")
        yield bundled_pack("cn-claims")
        yield bundled_pack("cn-wind-down")

    @hookimpl
    def regulatory_checks(self, run: Run) -> Iterator[Check]:
        yield from orphan_checks(run)
        yield from review_check(run)

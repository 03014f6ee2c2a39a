"""Mediation of claims disputes: the pack `mediation-practice`, the house's good practice chapter by chapter."""

from collections.abc import Iterator

from disputekit import PolicyPacks, bundled_pack, hookimpl


class Mediation:
    """Brings the pack; its controls use the core's kinds only."""

    @hookimpl
    def register_policy_packs(self) -> Iterator[PolicyPacks]:
        yield bundled_pack("mediation-practice")

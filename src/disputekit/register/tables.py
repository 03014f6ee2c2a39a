"""The core's tables, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from disputekit.register import entities as e
from disputekit.register import records as r
from disputekit.register.schema import Table

TABLES: Mapping[str, Table] = MappingProxyType({
    table.name: table
    for table in (
        e.ORGANISATION, e.UNITS, e.STAFF, e.CUSTOMERS, e.CONTRACTS, e.CLAIMS, e.DISPUTES, e.MEDIATIONS, e.CREDITOR_CLAIMS, e.INCIDENTS,
        r.EVENTS, r.DOCUMENTS, r.DECISIONS, r.NOTICES, r.PAYMENTS, r.REQUESTS, r.PARTIES, r.ASSIGNMENTS, r.LINKS, r.PHASES, r.TRAINING,
        r.FEEDBACK, r.MENTIONS, r.ACTIONS, r.FILINGS, r.TRANSFERS, r.RECONCILIATIONS,
    )
})  # fmt: skip
"""Entities first, then records; what plugins register comes after these."""


def parent_name(table: Table) -> str:
    """How a record calls one row of `table`: its key without `_id` (`dispute`, `staff`), as in `dispute.line`; else the table's name."""
    return table.key.removesuffix("_id") if table.key else table.name

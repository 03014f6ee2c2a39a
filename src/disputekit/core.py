"""The core's own building blocks, handed over through the same hooks as a plugin's."""

from collections.abc import Iterator

from disputekit.extension import ReportSection, RuleKind
from disputekit.hookspecs import hookimpl
from disputekit.register.schema import Table
from disputekit.register.source import Source


class Core:
    """Always enabled, and always first."""

    @hookimpl
    def register_tables(self) -> Iterator[Table]:
        from disputekit.register.tables import TABLES

        yield from TABLES.values()

    @hookimpl
    def register_sources(self) -> Iterator[Source]:
        from disputekit.register.readers import SOURCES

        yield from SOURCES.values()

    @hookimpl
    def register_rule_kinds(self) -> Iterator[RuleKind]:
        from disputekit.kinds import (
            amount,
            cadence,
            condition,
            deadline,
            documents,
            exists,
            forbidden,
            heartbeat,
            in_place,
            independence,
            limit,
            occurrences,
            required,
            sequence,
            share,
            vocabulary,
        )

        for module in (deadline, sequence, required, forbidden, documents, occurrences, condition, vocabulary,
                       amount, heartbeat, limit, independence, in_place, cadence, share, exists):  # fmt: skip
            yield module.KIND

    @hookimpl
    def report_sections(self) -> Iterator[ReportSection]:
        from disputekit.reports.chapters import CHAPTERS

        yield from CHAPTERS

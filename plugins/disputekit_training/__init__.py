"""Training: who has to know what, who does, and whether whoever acted was qualified on that day."""

from collections.abc import Iterator

from disputekit import (
    Command,
    EvaluationExport,
    PolicyPacks,
    ReportSection,
    RuleKind,
    Run,
    Source,
    Text,
    TrainingRecords,
    bundled_pack,
    hookimpl,
)
from disputekit_training import settings as own


class Training:
    """Brings records from learning systems, two kinds, the pack of practices about training, its section and its command."""

    Settings = own.Settings

    def __init__(self, settings: own.Settings) -> None:
        own.check(settings)
        self.settings = settings

    @hookimpl
    def register_sources(self) -> Iterator[Source]:
        from disputekit_training import xapi

        yield xapi.source(self.settings)

    @hookimpl
    def register_rule_kinds(self) -> Iterator[RuleKind]:
        from disputekit_training import qualification, training

        yield training.kind(self.settings)
        yield qualification.kind(self.settings)

    @hookimpl
    def register_policy_packs(self) -> Iterator[PolicyPacks]:
        yield bundled_pack("training-practice")

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        yield Command(
            "training", "disputekit_training.command:training", Text(zh="培训：谁缺什么、何时到期", en="Training: who lacks what, what expires when")
        )

    @hookimpl
    def training_records(self) -> Iterator[TrainingRecords]:
        for table, given in self.settings.records.items():
            yield TrainingRecords(table, settings=given)

    @hookimpl
    def report_sections(self, run: Run) -> Iterator[ReportSection]:
        from disputekit_training import causes, matrix

        yield matrix.section(self.settings)
        yield causes.section(self.settings, run)

    @hookimpl
    def evaluation_exports(self) -> Iterator[EvaluationExport]:
        from disputekit_training import matrix

        if any(r.courses for r in self.settings.matrix):
            yield matrix.export()

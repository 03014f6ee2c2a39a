"""What one insurer adds: its loss adjusters, a kind of control, a pack, a check, and its own part of every later stage.

It imports nothing but the public API. Functions that run in the stages are described here and written in the modules beside it.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from acme_disputes import checks, kinds, stages
from disputekit import (
    Check,
    Columns,
    Command,
    EmergencyTrigger,
    EvaluationExport,
    PolicyPacks,
    ReportSection,
    RiskDetector,
    Row,
    RuleKind,
    Run,
    Table,
    Text,
    column,
    hookimpl,
)


class LossAdjuster(Row):
    """公估人 · A loss adjuster whom the insurer may appoint."""

    adjuster_id: str | None = column("公估人编号", "The key", required=True)
    name: str | None = column("姓名", "Name")
    licensed_until_on: date | None = column("执业证有效期", "Until when the licence is valid")


class BranchOfDispute(BaseModel):
    """What every dispute gets besides."""

    acme_branch: str | None = column("受理机构", "The branch that received it")
    adjuster_id: str | None = column("公估人编号", "Who adjusted the loss")


class Settings(BaseModel):
    """`[plugins.acme]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    busy_branch: int = Field(default=2, ge=1, description="Open disputes at which a branch counts as busy")


class Acme:
    """One method for each hook."""

    Settings = Settings

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @hookimpl
    def register_tables(self) -> Iterator[Table | Columns]:
        yield Table("loss_adjusters", LossAdjuster, Text(zh="公估人", en="Loss adjusters"), key="adjuster_id")
        yield Columns("disputes", BranchOfDispute)

    @hookimpl
    def register_rule_kinds(self) -> Iterator[RuleKind]:
        yield kinds.ONE_OF_OURS

    @hookimpl
    def register_policy_packs(self) -> Iterator[PolicyPacks]:
        yield PolicyPacks(Path(__file__).parent / "packs")

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        yield Command("acme", "acme_disputes.command:acme", Text(zh="Acme 的命令", en="Acme's command"))

    @hookimpl
    def regulatory_checks(self, run: Run) -> Iterator[Check]:
        yield checks.known_adjuster(run)
        yield checks.round_claims()

    @hookimpl
    def risk_points(self) -> Iterator[RiskDetector]:
        yield stages.busy_branches(self.settings.busy_branch)

    @hookimpl
    def emergency_triggers(self) -> Iterator[EmergencyTrigger]:
        yield stages.RUSH

    @hookimpl
    def report_sections(self) -> Iterator[ReportSection]:
        yield stages.SECTION

    @hookimpl
    def evaluation_exports(self) -> Iterator[EvaluationExport]:
        yield stages.EXPORT

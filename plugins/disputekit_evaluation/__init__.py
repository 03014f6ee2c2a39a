"""Third-party evaluation: what is handed to an assessor, and how the assessor verifies it without trusting anyone."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from disputekit import Check, Command, ReportSection, Run, Table, Text, hookimpl, say
from disputekit_evaluation import vanished
from disputekit_evaluation.completeness import Completeness, completeness_checks


class EvaluationSettings(BaseModel):
    """`[plugins.evaluation]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    completeness: Completeness = Field(default=Completeness(), description=say("Which totals of others and which numbers are expected"))


class Evaluation:
    """Brings the checks of completeness, and the commands by which packages are made, verified and sampled."""

    Settings = EvaluationSettings

    def __init__(self, settings: EvaluationSettings) -> None:
        self.settings = settings

    @hookimpl
    def register_tables(self) -> Iterator[Table]:
        yield vanished.ASSESSED

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        commands = "disputekit_evaluation.commands"
        yield Command(
            "history", f"{commands}.history:history", Text(zh="评估链：断链、漏检日期、事后更改", en="The chain of assessments, and what changed afterwards"),
            alone=True,
        )  # fmt: skip
        yield Command(
            "anchor",
            f"{commands}.history:anchor",
            Text(zh="请外部机构为最新评估加盖时间戳", en="Have the newest assessment stamped outside"),
            alone=True,
        )
        yield Command("sample", f"{commands}.sample:sample", Text(zh="抽样复核并推断全体", en="Draw cases for review, and infer"), alone=True)
        yield Command("export", f"{commands}.export:export", Text(zh="导出评估包，交第三方评估机构", en="Make an evaluation package for an assessor"))
        yield Command(
            "verify", f"{commands}.verify:verify",
            Text(zh="验证评估包：签名、文件、完整性、重跑", en="Verify an evaluation package: signature, files, completeness, rerun"), alone=True,
        )  # fmt: skip

    @hookimpl
    def regulatory_checks(self, run: Run) -> Iterator[Check]:
        yield from completeness_checks(self.settings.completeness, run)
        yield vanished.CHECK

    @hookimpl
    def report_sections(self) -> Iterator[ReportSection]:
        from disputekit_evaluation.section import section

        yield section()

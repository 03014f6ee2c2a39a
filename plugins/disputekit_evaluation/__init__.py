"""Third-party evaluation: what is handed to an assessor, and how the assessor verifies it without trusting anyone."""

from collections.abc import Iterator

from disputekit import Command, Text, hookimpl


class Evaluation:
    """Brings the commands by which packages are made and verified."""

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        yield Command(
            "export", "disputekit_evaluation.commands.export:export", Text(zh="导出评估包，交第三方评估机构", en="Make an evaluation package for an assessor")
        )
        yield Command(
            "verify",
            "disputekit_evaluation.commands.verify:verify",
            Text(zh="验证评估包：签名、文件、完整性、重跑", en="Verify an evaluation package: signature, files, completeness, rerun"),
        )

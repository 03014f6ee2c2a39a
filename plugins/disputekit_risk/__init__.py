"""Risk points: where the portfolio goes wrong, beyond chance. Each detector sums up in SQL and judges in Python; the core corrects them all."""

from collections.abc import Iterator

from disputekit import Command, ReportSection, RiskDetector, Run, Text, hookimpl
from disputekit_risk.settings import Settings as RiskSettings


class Risk:
    """The detectors, their section of the report, and the command that lists and explains what they found."""

    Settings = RiskSettings

    def __init__(self, settings: RiskSettings) -> None:
        self.settings = settings

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        yield Command("risk", "disputekit_risk.command:risk", Text(zh="列出和说明风险点", en="List and explain the risk points"))

    @hookimpl
    def risk_points(self, run: Run) -> Iterator[RiskDetector]:
        from disputekit_risk import ageing, counts, rating, shares, surges

        rating.check_answers(run, self.settings)
        yield from shares.shares(self.settings)
        yield surges.detector(self.settings)
        yield ageing.detector(self.settings)
        yield from (counts.repeats(column, self.settings) for column in ("customer_id", "claim_id"))
        yield counts.duplicates(self.settings)
        yield counts.concentrations(self.settings)

    @hookimpl
    def report_sections(self) -> Iterator[ReportSection]:
        from disputekit_risk.section import section

        yield ReportSection("risk", Text(zh="风险点", en="Risk points"), section)

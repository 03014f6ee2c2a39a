"""Emergency plans: set off by what a check finds, activated once, told to those who must act, and proven afterwards.

A check only compares (`triggers`); `plan apply` or `check --apply-plans` activates (`activate`) and sends (`outbox`). What happened to a
plan stands in an append-only history (`history`), from which its state is read (`activations`).
"""

from collections.abc import Iterator
from functools import partial

from disputekit import Check, Command, EmergencyTrigger, EvaluationExport, FollowUp, ReportSection, Text, hookimpl
from disputekit_emergency import plans


class Emergency:
    """Watches the plans of the organisation; every mistake in a plan stops the run before anything is checked."""

    Settings = plans.Settings

    def __init__(self, settings: plans.Settings) -> None:
        """Raises DisputekitError with every mistake in the files of plans."""
        self.settings = settings
        self.plans = plans.load_plans(settings)

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        help_ = Text(zh="应急预案：启动、确认、完成、解除、演练、核验", en="Emergency plans: apply, acknowledge, do, stand down, drill, verify")
        yield Command("plan", "disputekit_emergency.commands:plan", help_)

    @hookimpl
    def register_follow_ups(self) -> Iterator[FollowUp]:
        help_ = Text(
            zh="随后启动被触发的应急预案并发出通知（同 plan apply）",
            en="Then activate the plans that it set off, and send the notices (as plan apply)",
        )
        yield FollowUp("apply-plans", "disputekit_emergency.commands:after_check", help_)

    @hookimpl
    def regulatory_checks(self) -> Iterator[Check]:
        from disputekit_emergency.practice import plans_are_lived

        yield from plans_are_lived(self.plans)

    @hookimpl
    def emergency_triggers(self) -> Iterator[EmergencyTrigger]:
        from disputekit_emergency.triggers import triggers_of

        for plan in self.plans:
            yield from triggers_of(plan)

    @hookimpl
    def report_sections(self) -> Iterator[ReportSection]:
        from disputekit_emergency.section import make

        yield ReportSection("emergency", Text(zh="应急预案", en="Emergency plans"), partial(make, self.plans))

    @hookimpl
    def evaluation_exports(self) -> Iterator[EvaluationExport]:
        from disputekit_emergency.export import write

        title = Text(zh="应急预案启动、处置与演练的历史", en="The history of emergency plans: activations, work done, drills")
        yield EvaluationExport("emergency", title, partial(write, self.settings))

"""The architecture in one file: every hook, in the order of the stages.

A hook hands over descriptions; it doesn't run anything. For each hook the core calls the implementations itself, one plugin after the
other in the order of `[plugins] enabled`, takes a list or a generator, and stamps each result with the plugin's name. Results of one plugin
keep their order. An implementation that raises, or returns something else than the hook says, loses its own results only: the rest goes
on, and the failure is an error of the assessment (exit 2). Wrappers, `tryfirst` and `trylast` are refused. A hook may take fewer
arguments than specified.
"""

from collections.abc import Iterable

import pluggy

from disputekit.extension import (
    Check,
    Command,
    EmergencyTrigger,
    EvaluationExport,
    FollowUp,
    PolicyPacks,
    ReportSection,
    RiskDetector,
    RuleKind,
    TrainingRecords,
)
from disputekit.register.schema import Columns, Table
from disputekit.register.source import Source
from disputekit.run import Run

PROJECT = "disputekit"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a method of a plugin as the implementation of the hook of that name."""


# ── start: building blocks, asked for once, before the register is opened ──────────────────────────────────────────────────────────────


@hookspec
def register_tables() -> Iterable[Table | Columns]:
    """Tables that a plugin adds, or columns that it adds to a table. Two plugins with the same name: an error naming both."""
    raise AssertionError


@hookspec
def register_sources() -> Iterable[Source]:
    """Readers of files, by the name that `format` gives them and the endings they take. The same name twice: an error."""
    raise AssertionError


@hookspec
def register_rule_kinds() -> Iterable[RuleKind]:
    """Kinds of controls that packs may use. The same name twice: an error naming both plugins."""
    raise AssertionError


@hookspec
def register_policy_packs() -> Iterable[PolicyPacks]:
    """Folders of packs. Offering isn't enabling: `[policies] packs` says which are used. The same pack id twice: an error."""
    raise AssertionError


@hookspec
def register_commands() -> Iterable[Command]:
    """Commands that the command line gets. Also asked for by `--help`, so the plugin's module must stay light."""
    raise AssertionError


@hookspec
def register_follow_ups() -> Iterable[FollowUp]:
    """What `check` can do with its assessment afterwards, each an option of its own (`--apply-plans`). A check itself changes nothing."""
    raise AssertionError


# ── 1 load ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@hookspec
def training_records(run: Run) -> Iterable[TrainingRecords]:
    """Staff and training rows from another system, loaded like any other source of the register, with the same rejects.

    Called before loading. A table that the TOML supplies as well: an error.
    """
    raise AssertionError


# ── 2 check ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@hookspec
def regulatory_checks(run: Run) -> Iterable[Check]:
    """Checks beside those of the packs. Called after the sources are opened and before they are loaded, so that only what is read is
    loaded. Order doesn't matter to a check: none sees another's findings. An id that exists already: an error.
    """
    raise AssertionError


# ── 3 identify ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@hookspec
def risk_points(run: Run) -> Iterable[RiskDetector]:
    """Detectors of risk points. Called with the checks; their queries run after all checks, over the same facts."""
    raise AssertionError


# ── 4 trigger ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@hookspec
def emergency_triggers(run: Run) -> Iterable[EmergencyTrigger]:
    """Triggers of emergency plans. Called with the checks; they run after the detectors, over the same facts, the findings and the risk
    points. What one reads and isn't there is told as not looked at. Nothing is activated during a check.
    """
    raise AssertionError


# ── 5 report and hand over ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@hookspec
def report_sections(run: Run) -> Iterable[ReportSection]:
    """Sections of the report, made from an assessment that is complete, whenever a report of it is made; shown in the order of the plugins.

    The core's own come first. A section that fails is shown as failed, in its place and at the top of the report; the report's command and
    `check` end with 2.
    """
    raise AssertionError


@hookspec
def evaluation_exports(run: Run) -> Iterable[EvaluationExport]:
    """Parts of an evaluation package. Each gets an empty folder; the core hashes what lies there afterwards."""
    raise AssertionError

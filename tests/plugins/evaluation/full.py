"""A project in which everything is that a package hands over: every bundled plugin, an override, a waiver, a disposition, an activated plan."""

import re
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from tests.plugins.evaluation.conftest import CUSTOMERS, DISPUTES, FILE, NAMES, NUMBERS, PROJECT, STAFF, WAIVERS, run
from tests.projects import control, write_pack

from disputekit.cli.waiver import facts_in

MORE = """\
[parameters.house]
days = { value = "15 days" }
[plugins.training.courses.law]
valid = "12 months"
[[plugins.training.matrix]]
courses = "law"
[plugins.emergency]
plans = ["plans.toml"]
[register.training]
path = "training.csv"
[register.incidents]
path = "incidents.csv"
[register.reconciliations]
path = "totals.csv"
"""
TRAINING = "staff_id,course,completed_at\nHANDLER-99,law,2025-09-01\n"
INCIDENTS = "incident_id,kind,severity,occurred_at,detected_at\nI-1,data_leak,III,2026-01-20T10:00:00,2026-01-20T11:00:00\n"
TOTALS = "source,period,theirs,ours,explained,explained_by\ncourt,2025-12,4,4,,\n"
PARAMETER = """
[parameters.days]
title = { zh = "期限", en = "Period" }
basis = "practice"
values = [ { from = 2020-01-01, value = "20 days" } ]
"""
DAYS = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "$days"'
DISPOSITION = f"""\
[[disposition]]
id = "B-1"
control = "H-2"
subject = "KX-7782-B"
kind = "counsel_disagrees"
requested_by = "HANDLER-99"
decided_by = "CLERK-12"
decided_on = 2026-01-20
opinion = "{NAMES[1]} says no"
"""
DAY = "2026-02-01"
OWNER = f'owner = {{ zh = "{NAMES[0]}", en = "{NAMES[1]} {NUMBERS[1]}" }}'


def own_plans() -> str:
    """The bundled plans as an organisation makes them its own: with the names and numbers of those who act."""
    plans = files("disputekit_emergency").joinpath("plans", "cn.toml").read_text("utf-8")
    assert "owner = " in plans
    return re.sub(r"(?m)^owner = .*$|owner = \{[^}]*\}", OWNER, plans)


def full_project(folder: Path) -> Path:
    """The project with its assessment, in which a waiver was drafted from an earlier one, and its plan activated."""
    project = folder / "project"
    project.mkdir()
    toml = PROJECT.replace("enabled = ['evaluation']", "enabled = ['regulatory', 'training', 'risk', 'emergency', 'evaluation']")
    texts = {FILE: DISPUTES, "staff.csv": STAFF, "customers.csv": CUSTOMERS, "disputekit.toml": toml + MORE, "training.csv": TRAINING,
             "incidents.csv": INCIDENTS, "totals.csv": TOTALS, "dispositions.toml": DISPOSITION, "plans.toml": own_plans()}  # fmt: skip
    for name, text in texts.items():
        (project / name).write_text(text, encoding="utf-8")
    write_pack(project / "house", PARAMETER, control(rest=DAYS), control("H-2"))
    assert run("--project", project, "check", "--as-of", "2026-01-31", "--no-report") in (0, 1, 2)
    facts = facts_in(project / "assessments" / "2026-01-31" / "findings" / "H-1.parquet", "H-1")["KX-7783-C"][0]
    (project / "waivers.toml").write_text(WAIVERS.format(facts=facts, name=NAMES[0]), encoding="utf-8")
    assert run("--project", project, "check", "--as-of", DAY) in (1, 2)
    assert run("--project", project, "plan", "apply") == 0
    activation = activation_of(project)
    assert run("--project", project, "plan", "ack", activation, "--by", "HANDLER-99") == 0
    note = f"told {NAMES[0]} {NUMBERS[1]} of KX-7781-A"
    assert run("--project", project, "plan", "done", activation, "report", "--by", "HANDLER-99", "--note", note) == 0
    return project


def activation_of(project: Path) -> str:
    with closing(sqlite3.connect(project / "emergency.sqlite")) as state:
        return str(state.execute("select activation from emergency_history").fetchone()[0])

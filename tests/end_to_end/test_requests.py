"""Requests for compensation, known from a process log only: the intact log is clean, and its broken twin is broken where it was broken."""

from collections import defaultdict

from tests.end_to_end.conftest import MakeProject
from tests.end_to_end.running import called, manifest, rows, tallies

AS_OF = "2011-02-28"
BROKEN = {
    "1": {  # the registration is lost
        ("registered-before-examine-thoroughly", "missing", None), ("registered-before-check-ticket", "missing", None),
        ("registered-before-decide", "missing", None),
    },
    "2": {("decided-before-payment", "missing", None)},
    "3": {  # two examinations are lost, and the check and the decision after it was reopened
        ("examined-before-decide", "missing", None), ("examined-before-payment", "missing", None), ("checked-again", "happened", None),
        ("decided-again", "happened", None),
    },
    "5": {("known-steps", "outside", "reinitiate the request for real")},
    "6": {
        ("known-steps", "outside", "decide something"), ("examined-before-payment", "missing", None), ("decided-before-payment", "missing", None),
    },
}  # fmt: skip


def test_the_intact_log_is_clean(make_project: MakeProject) -> None:
    project = make_project("requests", "process_logs")
    assert called("--project", project, "check", "--as-of", AS_OF, "--fail-on", "low").code == 0
    found = tallies(project / "assessments" / AS_OF)
    assert {verdict for verdicts in found.values() for verdict in verdicts} == {"pass", "not_applicable: not begun"}
    # three are paid, and two are reopened
    assert found["decided-before-payment"] == {"pass": 3, "not_applicable: not begun": 3}
    assert found["checked-again"] == {"pass": 2, "not_applicable: not begun": 4}
    assert found["known-steps"] == found["registered-before-decide"] == {"pass": 6}


def test_the_broken_log_has_findings_where_it_was_broken_and_nowhere_else(make_project: MakeProject) -> None:
    project = make_project("requests", "process_logs")
    assert called("--project", project / "broken.toml", "check", "--as-of", AS_OF).code == 1
    folder = project / "assessments" / AS_OF
    found = defaultdict(set)
    for control in tallies(folder):
        for subject, outcome, reason, observed in rows(folder, control, "subject, outcome, reason, observed"):
            assert outcome == "fail"
            found[subject].add((control, reason, observed))
    assert found == BROKEN


def test_disputes_come_from_the_events_where_there_is_no_ledger(make_project: MakeProject) -> None:
    project = make_project("requests", "process_logs")
    called("--project", project, "check", "--as-of", AS_OF)
    tables = {t["table"]: (t["rows_read"], t["rows_loaded"], t["rows_rejected"]) for t in manifest(project / "assessments" / AS_OF)["tables"]}
    assert tables == {"disputes": (6, 6, 0), "events": (42, 42, 0)}

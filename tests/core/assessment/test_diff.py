"""Two assessments side by side: nothing that got worse is missed, and nothing that can't be known is claimed."""

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.projects import DEADLINE, DISPUTES, Said, control, disputekit, write_pack, write_project

from disputekit.assessment.diff import diff
from disputekit.assessment.difference import Difference
from disputekit.assessment.manifest import FILE, read_manifest
from disputekit.assessment.worse import judge
from disputekit.checks.decide import FINDING, file_sha256

Capture = pytest.CaptureFixture[str]
OLD, NEW = "2026-02-01", "2026-02-10"


@pytest.fixture
def project(tmp_path: Path, capsys: Capture) -> Path:
    """A project, and its assessment as of OLD: D-1 was closed in time; D-2 and D-3 are open and late."""
    folder = write_project(tmp_path)
    write_pack(folder / "house", control())
    run(folder, OLD, capsys)
    return folder


def run(folder: Path, day: str, capsys: Capture, *more: str) -> Said:
    return disputekit(folder, "check", "--as-of", day, *more, capsys=capsys)


def swap(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def compared(folder: Path, capsys: Capture, day: str = NEW) -> Difference:
    """What came of the project since OLD."""
    run(folder, day, capsys)
    return diff(folder / "assessments" / OLD, folder / "assessments" / day, 10)


def numbers(found: Difference) -> dict[str, int]:
    """All the numbers that aren't 0."""
    counts = {"new": found.new_of("fail", "unknown", "pending"), **{n: found.total(n) for n in ("gone", "changed", "worse", "same", "afterwards")}}
    return {name: n for name, n in counts.items() if n}


def verdict(found: Difference) -> tuple[int, list[str]]:
    return judge(found).exit_code, [str(w) for w in judge(found).why]


# ── findings ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_grows_with_the_day_is_no_change(project: Path, capsys: Capture) -> None:
    found = compared(project, capsys)
    assert (numbers(found), verdict(found)) == ({"same": 2}, (0, []))


def test_a_new_breach_is_new(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-3", "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-3")
    found = compared(project, capsys)
    assert (numbers(found), verdict(found)) == ({"new": 1, "same": 2}, (1, ["1 new findings"]))
    row = found.new_rows[0]
    assert (row.control, row.subject, row.old, row.new and (row.new.outcome, row.new.reason)) == ("H-1", "D-4", None, ("fail", "open"))


def test_a_warning_is_new_but_nothing_is_wrong_yet(project: Path, capsys: Capture) -> None:
    write_pack(project / "house", control(rest=DEADLINE + '\nwarn = "5 days"'))
    run(project, OLD, capsys, "--replace")
    swap(project, "disputes.csv", "D-3", "D-4,2026-01-28T09:00:00,,phone,delay,1.00\nD-3")
    found = compared(project, capsys)
    assert (numbers(found), found.new_of("pending"), verdict(found)) == ({"new": 1, "same": 2}, 1, (0, []))


def test_an_open_breach_that_ends_late_is_changed_but_not_worse(project: Path, capsys: Capture) -> None:
    found = compared(project, capsys, "2026-03-05")
    assert (numbers(found), verdict(found)) == ({"changed": 1, "same": 1}, (0, []))
    row = found.changed_rows[0]
    assert row.old is not None
    assert row.new is not None
    assert (row.subject, row.old.reason, row.new.reason, row.new.done_at) == ("D-2", "open", "late", datetime(2026, 3, 1, 10))


def test_what_can_be_decided_no_longer_is_worse(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,soon,")
    found = compared(project, capsys)
    assert numbers(found) == {"changed": 1, "worse": 1, "same": 1}
    assert "1 findings became worse" in verdict(found)[1]


def test_a_breach_that_turns_up_where_all_was_unknown_is_worse(project: Path, capsys: Capture) -> None:
    swap(project, "disputekit.toml", "path = 'disputes.csv'", "path = 'disputes.csv'\nextracted_at = 2026-01-20T06:00:00")
    run(project, OLD, capsys, "--replace")
    swap(project, "disputekit.toml", "2026-01-20", "2026-02-11")
    found = compared(project, capsys)
    assert (numbers(found), verdict(found)[0]) == ({"changed": 2, "worse": 2}, 1)


# ── facts that were changed afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_breach_that_is_gone_though_nothing_cures_one_rests_on_changed_facts(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-01-10T09:00:00,")
    found = compared(project, capsys)
    assert (numbers(found), verdict(found)) == (
        {"gone": 1, "same": 1, "afterwards": 1}, (1, ["1 findings rest on facts that were changed afterwards"])
    )  # fmt: skip
    assert [(r.subject, r.afterwards) for r in found.afterwards_rows] == [("D-3", ("gone",))]


def test_a_breach_whose_dispute_was_deleted_is_told(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-3,2026-01-07T09:00:00,,phone,delay,300.00\n", "")
    found = compared(project, capsys)
    assert verdict(found) == (1, ["1 findings rest on facts that were changed afterwards", "disputes: 2 rows, before it were 3"])


@pytest.mark.parametrize(("old", "new", "fact"), [
    ("D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-01-31T09:00:00,", "done_at"),
    ("D-3,2026-01-07T09:00:00,,", "D-3,2026-01-08T09:00:00,,", "started_at"),
])  # fmt: skip
def test_a_fact_of_a_day_that_the_old_assessment_saw_otherwise_was_changed_afterwards(
    project: Path, capsys: Capture, old: str, new: str, fact: str
) -> None:
    swap(project, "disputes.csv", old, new)
    found = compared(project, capsys)
    assert (numbers(found), verdict(found)[0]) == ({"changed": 1, "same": 1, "afterwards": 1}, 1)
    assert [(r.subject, r.afterwards) for r in found.afterwards_rows] == [("D-3", (fact,))]


def test_an_end_that_was_taken_away_again_was_changed_afterwards(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "2026-01-07T09:00:00,,", "2026-01-07T09:00:00,2026-01-31T09:00:00,")
    run(project, OLD, capsys, "--replace")
    swap(project, "disputes.csv", "2026-01-31T09:00:00", "")
    assert [(r.subject, r.afterwards) for r in compared(project, capsys).afterwards_rows] == [("D-3", ("done_at",))]


def test_what_happened_after_the_old_day_is_no_change_of_facts(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-02-02T00:00:00,")
    assert numbers(compared(project, capsys)) == {"changed": 1, "same": 1}


def test_what_happened_after_the_old_extract_is_no_change_of_facts(project: Path, capsys: Capture) -> None:
    swap(project, "disputekit.toml", "path = 'disputes.csv'", "path = 'disputes.csv'\nextracted_at = 2026-01-30T06:00:00")
    run(project, OLD, capsys, "--replace")
    swap(project, "disputekit.toml", "2026-01-30", "2026-02-11")
    swap(project, "disputes.csv", "D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-01-31T09:00:00,")
    found = compared(project, capsys)
    assert (found.total("changed"), found.total("afterwards")) == (1, 0)


def test_a_breach_that_is_gone_with_its_rule_says_nothing_of_facts(project: Path, capsys: Capture) -> None:
    swap(project, "house/pack.toml", "15 days", "60 days")
    found = compared(project, capsys)
    assert numbers(found) == {"gone": 2}
    assert "house: sha256" in [c.what for c in found.rules]


# ── controls, rules, register ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_control_that_isnt_checked_any_more_is_worse_and_its_findings_arent_gone(project: Path, capsys: Capture) -> None:
    write_pack(project / "house", control().replace('basis = "practice"', 'basis = "practice"\nstatus = "retired"'), control("H-2"))
    found = compared(project, capsys)
    states = {c.id: (c.state, c.gone, c.new) for c in found.controls}
    assert states == {"H-1": ("removed", 0, {}), "H-2": ("added", 0, {"fail": 2})}
    assert verdict(found) == (1, ["2 new findings", "H-1 isn't checked any more"])
    assert found.controls[1].why == "it is retired now"


def test_a_control_that_couldnt_be_evaluated_now_isnt_compared(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "closed_at", "shut")
    found = compared(project, capsys)
    assert (found.controls[0].state, numbers(found)) == ("not compared", {})
    assert verdict(found)[0] == 2
    assert verdict(found)[1][0] == "H-1 can't be compared: disputes.closed_at isn't supplied"


def test_a_control_that_could_be_evaluated_neither_then_nor_now_is_as_before(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "closed_at", "shut")
    run(project, OLD, capsys, "--replace")
    found = compared(project, capsys)
    assert (found.controls[0].state, verdict(found)) == ("both", (0, []))


def test_a_control_that_can_be_evaluated_at_last_shows_what_it_finds(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "closed_at", "shut")
    run(project, OLD, capsys, "--replace")
    swap(project, "disputes.csv", "shut", "closed_at")
    found = compared(project, capsys)
    assert (found.new_of("fail"), found.total("gone"), found.total("afterwards")) == (2, 1, 0)


FAILING = """
from disputekit import hookimpl
class Plugin:
    @hookimpl
    def regulatory_checks(self, run):
        raise ValueError("no such table")
"""


def test_a_new_error_means_that_not_everything_could_be_compared(project: Path, capsys: Capture, install: Callable[..., str]) -> None:
    swap(project, "disputekit.toml", "enabled = []", f'enabled = ["{install(FAILING)}"]')
    found = compared(project, capsys)
    assert verdict(found)[0] == 2
    assert "no such table" in verdict(found)[1][0]


def test_less_that_could_be_read_is_worse(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,phone", "D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,phone,x,y,z")
    found = compared(project, capsys)
    assert [(c.what, c.old, c.new) for c in found.tables] == [("disputes: rows loaded", "3", "2"), ("disputes: rows rejected", "0", "1")]
    assert verdict(found) == (1, ["disputes: 2 rows, before it were 3", "disputes: 1 rows rejected, before it were 0"])


def test_a_table_that_isnt_read_any_more_is_worse(project: Path, capsys: Capture) -> None:
    (project / "events.csv").write_text("subject_id,activity,occurred_at\nD-1,called,2026-01-07T10:00:00\n", encoding="utf-8")
    toml = project / "disputekit.toml"
    plain = toml.read_text("utf-8")
    toml.write_text(plain + "[register.events]\npath = 'events.csv'\n", encoding="utf-8")
    run(project, OLD, capsys, "--replace")
    toml.write_text(plain, encoding="utf-8")
    assert verdict(compared(project, capsys)) == (1, ["events isn't read any more"])


def test_changed_parameters_are_listed_with_their_values(project: Path, capsys: Capture) -> None:
    parameter = '[parameters.days]\ntitle = { zh = "期限", en = "Time" }\nbasis = "practice"\nvalues = [{ value = "15 days" }]\n'
    write_pack(project / "house", parameter, control(rest=DEADLINE.replace("15 days", "$days")))
    run(project, OLD, capsys, "--replace")
    with (project / "disputekit.toml").open("a", encoding="utf-8") as file:
        file.write("[parameters.house]\ndays = { value = '40 days' }\n")
    found = compared(project, capsys)
    assert [(c.what, c.old, c.new) for c in found.rules if c.what != "project file"] == [("parameter house.days", "15 days", "40 days")]
    assert numbers(found) == {"gone": 2}


def test_a_control_whose_severity_was_lowered_is_listed(project: Path, capsys: Capture) -> None:
    swap(project, "house/pack.toml", '"high"', '"low"')
    assert ("H-1: severity", "high", "low") in [(c.what, c.old, c.new) for c in compared(project, capsys).rules]


# ── what can't be compared ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


@pytest.mark.parametrize(("breaks", "words"), [
    (lambda folder: spoil(folder / NEW / "findings" / "H-1.parquet"), "isn't what the assessment's manifest says"),
    (lambda folder: spoil(folder / OLD / "findings" / "H-1.parquet"), "isn't what the assessment's manifest says"),
    (lambda folder: (folder / NEW / "findings" / "H-1.parquet").unlink(), "is missing from the assessment"),
    (lambda folder: (folder / NEW / FILE).unlink(), "no assessment here"),
    (lambda folder: swap(folder, f"{NEW}/{FILE}", '"X"', '"Y"'), "is of 'Y', and the other of 'X'"),
    (lambda folder: swap(folder, f"{OLD}/{FILE}", OLD, "2026-02-28"), "Name the older one first"),
])  # fmt: skip
def test_assessments_that_arent_whole_or_dont_belong_together_are_refused(
    project: Path, capsys: Capture, breaks: Callable[[Path], object], words: str
) -> None:
    run(project, NEW, capsys)
    breaks(project / "assessments")
    said = disputekit(project, "diff", str(project / "assessments" / OLD), str(project / "assessments" / NEW), capsys=capsys)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_shows_the_first_rows_and_counts_the_rest(project: Path, capsys: Capture) -> None:
    swap(project, "disputes.csv", "D-3", "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-5,2026-01-20T09:00:00,,phone,delay,1.00\nD-3")
    run(project, NEW, capsys)
    said = disputekit(project, "diff", "--limit", "1", str(project / "assessments" / OLD), str(project / "assessments" / NEW), capsys=capsys)
    assert said.code == 1
    assert said.out.splitlines() == [
        "X: 2026-02-01 → 2026-02-10",
        "2 new (2 breaches, 0 unknown, 0 warnings), 0 gone, 0 changed (0 for the worse, 0 done late), 2 as before",
        "  H-1  Close in time: 2 new fail; fail: open 2 → 4",
        "New:",
        "  H-1  D-4: none → fail: open, started 2026-01-20 09:00:00, due 2026-02-04",
        "  and 1 more",
        "The register:",
        "  disputes: rows loaded: 3 → 5",
        "New or worse: 2 new findings",
    ]


def test_the_command_gives_json_with_all_numbers_and_as_many_rows_as_asked_for(project: Path, capsys: Capture) -> None:
    (project / "disputes.csv").write_text(DISPUTES + "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-5,2026-01-20T09:00:00,,phone,delay,1.00\n")
    run(project, NEW, capsys)
    said = disputekit(
        project, "diff", "--limit", "1", "--format", "json", str(project / "assessments" / OLD), str(project / "assessments" / NEW), capsys=capsys
    )
    whole = json.loads(said.out)
    assert (said.code, whole["conclusion"]) == (1, {"exit_code": 1, "why": ["2 new findings"]})
    assert whole["diff"]["controls"][0]["new"] == {"fail": 2}
    assert whole["diff"]["controls"][0]["new_tallies"] == {"fail: open": 4, "pass": 1}
    assert [(r["subject"], r["old"]) for r in whole["diff"]["new_rows"]] == [("D-4", None)]


def test_the_command_needs_no_project(project: Path, tmp_path: Path, capsys: Capture) -> None:
    folder = shutil.move(project / "assessments" / OLD, tmp_path / "a")
    said = disputekit(tmp_path / "nowhere", "diff", str(folder), str(folder), capsys=capsys)
    assert (said.code, said.out.splitlines()[-1]) == (0, "Nothing is new or worse")


# ── wild findings, against a plain walk over both ──────────────────────────────────────────────────────────────────────────────────────

DAYS = st.none() | st.sampled_from([datetime(2026, 1, 30), datetime(2026, 2, 1, 23), datetime(2026, 2, 2), datetime(2026, 2, 5)])
FINDINGS = st.fixed_dictionaries({
    "verdict": st.sampled_from([("fail", "open"), ("fail", "late"), ("fail", "missing"), ("unknown", "missing"), ("pending", None)]),
    "started_at": DAYS, "done_at": DAYS, "due_on": st.none() | st.just(date(2026, 1, 31)), "observed": st.sampled_from(["1", "2"]),
})  # fmt: skip
KEYS = st.tuples(st.none() | st.sampled_from(["a", "b", "c", "a'b"]), st.none() | st.sampled_from(["1", ""]))
SIDES = st.dictionaries(KEYS, FINDINGS, max_size=6)
BOUND = datetime(2026, 2, 2)
DONE = {"verdict": ("fail", "late"), "started_at": datetime(2026, 1, 1), "due_on": date(2026, 1, 16), "observed": "1"}


def put(folder: Path, findings: Mapping[Any, Any]) -> None:
    """Makes these the findings of an assessment's only control, and its manifest say so."""
    part = folder / "findings" / "H-1.parquet"
    columns = [*FINDING]
    with duckdb.connect() as db:
        db.execute(f"create table t ({', '.join(f'{n} {t}' for n, t in FINDING.items())})")
        for (subject, occurrence), f in findings.items():
            row = {**f, "subject": subject, "occurrence": occurrence, "outcome": f["verdict"][0], "reason": f["verdict"][1]}
            db.execute(f"insert into t values ({', '.join('?' for _ in columns)})", [row.get(c) for c in columns])
        db.execute(f"copy t to '{part}' (format parquet)")
    manifest = read_manifest(folder)[0]
    mine = manifest.controls[0].model_copy(update={"findings": len(findings), "findings_sha256": file_sha256(part)})
    (folder / FILE).write_text(manifest.model_copy(update={"controls": (mine,)}).written(), encoding="utf-8")


def is_open(finding: Mapping[str, Any]) -> bool:
    """Whether a breach can still be ended."""
    outcome, reason = finding["verdict"]
    return outcome == "fail" and (finding["done_at"] is None or reason == "missing")


@settings(max_examples=30, deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SIDES, SIDES)
@example({("a", None): DONE | {"done_at": datetime(2026, 2, 5)}}, {("a", None): DONE | {"done_at": datetime(2026, 1, 30)}})
@example({("a", None): DONE | {"done_at": datetime(2026, 1, 30)}}, {("a", None): DONE | {"done_at": datetime(2026, 2, 5)}})
def test_the_numbers_are_those_of_a_plain_walk(project: Path, old: dict[Any, Any], new: dict[Any, Any]) -> None:
    before, after = project / "before", project / "after"
    for folder, findings in ((before, old), (after, new)):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(project / "assessments" / OLD, folder)
        put(folder, findings)

    def shown(f: Mapping[str, Any]) -> list[Any]:
        return [f[n] for n in ("verdict", "started_at", "done_at", "due_on")]

    def seen_otherwise(key: Any, fact: str) -> bool:
        a, b = old[key][fact], new[key][fact]
        return a != b and all(x is None or x < BOUND for x in (a, b))

    both = [k for k in old if k in new]
    gone = [k for k in old if k not in new]
    changed = [k for k in both if shown(old[k]) != shown(new[k])]
    expected = {
        "new": len([k for k in new if k not in old]), "gone": len(gone), "changed": len(changed), "same": len(both) - len(changed),
        "worse": len([k for k in changed if new[k]["verdict"][0] in ("fail", "unknown")
                      and (new[k]["verdict"][0] != old[k]["verdict"][0] or (is_open(new[k]) and not is_open(old[k])))]),
        "afterwards": len([k for k in both if seen_otherwise(k, "started_at") or seen_otherwise(k, "done_at")])
        + len([k for k in gone if old[k]["verdict"] in (("fail", "open"), ("fail", "late"))]),
    }  # fmt: skip
    assert numbers(diff(before, after, 3)) == {name: n for name, n in expected.items() if n}


def test_of_a_finding_that_is_there_twice_and_then_once_one_is_gone(project: Path) -> None:
    before, after = project / "before", project / "assessments" / OLD
    shutil.copytree(after, before)
    part = before / "findings" / "H-1.parquet"
    with duckdb.connect() as db:
        db.execute(f"create table t as from '{part}'")
        db.execute(f"copy (from t union all from t) to '{part}' (format parquet)")
    manifest = read_manifest(before)[0]
    mine = manifest.controls[0].model_copy(update={"findings": 4, "findings_sha256": file_sha256(part)})
    (before / FILE).write_text(manifest.model_copy(update={"controls": (mine,)}).written(), encoding="utf-8")
    assert numbers(diff(before, after, 3)) == {"gone": 2, "same": 2, "afterwards": 2}


def test_a_group_that_grew_is_worse_though_its_finding_was_there_before(project: Path) -> None:
    folders = [project / "before", project / "after"]
    for folder, subjects in zip(folders, (2, 900), strict=True):
        shutil.copytree(project / "assessments" / OLD, folder)
        manifest = read_manifest(folder)[0]
        tallies = tuple(t.model_copy(update={"subjects": subjects}) if t.outcome == "fail" else t for t in manifest.controls[0].tallies)
        mine = manifest.controls[0].model_copy(update={"tallies": tallies})
        (folder / FILE).write_text(manifest.model_copy(update={"controls": (mine,)}).written(), encoding="utf-8")
    assert verdict(diff(*folders, 3)) == (1, ["H-1: 900 subjects fail or are unknown, before it were 2"])


def test_many_controls_are_compared_by_several_queries_alike(project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many findings fit into one query is about memory, and nothing else: every number and row is the same."""
    write_pack(project / "house", control("H-1"), control("H-2"), control("H-3"))
    run(project, "2026-02-02", capsys)
    swap(project, "disputes.csv", "D-2", "D-9")
    run(project, NEW, capsys)
    sides = (project / "assessments" / "2026-02-02", project / "assessments" / NEW, 4)
    at_once = diff(*sides)
    monkeypatch.setattr("disputekit.assessment.joined.AT_ONCE", 1)
    assert diff(*sides) == at_once
    assert [(r.control, r.subject) for r in at_once.new_rows] == [("H-1", "D-9"), ("H-2", "D-9"), ("H-3", "D-9")]
    assert [(c.id, c.gone, c.same) for c in at_once.controls] == [("H-1", 1, 1), ("H-2", 1, 1), ("H-3", 1, 1)]

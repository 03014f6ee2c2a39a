"""Risk points through the whole of a check: found, told, explained, the same with any number of threads, compared with the assessment before."""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.projects import control, disputekit, write_pack

from disputekit.assess import Engine, assess
from disputekit.assessment.manifest import Manifest
from disputekit.config import load_project
from disputekit.demo import write_demo

HEAD = "dispute_id,customer_id,claim_id,channel,unit_id,handler_id,complexity,amount_claimed,received_at,registered_at,closed_at"
AS_OF = date(2026, 6, 30)


def register(folder: Path, head: str = HEAD, complex_in: int = 60, more: str = "") -> Path:
    """600 disputes in four branches; in U1 so many of 150 are called complex, elsewhere 15 of 150."""
    lines = [HEAD]
    for i in range(600):
        unit, n = i % 4, i // 4
        is_complex = n < (complex_in if unit == 1 else 15)
        day = f"2026-0{1 + n % 6}-{1 + n % 27:02}"
        lines.append(f"D{i:04},C{i},L{i},{'web' if n // 6 % 2 else 'phone'},U{unit},E{unit}{n % 2},{'complex' if is_complex else 'simple'},1000.00,{day}T09:00:00,"
                     f"{day}T09:05:00,")  # fmt: skip
    keep = [HEAD.split(",").index(c) for c in head.split(",")]
    lines = [",".join(line.split(",")[k] for k in keep) for line in lines]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "disputes.csv").write_text("\n".join(lines) + "\n")
    write_pack(folder / "house", control())
    (folder / "disputekit.toml").write_text(
        "[organisation]\nname = 'X'\nlanguage = 'en'\ncalendar = 'weekends'\n[policies]\npacks = ['./house']\n[plugins]\nenabled = ['risk']\n"
        f"[register.disputes]\npath = 'disputes.csv'\n{more}")  # fmt: skip
    return folder


def assessed(folder: Path, out: str = "assessments/2026-06-30", **more: Any) -> Manifest:
    manifest = assess(load_project(folder), AS_OF, folder / out, **more)
    assert manifest.errors == ()
    return manifest


def test_a_gamed_share_is_a_rated_risk_point_with_its_subjects(tmp_path: Path) -> None:
    points = {p.name: p for p in assessed(register(tmp_path)).risk_points}
    found = points["risk-complex/unit=U1"]
    assert (found.n, found.observed, found.expected) == (150, 0.4, 0.1)
    assert found.q is not None
    assert found.p is not None
    assert found.p < found.q < 1e-9
    assert (found.likelihood, found.impact, found.level, found.trend) == (5, 3, "high", None)
    assert (found.people, found.money, found.subjects) == (60, 60_000, ("D0001", "D0005", "D0009", "D0013", "D0017"))
    assert {n for n in points if n.startswith("risk-complex")} == {"risk-complex/unit=U1", "risk-complex/handler=E10", "risk-complex/handler=E11"}


def test_a_register_with_nothing_in_it_raises_no_alarm_and_says_how_much_was_tested(tmp_path: Path) -> None:
    manifest = assessed(register(tmp_path, complex_in=15))
    assert manifest.risk_points == ()
    assert sum(d.tests for d in manifest.risk_detectors) > 10


def test_a_detector_whose_columns_nobody_supplies_did_not_look(tmp_path: Path) -> None:
    manifest = assessed(register(tmp_path, head="dispute_id,received_at,unit_id"))
    used = {d.name: d for d in manifest.risk_detectors}
    assert (used["risk-complex"].state, used["risk-complex"].absent) == ("not supplied", ("disputes.complexity",))
    assert used["risk-refusals"].state == "not supplied"
    assert used["risk-breaches"].state == "looked"
    assert "the register doesn't supply the product" in [n.why.en for n in used["risk-breaches"].not_looked]


def not_looked(manifest: Manifest, detector: str) -> list[str]:
    return [n.why.en for d in manifest.risk_detectors if d.name == detector for n in d.not_looked]


def test_what_lacks_a_value_is_told_by_the_detectors_that_count_and_measure_and_is_never_left_out_in_silence(tmp_path: Path) -> None:
    lines = (register(tmp_path) / "disputes.csv").read_text().splitlines()
    number = {name: n for n, name in enumerate(HEAD.split(","))}
    rows = [line.split(",") for line in lines[1:]]
    for row, name in zip(rows, ("customer_id", "customer_id", "claim_id", "channel", "amount_claimed", "received_at"), strict=False):
        row[number[name]] = ""
    rows[-1][number["unit_id"]] = ""
    rows[7][number["closed_at"]] = "yesterday"
    (tmp_path / "disputes.csv").write_text("\n".join((HEAD, *map(",".join, rows))) + "\n")
    manifest = assessed(tmp_path)
    assert not_looked(manifest, "risk-repeats-customer") == ["disputes without a customer, or a day of receipt, which aren't counted: 3"]
    assert not_looked(manifest, "risk-repeats-claim") == ["disputes without a claim, or a day of receipt, which aren't counted: 2"]
    assert not_looked(manifest, "risk-duplicates") == ["disputes without a customer, claim, channel or day of receipt, which can't be compared: 5"]
    measured = not_looked(manifest, "risk-concentration")
    assert "disputes without an amount claimed, or whose closing can't be read, which aren't counted: 2" in measured
    assert {"disputes without a customer, which are in no group: 2", "disputes without a unit, which are in no group: 1"} <= set(measured)
    assert "disputes whose times are missing, or contradict each other: 2" in not_looked(manifest, "risk-ageing")
    surges = not_looked(manifest, "risk-surges")
    assert {"disputes without a day of receipt, which aren't counted: 1", "disputes without a unit, which are in no group: 1"} <= set(surges)


def test_where_everything_is_called_complex_no_group_can_stand_out_and_that_is_told(tmp_path: Path) -> None:
    folder = register(tmp_path)
    (folder / "disputes.csv").write_text((folder / "disputes.csv").read_text().replace(",simple,", ",complex,"))
    manifest = assessed(folder)
    assert "all in the whole register are; no group can stand out" in not_looked(manifest, "risk-complex")
    assert not [p for p in manifest.risk_points if p.name.startswith("risk-complex")]


def test_a_register_with_too_little_in_it_is_said_to_have_too_little_and_nothing_false(tmp_path: Path) -> None:
    lines = (register(tmp_path) / "disputes.csv").read_text().splitlines()[1:]
    (tmp_path / "disputes.csv").write_text("\n".join((HEAD, *(line.replace("2026-0", "1980-0") for line in lines[:29]))) + "\n")
    few = assessed(tmp_path, "few")
    assert "open disputes with an amount and a unit: 29, fewer than 30" in not_looked(few, "risk-concentration")
    assert not_looked(few, "risk-repeats-customer") == ["there are no disputes within 365 days"]
    (tmp_path / "disputes.csv").write_text("\n".join((HEAD, *(re.sub(r",L\d+,", ",,", line) for line in lines))) + "\n")
    none = assessed(tmp_path, "none")
    assert not_looked(none, "risk-duplicates") == ["disputes without a customer, claim, channel or day of receipt, which can't be compared: 600"]
    assert not_looked(none, "risk-repeats-claim") == ["disputes without a claim, or a day of receipt, which aren't counted: 600"]


def test_disputes_whose_customer_nobody_names_are_of_as_many_customers(tmp_path: Path) -> None:
    folder = register(tmp_path)
    (folder / "disputes.csv").write_text(re.sub(r"^(D\d+),C\d+", r"\1,", (folder / "disputes.csv").read_text(), flags=re.M))
    points = {p.name: p for p in assessed(folder).risk_points}
    assert (points["risk-complex/unit=U1"].people, points["risk-complex/unit=U1"].impact) == (60, 3)


@pytest.mark.parametrize("received", ["T09:00:00", ""])
def test_a_ledger_that_knows_no_more_than_days_hides_neither_late_entries_nor_slow_closing_nor_complaints_made_again(
    tmp_path: Path, received: str
) -> None:
    """Entries, closings and withdrawals are known to the day, receipts with their hour or to the day as well; most are of one day."""
    folder = register(tmp_path, complex_in=15, more="[register.events]\npath = 'events.csv'\n")
    rows, events = [], ["subject_id,activity,occurred_at"]
    for line in (folder / "disputes.csv").read_text().splitlines()[1:]:
        cells = line.split(",")
        day, n, unit = date.fromisoformat(cells[8][:10]), int(cells[0][1:]), cells[4]
        late = 3 if (unit == "U2" and n % 3 == 0) or n % 30 == 1 else 0
        slow = 9 if unit == "U3" and day.month < 6 else 0
        cells[8:] = [f"{day}{received}", str(day + timedelta(days=late)), str(day + timedelta(days=slow))]
        rows.append(cells)
        if n % 2:
            events.append(f"{cells[0]},withdrawn,{day}")
        if n % 2 and ((unit == "U1" and n % 3 == 0) or n % 50 == 3):
            rows.append([f"A{n:04}", *cells[1:8], f"{day}{received.replace('09', '17')}", f"{day}", str(day)])
    (folder / "disputes.csv").write_text("\n".join((HEAD, *map(",".join, rows))) + "\n")
    (folder / "events.csv").write_text("\n".join(events) + "\n")
    manifest = assessed(folder)
    points = {p.name for p in manifest.risk_points if "/unit=" in p.name}
    assert points == {"risk-entered-late/unit=U2", "risk-ageing/unit=U3", "risk-withdrawn-again/unit=U1"}
    for detector in ("risk-entered-late", "risk-ageing"):
        assert [w for w in not_looked(manifest, detector) if w.startswith("disputes")] == []


def test_a_complaint_made_again_on_the_sixtieth_day_counts_and_one_on_the_next_day_does_not(tmp_path: Path) -> None:
    folder = register(tmp_path, complex_in=15, more="[register.events]\npath = 'events.csv'\n")
    rows, events = [], ["subject_id,activity,occurred_at"]
    for line in (folder / "disputes.csv").read_text().splitlines()[1:]:
        cells = line.split(",")
        received = date.fromisoformat(cells[8][:10])
        if received.month <= 3:
            events.append(f"{cells[0]},withdrawn,{received}T10:00:00")
            again = received + timedelta(days=60 if cells[4] == "U1" else 61)
            rows.append(",".join([f"A{cells[0]}", *cells[1:8], f"{again}T09:00:00", f"{again}T09:05:00", ""]))
    with (folder / "disputes.csv").open("a") as file:
        file.write("\n".join(rows) + "\n")
    (folder / "events.csv").write_text("\n".join(events) + "\n")
    found = {p.name: p.figures for p in assessed(folder).risk_points if p.name.startswith("risk-withdrawn-again/unit")}
    assert {n: (f["having"], f["rest_having"]) for n, f in found.items()} == {"risk-withdrawn-again/unit=U1": (75, 0)}


def test_controls_that_answer_a_risk_point_are_those_the_organisation_names_by_id_practice_or_duty(tmp_path: Path) -> None:
    folder = register(tmp_path)
    rest = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "15 days"\npractice = "X1"\nduty = "answer"'
    write_pack(folder / "house", control(), control("H-2", rest), control("H-3", rest.replace("X1", "S10.2")))
    assert {p.controls for p in assessed(folder, "usual").risk_points} == {("H-3",)}
    project = (folder / "disputekit.toml").read_text()
    for out, answers, ids in (("a", "['H-1', 'X1']", ("H-1", "H-2")), ("b", "['answer']", ("H-2", "H-3")), ("c", "[]", ())):
        (folder / "disputekit.toml").write_text(f"{project}[plugins.risk.answers]\nrisk-complex = {answers}\n")
        assert {p.controls for p in assessed(folder, out).risk_points} == {ids}


def test_an_answer_that_no_control_has_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    folder = register(tmp_path, more="[plugins.risk.answers]\nrisk-complex = ['H-1', 'H-l']\n")
    errors = " ".join(str(e) for e in assess(load_project(folder), AS_OF, folder / "out").errors)
    assert "[plugins.risk.answers] risk-complex: no control of the enabled packs has the id, practice or duty 'H-l'. Did you mean 'H-1'?" in errors


def test_the_assessment_is_the_same_with_any_number_of_threads(tmp_path: Path) -> None:
    register(tmp_path)
    written = []
    for threads in (1, 2, 4):
        assessed(tmp_path, f"out-{threads}", engine=Engine(threads=threads))
        written.append((tmp_path / f"out-{threads}" / "assessment.json").read_bytes())
    assert written[0] == written[1] == written[2]


def test_a_point_is_compared_with_the_assessment_before_and_one_that_ended_is_told(tmp_path: Path) -> None:
    register(tmp_path / "a", complex_in=45)
    before = assess(load_project(tmp_path / "a"), date(2026, 6, 29), tmp_path / "a" / "before")
    assert {p.trend for p in before.risk_points} == {None}
    register(tmp_path / "a", complex_in=60)
    worse = assessed(tmp_path / "a", "worse", previous=tmp_path / "a" / "before")
    assert {p.name: p.trend for p in worse.risk_points}["risk-complex/unit=U1"] == "rising"
    register(tmp_path / "a", complex_in=15)
    ended = assessed(tmp_path / "a", "ended", previous=tmp_path / "a" / "before")
    assert ("risk-complex/unit=U1", True) in [(e.name, e.looked) for e in ended.risks_ended]
    register(tmp_path / "a", head="dispute_id,received_at,unit_id")
    unlooked = assessed(tmp_path / "a", "unlooked", previous=tmp_path / "a" / "before")
    assert ("risk-complex/unit=U1", False) in [(e.name, e.looked) for e in unlooked.risks_ended]


def test_list_and_explain_say_what_was_counted_in_both_languages_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assessed(register(tmp_path))
    listed = disputekit(tmp_path, "risk", "list", capsys=capsys)
    assert listed.code == 2  # some detectors had nothing to look at
    assert "high      risk-complex/unit=U1  unit 'U1': the share of disputes called complex is 60 of 150 (40.0%), in the rest 10.0%" in listed.out
    assert "Not looked at: Hot spots of refusals (not supplied: decisions)" in listed.out
    told = disputekit(tmp_path, "risk", "explain", "risk-complex/unit=U1", capsys=capsys)
    assert told.code == 0
    for words in ("Fisher exact, one-sided", "Benjamini-Hochberg", "D0001", "Likelihood 5 of 5, impact 3 of 5: level High"):
        assert words in told.out
    chinese = disputekit(tmp_path, "--language", "zh", "risk", "explain", "risk-complex/unit=U1", capsys=capsys)
    assert "等级 高" in chinese.out
    as_json = json.loads(disputekit(tmp_path, "risk", "explain", "risk-complex/unit=U1", "--format", "json", capsys=capsys).out)
    assert as_json["point"]["n"] == 150
    assert (tmp_path / "assessments" / "2026-06-30" / as_json["query"]).is_file()
    wrong = disputekit(tmp_path, "risk", "explain", "risk-complex/unit=U9", capsys=capsys)
    assert wrong.code == 2
    assert "no such risk point in this assessment" in wrong.err


def test_disputes_of_one_claim_by_two_channels_within_days_are_possible_duplicates(tmp_path: Path) -> None:
    register(tmp_path)
    with (tmp_path / "disputes.csv").open("a") as file:
        for i in range(6):
            file.write(f"X{i},CX{i},LX{i},phone,U2,E20,simple,1000.00,2026-05-0{i + 1}T09:00:00,2026-05-0{i + 1}T09:00:00,\n")
            file.write(f"Y{i},CX{i},LX{i},web,U2,E20,simple,1000.00,2026-05-0{i + 2}T09:00:00,2026-05-0{i + 2}T09:00:00,\n")
            # by the same channel; after more than a fortnight; about another claim
            file.write(f"S{i},CS{i},LS{i},web,U2,E20,simple,1000.00,2026-05-0{i + 1}T09:00:00,2026-05-0{i + 1}T09:00:00,\n")
            file.write(f"T{i},CS{i},LS{i},web,U2,E20,simple,1000.00,2026-05-0{i + 2}T09:00:00,2026-05-0{i + 2}T09:00:00,\n")
            file.write(f"V{i},CS{i},LS{i},phone,U2,E20,simple,1000.00,2026-05-{i + 17}T09:00:00,2026-05-{i + 17}T09:00:00,\n")
            file.write(f"W{i},CX{i},LW{i},phone,U2,E20,simple,1000.00,2026-05-0{i + 2}T09:00:00,2026-05-0{i + 2}T09:00:00,\n")
    points = {p.name: p for p in assessed(tmp_path).risk_points}
    found = points["risk-duplicates/all"]
    assert (found.observed, found.people, found.p, found.subjects) == (6.0, 6, None, ("Y0", "Y1", "Y2", "Y3", "Y4"))


def test_a_gap_in_the_feed_is_told_as_no_data_and_a_stale_extract_ends_what_is_known(tmp_path: Path) -> None:
    """A month without a dispute isn't a month of zero; nor are the days after the extract."""
    folder = register(tmp_path)
    lines = [HEAD]
    for ago in range(1, 150):
        if 40 <= ago < 60:
            continue
        day = AS_OF - timedelta(days=ago)
        lines += [f"F{ago:03}{k},C{ago}{k},L{ago}{k},web,U{k % 2},E{k % 2},simple,1000.00,{day}T09:00:00,{day}T09:05:00," for k in range(8)]
    (folder / "disputes.csv").write_text("\n".join(lines) + "\n")
    surges = {d.name: d for d in assessed(folder).risk_detectors}["risk-surges"]
    assert "there is no data from 2026-05-02 to 2026-05-21; that isn't zero" in [n.why.en for n in surges.not_looked]
    project = folder / "disputekit.toml"
    project.write_text(project.read_text() + "extracted_at = 2026-06-20T06:00:00\n")
    stale = assessed(folder, "stale")
    assert [p.name for p in stale.risk_points if p.detector == "risk-surges"] == []
    ageing = next(c for c in stale.risk_detectors if c.name == "risk-ageing")
    assert ageing.state == "looked"
    assert "disputes whose times are missing, or contradict each other: 80" in [n.why.en for n in ageing.not_looked]  # received after the extract


@pytest.mark.parametrize(("language", "words"), [("en", ("Register of risk points", "Heat map", "unit &#39;U1&#39;: the share of disputes called complex", "High")),
                                                 ("zh", ("风险点登记表", "热力图", "机构“U1”：称为“复杂”的争议", "高"))])  # fmt: skip
def test_the_report_has_a_register_of_them_and_a_heat_map_that_counts_each_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, words: tuple[str, ...]
) -> None:
    points = assessed(register(tmp_path)).risk_points
    assert disputekit(tmp_path, "report", "--language", language, "--out", str(tmp_path / "report.html"), capsys=capsys).code == 0
    text = (tmp_path / "report.html").read_text()
    section = text[text.index('id="s-risk"') :]
    for word in words:
        assert word in section
    squares = re.findall(r'<td class="sq sq-(bad|late|soon)">\D*?(\d+)', section)
    assert sum(int(n) for _, n in squares) == len(points) == 3
    assert {tone for tone, _ in squares} <= {"bad", "late"}
    rows = {row[0]: row[1:] for row in (re.findall(r"<t[hd][^>]*>\s*(?:<[^>]+>)*([^<\s]+)", r) for r in section.split("<tr>")) if len(row) == 6}
    assert rows["5"][2] == str(sum((p.likelihood, p.impact) == (5, 3) for p in points))
    assert section.count("D0001, D0005, D0009") == 1


def test_the_demo_shows_the_risks_that_are_planted_in_it(tmp_path: Path) -> None:
    write_demo(tmp_path, 1)
    manifest = assess(load_project(tmp_path), AS_OF, tmp_path / "out")
    names = {p.name for p in manifest.risk_points}
    assert {"risk-complex/unit=U302", "risk-refusals/unit=U201", "risk-extended/unit=U101", "risk-surges/all/2026-03-02..2026-03-08"} <= names
    assert {n for n in names if n.startswith("risk-surges")} == {"risk-surges/all/2026-03-02..2026-03-08"}
    assert {n for n in names if n.startswith("risk-complex/unit")} == {"risk-complex/unit=U302"}
    assert {n for n in names if n.startswith("risk-refusals/unit")} == {"risk-refusals/unit=U201"}
    assert [n for n in names if n.startswith("risk-breaches")] == []
    assert [p.name for p in manifest.risk_points if not p.controls] == []

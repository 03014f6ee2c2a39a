"""Whatever a row refers to must be there; what isn't is found, counted, and never taken for well."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from tests.projects import control, write_pack, write_project

from disputekit.assess import assess, needed
from disputekit.assessment.manifest import ControlResult
from disputekit.blocks import put_together
from disputekit.calendars import create_calendar, load_calendar
from disputekit.checks.prepare import Prepared, prepare
from disputekit.checks.stage import check, put_facts
from disputekit.config import load_project
from disputekit.core import Core
from disputekit.plugins import Given, Plugins
from disputekit.register.load import load_register, open_register
from disputekit.register.settings import RegisterSettings, SourceSettings
from disputekit.run import Organisation, Run
from disputekit_regulatory.orphans import orphan_checks

AS_OF = date(2026, 6, 30)
RECEIVED = "2026-05-01T09:00:00"


class Checked:
    """A register of a few rows, with every orphan check run over it."""

    def __init__(self, folder: Path, **tables: Sequence[Mapping[str, Any]]) -> None:
        self.folder = folder
        zone = ZoneInfo("Asia/Shanghai")
        blocks = put_together(Plugins([("core", Core())]))
        for name, rows in tables.items():
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        settings = RegisterSettings(tables=MappingProxyType({n: SourceSettings(path=(f"{n}.jsonl",)) for n in tables}))
        for name in ("scratch", "findings", "queries"):
            (folder / name).mkdir()
        with duckdb.connect() as db:
            opened = open_register(settings, folder, blocks.tables, blocks.sources, folder / "scratch")
            run = Run(AS_OF, zone, "en", Organisation("X"), "weekends")
            asked = prepare((), [Given("regulatory", c) for c in orphan_checks(run)], blocks.kinds, blocks.tables, opened)
            self.left_out: Sequence[Prepared] = [p for p in asked if p.left_out]
            prepared = [p for p in asked if not p.left_out]
            need, self.places = needed(prepared, blocks.tables)
            register = load_register(db, opened, zone, need, self.places, lambda table: None)
            calendar = load_calendar("weekends", folder, "")
            create_calendar(db, calendar)
            stage = put_facts(db, blocks.tables, {}, prepared, register, calendar, AS_OF, folder / "queries")
            self.facts = set(stage.facts)
            self.results = {r.id: r for r in check(stage, prepared, folder, lambda what, done, steps: None)}
            assert not stage.failures, stage.failures

    def __getitem__(self, reference: str) -> ControlResult:
        return self.results[f"DQ-ORPHAN-{reference}"]

    def tally(self, reference: str) -> dict[str, int]:
        return {f"{t.outcome}: {t.reason}".removesuffix(": "): t.subjects for t in self[reference].tallies}

    def findings(self, reference: str) -> list[tuple[object, ...]]:
        part = self.folder / "findings" / f"DQ-ORPHAN-{reference}.parquet"
        query = "select subject, occurrence, outcome, reason, observed from read_parquet(?) order by all"
        return [tuple(row) for row in duckdb.execute(query, [str(part)]).fetchall()]


def dispute(name: str, **columns: Any) -> dict[str, Any]:
    return {"dispute_id": name, "received_at": RECEIVED, **columns}


def event(about: str, **columns: Any) -> dict[str, Any]:
    return {"subject_id": about, "activity": "contacted", "occurred_at": RECEIVED, **columns}


def test_a_dispute_whose_customer_is_not_there_fails_and_names_the_customer(tmp_path: Path) -> None:
    found = Checked(tmp_path, customers=[{"customer_id": "C1", "kind": "person"}],
                    disputes=[dispute("D1", customer_id="C1"), dispute("D2", customer_id="C9"), dispute("D3", customer_id=None)])  # fmt: skip
    assert found.tally("disputes.customer_id") == {"pass": 1, "fail: orphan": 1, "not_applicable: not begun": 1}
    assert found.findings("disputes.customer_id") == [("D2", None, "fail", "orphan", "C9")]


def test_events_of_a_missing_dispute_are_one_finding_and_all_counted(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1")], events=[event("D1"), event("D9"), event("D9"), event("D8")])
    assert found.tally("events.subject_id") == {"pass": 1, "fail: orphan": 3}
    assert found.findings("events.subject_id") == [
        ("D8", "disputes", "fail", "orphan", "1 × events.subject_id"), ("D9", "disputes", "fail", "orphan", "2 × events.subject_id"),
    ]  # fmt: skip


def test_a_tally_of_records_adds_up_to_the_rows_of_their_table(tmp_path: Path) -> None:
    rows = [event("D1"), event("D9"), event("M1", subject="mediations"), event("M9", subject="mediations"), event("X", subject="dispute"),
            event("C1", subject="claims")]  # fmt: skip
    found = Checked(tmp_path, disputes=[dispute("D1")], mediations=[{"mediation_id": "M1", "dispute_id": "D1"}], events=rows)
    assert sum(found.tally("events.subject_id").values()) == found["events.subject_id"].subjects == len(rows)


def test_an_id_is_looked_for_in_the_table_that_the_record_names(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1")], mediations=[{"mediation_id": "M1", "dispute_id": "D1"}],
                    events=[event("M1"), event("M1", subject="mediations"), event("D1", subject="mediations")])  # fmt: skip
    assert found.findings("events.subject_id") == [
        ("D1", "mediations", "fail", "orphan", "1 × events.subject_id"), ("M1", "disputes", "fail", "orphan", "1 × events.subject_id"),
    ]  # fmt: skip


def test_a_record_about_a_table_that_does_not_exist_fails(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1")], events=[event("D1"), event("D1", subject="dispute")])
    assert found.findings("events.subject_id") == [("dispute", "dispute", "fail", "orphan", "1 × events.subject_id")]


def test_a_record_about_a_table_that_nobody_supplies_is_unknown_and_no_orphan(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1")], events=[event("D1"), event("C1", subject="claims"), event("C2", subject="claims")])
    assert found.tally("events.subject_id") == {"pass": 1, "unknown: not supplied": 2}


def test_an_event_whose_actor_is_no_member_of_staff_fails(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1")], staff=[{"staff_id": "S1", "name": "甲"}],
                    events=[event("D1", actor_id="S1"), event("D1", actor_id="S9"), event("D1", actor_id=None)])  # fmt: skip
    assert found.tally("events.actor_id") == {"pass": 1, "fail: orphan": 1, "not_applicable: not begun": 1}
    assert found.findings("events.actor_id") == [("S9", None, "fail", "orphan", "1 × events.actor_id")]


def test_both_ends_of_a_link_are_looked_for(tmp_path: Path) -> None:
    link = {"kind": "merged_into", "source": "disputes", "source_id": "D1", "target": "disputes", "target_id": "D9"}
    found = Checked(tmp_path, disputes=[dispute("D1")], links=[link])
    assert found.tally("links.source_id") == {"pass": 1}
    assert found.tally("links.target_id") == {"fail: orphan": 1}


def test_a_reference_whose_target_is_not_supplied_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1", customer_id="C1")], events=[event("D1", actor_id="S1")])
    assert list(found.results) == ["DQ-ORPHAN-events.subject_id"]
    absent = {p.id: [str(a) for a in p.absent] for p in found.left_out}
    assert absent["DQ-ORPHAN-disputes.customer_id"] == ["customers"]
    assert absent["DQ-ORPHAN-events.actor_id"] == ["staff"]


def test_judging_records_builds_no_facts_about_them_and_asks_for_no_places(tmp_path: Path) -> None:
    found = Checked(tmp_path, disputes=[dispute("D1")], events=[event("D1")])
    assert "events" not in found.facts
    assert "events" not in found.places


@pytest.mark.parametrize("reference", ["disputes.handler_id", "events.subject_id", "links.target_id"])
def test_every_check_has_titles_in_both_languages_and_is_optional(reference: str) -> None:
    run = Run(AS_OF, ZoneInfo("UTC"), "en", Organisation("X"), "weekends")
    found = next(c for c in orphan_checks(run) if c.id == f"DQ-ORPHAN-{reference}")
    assert found.optional
    assert reference.split(".")[1] in found.title.zh
    assert reference.split(".")[1] in found.title.en


def test_the_assessment_lists_what_was_left_out_and_why(tmp_path: Path) -> None:
    write_project(tmp_path, plugins=["regulatory"])
    write_pack(tmp_path / "house", control())
    manifest = assess(load_project(tmp_path), AS_OF, tmp_path / "out")
    left_out = {u.id: u for u in manifest.unchecked}
    assert left_out["DQ-ORPHAN-disputes.customer_id"].status == "not supplied"
    assert left_out["DQ-ORPHAN-disputes.customer_id"].absent == ("disputes.customer_id", "customers")
    assert left_out["DQ-ORPHAN-events.subject_id"].absent == ("events",)
    assert not any(c.id.startswith("DQ-ORPHAN") for c in manifest.controls)
    assert not manifest.errors

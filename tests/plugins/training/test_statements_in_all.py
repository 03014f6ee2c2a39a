"""Nothing that a learning system tells is lost: every statement is a row, refused with a reason, or passed over and counted, in whatever order they come."""

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.plugins.training.test_statements import ID, statement
from tests.projects import disputekit, write_project

from disputekit.register.settings import SourceSettings
from disputekit_training import xapi
from disputekit_training.settings import Settings
from disputekit_training.statement import Result

MAIL = "mailto:li@x.example"
SETTINGS = Settings.model_validate({
    "courses": {"law": {"also": ["http://lms.example/law"], "score": 60, "hours": 6}, "short": {"also": ["http://lms.example/short"], "score": "0.6"}},
    "xapi": {"home_page": "http://hr.example", "staff": {MAIL: "E7", "https://id.example/wang": "E8"}},
})  # fmt: skip
VERBS = "http://adlnet.gov/expapi/verbs"


class Came(NamedTuple):
    """What came of some files: the rows, the reasons of refusals, and how many were passed over, by verb and reason."""

    rows: list[dict[str, str]]
    refused: list[str]
    passed: Counter[tuple[str, str]]


def came(*files: Sequence[Any]) -> Came:
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths, scratch = [folder / f"{n}.xapi" for n in range(len(files))], [folder / f"scratch {n}" for n in range(len(files))]
        for path, made, lines in zip(paths, scratch, files, strict=True):
            made.mkdir()
            path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
        together = xapi.source(SETTINGS).open_together
        assert together is not None
        found = Came([], [], Counter())
        for scan in together(paths, SourceSettings(), scratch):
            with scan.read.open(encoding="utf-8", newline="") as file:
                found.rows.extend({c: v for c, v in row.items() if c in xapi.COLUMNS} for row in csv.DictReader(file))
            found.refused.extend(str(r.reason) for r in scan.refused)
            found.passed.update({(p.what.rpartition("/")[2], str(p.why)): p.records for p in scan.passed_over})
        return found


def void(number: int, of: int) -> dict[str, Any]:
    return statement(number, verb=f"{VERBS}/voided", object={"objectType": "StatementRef", "id": ID.format(of)})


numbers = st.integers(1, 9)
some = st.one_of(
    st.builds(statement, numbers, who=st.sampled_from(["E1", "E2"]), verb=st.sampled_from([f"{VERBS}/{v}" for v in ("completed", "passed", "launched")]),
              result=st.sampled_from([{}, {"success": False}, {"completion": True}, {"score": {"raw": 70}}])),
    st.builds(void, numbers, numbers), st.sampled_from(["{no json", "[]", "null", '{"actor": 1}']),
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(some, max_size=12), st.integers(0, 12))
def test_every_statement_comes_to_one_thing_however_the_files_are_cut(lines: list[Any], cut: int) -> None:
    whole, parts = came(lines), came(lines[:cut], lines[cut:])
    assert len(whole.rows) + len(whole.refused) + whole.passed.total() == len(lines)
    assert (whole.rows, whole.refused, whole.passed) == (parts.rows, parts.refused, parts.passed)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.builds(statement, numbers), max_size=6, unique_by=lambda s: s["id"]), st.lists(numbers, max_size=4), st.randoms(use_true_random=False)
)
def test_what_is_voided_counts_for_nothing_wherever_the_voiding_stands(made: list[Any], voided: list[int], rng: Any) -> None:
    lines = [*made, *(void(20 + n, of) for n, of in enumerate(voided))]
    rng.shuffle(lines)
    assert {r["evidence"] for r in came(lines).rows} == {s["id"] for s in made} - {ID.format(n) for n in voided}


def test_what_voids_cannot_be_voided_and_capitals_are_the_same_identifier() -> None:
    found = came([statement(1), {**void(2, 1), "id": ID.format(2).upper()}, void(3, 2), {**statement(1), "id": ID.format(1).upper()}])
    assert found.rows == []
    assert found.passed == {("completed", "another statement voids it"): 1, ("voided", "it voids another statement"): 2,
                            ("completed", "the same statement once more"): 1}  # fmt: skip


def test_a_statement_forwarded_by_another_store_is_the_same_and_one_that_says_something_else_is_refused() -> None:
    forwarded = {**statement(1), "stored": "2026-04-01T00:00:00Z", "version": "1.0.3", "authority": {"mbox": "mailto:lrs@x.example"}}
    found = came([statement(1)], [forwarded], [statement(1, course="http://lms.example/short")])
    assert (len(found.rows), found.refused) == (1, ["another statement has the same id"])
    assert found.passed == {("completed", "the same statement once more"): 1}


@pytest.mark.parametrize("verb", ["attempted", "launched", "initialized", "terminated", "progressed"])
def test_what_records_no_completion_is_counted_by_its_verb(verb: str) -> None:
    assert came([statement(1, verb=f"{VERBS}/{verb}")]).passed == {(verb, "its verb records no completion"): 1}
    # a system that tells completions by another verb is noticed: the verb can be added to the settings
    told = came([statement(1, verb=f"{VERBS}/{verb}", result={"completion": True})])
    assert (told.rows, told.passed) == ([], {(verb, "its result is complete, but its verb isn't one of a completion"): 1})


@pytest.mark.parametrize("result", [{"completion": False}, {"success": False}, {"completion": True, "success": False}])
def test_a_completion_whose_result_says_otherwise_is_none(result: dict[str, Any]) -> None:
    assert came([statement(1, result=result)]).passed == {("completed", "its result says that it isn't completed or passed"): 1}


def test_a_completion_of_anything_but_an_activity_is_none() -> None:
    assert came([statement(1, object={"objectType": "Agent", "mbox": MAIL})]).passed == {("completed", "it isn't about an activity"): 1}


@pytest.mark.parametrize(("actor", "who"), [
    ({"mbox": MAIL}, "E7"), ({"openid": "https://id.example/wang"}, "E8"), ({"mbox_sha1sum": hashlib.sha1(MAIL.encode()).hexdigest()}, "E7"),
    ({"account": {"homePage": "http://hr.example", "name": "E1"}}, "E1"), ({"account": {"homePage": "http://elsewhere.example", "name": "E1"}}, None),
    ({"mbox": "mailto:nobody@x.example"}, None), ({"openid": "https://id.example/li"}, None), ({"mbox_sha1sum": "0" * 40}, None),
])  # fmt: skip
def test_who_is_meant_by_account_address_hash_or_openid_and_nobody_is_guessed(actor: dict[str, Any], who: str | None) -> None:
    found = came([statement(1, actor=actor)])
    assert [r["staff_id"] for r in found.rows] == ([who] if who is not None else [])
    assert bool(found.refused) is (who is None) and all("nobody knows whose staff number" in r for r in found.refused)


@pytest.mark.parametrize("actor", [
    {"objectType": "Group", "member": [{"mbox": MAIL}]}, {"objectType": "Group", "account": {"homePage": "http://hr.example", "name": "E1"}},
])  # fmt: skip
def test_a_group_is_nobody(actor: dict[str, Any]) -> None:
    found = came([statement(1, actor=actor)])
    assert (found.rows, found.refused) == ([], ["a group completed it, and nobody knows who of it"])


@pytest.mark.parametrize(("score", "course", "is_"), [
    ({"scaled": 0.59999}, "law", "59.99"), ({"scaled": 0.6}, "law", "60.00"), ({"raw": 45, "max": 50}, "law", "90.00"), ({"raw": 70, "max": 200}, "law", "35.00"),
    ({"raw": 70}, "law", "70.00"), ({"raw": 4, "min": 2, "max": 6}, "law", "50.00"), ({"raw": 70, "max": 200, "scaled": 0.7}, "law", "70.00"),
    ({"scaled": 0.65}, "short", "0.65"), ({"raw": 13, "max": 20}, "short", "0.65"), ({"min": 1, "max": 2}, "law", ""),
])  # fmt: skip
def test_a_score_is_on_the_scale_of_the_pass_mark_and_nobody_passes_by_rounding(score: dict[str, Any], course: str, is_: str) -> None:
    assert [r["score"] for r in came([statement(1, course=f"http://lms.example/{course}", result={"score": score})]).rows] == [is_]


@settings(deadline=None, max_examples=150)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60), st.sampled_from(["T", "t", " "]), st.integers(0, 3))
def test_a_timestamp_with_any_offset_is_the_same_instant(at: datetime, minutes: int, mark: str, form: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    local = at.replace(tzinfo=UTC).astimezone(zone)
    text = local.isoformat().replace("T", mark)
    if minutes == 0:
        text = text.removesuffix("+00:00") + ("", "Z", "z", "+00:00")[form]
    elif form == 1:
        text = text[:-3] + text[-2:]
    (row,) = came([statement(1, timestamp=text)]).rows
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", row["completed_at"])
    assert datetime.fromisoformat(row["completed_at"]) == at.replace(tzinfo=UTC)


def test_an_instant_finer_than_a_microsecond_can_be_read() -> None:
    (row,) = came([statement(1, timestamp="2026-03-02T09:30:00.123456789-0330")]).rows
    assert row["completed_at"] == "2026-03-02T09:30:00.123456-03:30"


def durations() -> st.SearchStrategy[str]:
    def part(unit: str) -> st.SearchStrategy[str]:
        return st.one_of(st.just(""), st.builds(lambda n: f"{n}{unit}", st.one_of(st.integers(0, 99), st.decimals(0, 99, places=2))))

    dates, clocks = st.tuples(*map(part, "YMD")).map("".join), st.tuples(*map(part, "HMS")).map("".join)
    whole = st.tuples(dates, clocks).filter(any).map(lambda t: f"P{t[0]}" + (f"T{t[1]}" if t[1] else ""))
    return st.one_of(whole, st.integers(1, 60).map(lambda n: f"P{n}W"))


@given(durations())
def test_a_duration_of_iso_8601_is_taken_and_one_that_is_cut_or_turned_round_is_refused(text: str) -> None:
    Result.model_validate({"duration": text})
    for wrong in (text[1:], text[:-1] + "X", f"-{text}", f"{text} ", f"{text}\n", text.lower(), "P", "PT", f"{text}T"):
        with pytest.raises(ValidationError):
            Result.model_validate({"duration": wrong})


def test_what_was_passed_over_is_shown_by_the_report_and_by_register_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_project(tmp_path, packs=[], plugins=["training"], more='[register.training]\npath = ["a.xapi", "b.xapi"]\n')
    (folder / "a.xapi").write_text(
        "".join(json.dumps(statement(n, verb=f"{VERBS}/launched")) + "\n" for n in (1, 2)) + json.dumps(statement(3)) + "\n"
    )
    (folder / "b.xapi").write_text(json.dumps(void(4, 3)) + "\n" + json.dumps({**statement(5), "timestamp": "2026-03-32T00:00:00Z"}) + "\n"
                                   + json.dumps(statement(6)) + "\n")  # fmt: skip
    told = disputekit(folder, "register", "check", capsys=capsys).out
    assert "2 records passed over: http://adlnet.gov/expapi/verbs/launched: its verb records no completion" in told
    assert "1 records passed over: http://adlnet.gov/expapi/verbs/completed: another statement voids it" in told
    found = json.loads(disputekit(folder, "register", "check", "--format", "json", capsys=capsys).out)
    table = next(t for t in found["tables"] if t["table"] == "training")
    assert (table["rows_read"], table["rows_rejected"], sum(p["records"] for p in table["passed_over"])) == (2, 1, 4)
    assert [(r["file"], r["record"], r["line"]) for r in found["rejects"]] == [("b.xapi", 2, 2)]


def test_a_row_after_statements_that_are_none_keeps_the_number_of_its_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_project(
        tmp_path, packs=[], plugins=["training"], more='[plugins.training.courses]\nlaw = {}\n[register.training]\npath = "a.xapi"\n'
    )
    lines: list[Any] = [
        statement(1, verb=f"{VERBS}/launched"),
        "{no json",
        statement(2, who="E1", result={"score": {"raw": Decimal("1e20").__int__()}}),
    ]
    (folder / "a.xapi").write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
    found = json.loads(disputekit(folder, "register", "check", "--format", "json", capsys=capsys).out)["rejects"]
    assert [(r["record"], r["line"], r["column"]) for r in found] == [(3, 3, "score"), (2, 2, None)]

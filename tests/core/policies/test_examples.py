"""Examples of a pack: each is a register of its own, whatever stands beside it, and every mistake in them is told at once."""

from pathlib import Path
from types import MappingProxyType

import pytest
from tests.projects import control, write_pack

from disputekit.blocks import put_together
from disputekit.core import Core
from disputekit.errors import PackError
from disputekit.plugins import Plugins
from disputekit.policies.examples import Report, Result, run_examples
from disputekit.policies.model import Override
from disputekit.policies.packs import load_pack

BLOCKS = put_together(Plugins([("core", Core())]))
CALL = 'kind = "deadline"\nfrom = "received"\nto = "called"\nwithin = "10 days"'
HEAR = 'kind = "sequence"\nfirst = "heard"\nthen = "determined"'
RECEIVED = "dispute = { received_at = 2026-05-01T09:00:00 }"


def example(rest: str, id_: str = "CALL", as_of: str = "2026-06-01", name: str = "one") -> str:
    return f'[[example]]\ncontrol = "{id_}"\nname = "{name}"\nas_of = {as_of}\n{rest}\n'


def tried(folder: Path, *examples: str, controls: tuple[str, ...] = (control("CALL", CALL), control("HEAR", HEAR)), **overrides: Override) -> Report:
    write_pack(folder / "house", *controls)
    (folder / "house" / "examples.toml").write_text("".join(examples), encoding="utf-8")
    pack = load_pack(folder / "house", "", BLOCKS.kinds, list(BLOCKS.tables), MappingProxyType({"house": overrides}))
    return run_examples([pack], BLOCKS)


def only(report: Report) -> Result:
    (result,) = report.results
    return result


def event(activity: str, at: str) -> str:
    return f'{{ activity = "{activity}", occurred_at = {at} }}'


def test_an_example_that_comes_out_as_it_says_holds(tmp_path: Path) -> None:
    found = only(tried(tmp_path, example(f'expect = "fail"\nreason = "open"\ndue_on = 2026-05-11\n{RECEIVED}')))
    assert found.ok
    assert found.expected == found.found == "fail: open, due on 2026-05-11"


@pytest.mark.parametrize(("said", "found"), [
    ('expect = "pass"', "fail: open"),
    ('expect = "fail"\nreason = "late"', "fail: open"),
    ('expect = "fail"\ndue_on = 2026-05-10', "fail, due on 2026-05-11"),
])  # fmt: skip
def test_another_outcome_reason_or_due_day_than_stated_does_not_hold(said: str, found: str, tmp_path: Path) -> None:
    result = only(tried(tmp_path, example(f"{said}\n{RECEIVED}")))
    assert not result.ok
    assert result.found == found


def test_another_control_that_fails_on_the_facts_is_unexpected_unless_also_names_it(tmp_path: Path) -> None:
    facts = f'expect = "pass"\n{RECEIVED}\nevents = [{event("called", "2026-05-02")}, {event("determined", "2026-05-03")}]'
    report = tried(tmp_path, example(facts), example(f'also = ["HEAR"]\n{facts}'))
    assert [r.ok for r in report.results] == [False, True]
    assert report.results[0].found == "pass, but HEAR fails"


def test_examples_see_nothing_of_one_another(tmp_path: Path) -> None:
    called = f'expect = "pass"\n{RECEIVED}\nevents = [{event("called", "2026-05-02")}]'
    same_id = 'expect = "fail"\ndispute = { dispute_id = "D-1", received_at = 2026-05-01 }'
    also_same = f'expect = "pass"\ndispute = {{ dispute_id = "D-1", received_at = 2026-05-01 }}\nevents = [{event("called", "2026-05-02")}]'
    report = tried(tmp_path, example(called), example(f'expect = "fail"\n{RECEIVED}'), example(same_id), example(also_same))
    assert [r.ok for r in report.results] == [True] * 4


@pytest.mark.parametrize("column", ["customer_id", "group_id", "product"])
def test_examples_with_the_same_customer_group_or_product_are_counted_apart(column: str, tmp_path: Path) -> None:
    few = f'kind = "limit"\nmeasure = {{ of = "events.visited" }}\nper = "{column}"\nmax = 1'
    one = f'expect = "pass"\ndispute = {{ {column} = "7", received_at = 2026-05-01 }}\nevents = [{event("visited", "2026-05-02")}]'
    two = f'expect = "fail"\ndisputes = [{{ {column} = "7", received_at = 2026-05-01 }}]\nevents = [{{ {VISITED[0]} }}, {{ {VISITED[1]} }}]'
    report = tried(tmp_path, *(example(e, "FEW") for e in (one, one, two)), controls=(control("FEW", few),))
    assert [(r.ok, r.found) for r in report.results] == [(True, "pass"), (True, "pass"), (True, "fail")]


VISITED = ('activity = "visited", occurred_at = 2026-05-02', 'activity = "visited", occurred_at = 2026-05-03')


def test_what_everybody_is_judged_by_is_an_examples_own(tmp_path: Path) -> None:
    """The organisation's dates and events, its phases, and ends over whole tables: an example never sees those of another."""
    controls = (
        control("OWN", 'kind = "deadline"\nsubject = "organisation"\nfrom = "dissolution_approved"\nto = "told"\nwithin = "10 days"'),
        control("SINCE", 'kind = "deadline"\nfrom = "organisation.dissolution_approved"\nto = "called"\nwithin = "10 days"'),
        control("UNTIL", 'kind = "forbidden"\nsubject = "payments"\nactivity = "paid"\nuntil = { latest = ["disputes.closed_at"] }'),
        control("PHASE", 'kind = "condition"\nholds = "product = \'a\'"\napplies = { phase = ["run_off"] }'),
    )
    approved, told = (
        "wind_down = { dissolution_approved_on = 2026-05-%s }",
        'events = [{ subject = "organisation", activity = "told", occurred_at = %s }]',
    )
    phases = 'phases = [{ phase = "%s", starts_on = 2026-01-01 }]\ndispute = { product = "b", received_at = 2026-05-01 }'
    paid = "payment = { paid_at = 2026-05-15 }\ndispute = { received_at = 2026-05-01, closed_at = 2026-05-%s }"
    report = tried(
        tmp_path,
        example(f'expect = "pass"\n{approved % "01"}\n{told % "2026-05-11"}', "OWN"), example(f'expect = "fail"\n{approved % "02"}', "OWN"),
        example(f'expect = "fail"\n{approved % "01"}\n{told % "2026-05-12"}', "OWN"),
        example(f'expect = "pending"\n{approved % "25"}\n{RECEIVED}', "SINCE"), example(f'expect = "fail"\n{approved % "01"}\n{RECEIVED}', "SINCE"),
        example(f'expect = "fail"\n{paid % "20"}', "UNTIL"), example(f'expect = "pass"\n{paid % "10"}', "UNTIL"),
        example(f'expect = "fail"\n{phases % "run_off"}', "PHASE"), example(f'expect = "not_applicable"\n{phases % "filing_window"}', "PHASE"),
        controls=controls,
    )  # fmt: skip
    assert [(r.control, r.expected, r.found) for r in report.failed] == []
    assert len(report.results) == 9


def test_each_example_is_judged_on_its_own_day(tmp_path: Path) -> None:
    pending, late = f'expect = "pending"\n{RECEIVED}', f'expect = "fail"\n{RECEIVED}'
    report = tried(tmp_path, example(pending, as_of="2026-05-11"), example(late, as_of="2026-05-12"), example(pending, as_of="2026-05-11"))
    assert [r.ok for r in report.results] == [True] * 3


def test_coverage_is_all_unless_an_example_says_none_or_names_what_is_covered(tmp_path: Path) -> None:
    unknown = f'expect = "unknown"\nreason = "not covered"\n{RECEIVED}'
    report = tried(
        tmp_path, example(f'expect = "fail"\n{RECEIVED}'), example(f'{unknown}\ncoverage = "none"'),
        example(f"{unknown}\ncoverage = {{ heard = {{ from = 2020-01-01 }} }}"),
        example(f'expect = "fail"\n{RECEIVED}\ncoverage = {{ called = {{ from = 2020-01-01 }} }}'),
    )  # fmt: skip
    assert [r.found for r in report.results] == ["fail", "unknown: not covered", "unknown: not covered", "fail"]


def test_an_extract_of_before_the_due_day_is_stale(tmp_path: Path) -> None:
    result = only(tried(tmp_path, example(f'expect = "unknown"\nreason = "stale"\nextracted_at = 2026-05-11T20:00:00\n{RECEIVED}')))
    assert result.found == "unknown: stale"


def test_a_text_that_is_no_date_is_a_rejected_value(tmp_path: Path) -> None:
    facts = f'expect = "unknown"\nreason = "rejected value"\n{RECEIVED}\nevents = [{{ activity = "called", occurred_at = "2026-02-30" }}]'
    assert only(tried(tmp_path, example(facts))).found == "unknown: rejected value"


def test_a_parents_column_is_reached_without_naming_any_id(tmp_path: Path) -> None:
    motor = (control("CALL", f"{CALL}\nwhere = \"contract.line = 'motor'\""),)
    report = tried(tmp_path, example(f'expect = "fail"\n{RECEIVED}\ncontract = {{ line = "motor" }}'),
                   example(f'expect = "not_applicable"\n{RECEIVED}\ncontract = {{ line = "life" }}'),
                   example(f'expect = "unknown"\nreason = "condition"\n{RECEIVED}'), controls=motor)  # fmt: skip
    assert [r.found for r in report.results] == ["fail", "not_applicable", "unknown: condition"]


def test_a_row_of_a_table_without_a_key_can_be_judged(tmp_path: Path) -> None:
    positive = (control("HOURS", 'kind = "condition"\nsubject = "training"\nholds = "hours > 0"'),)
    rows = 'training = {{ staff_id = "S-1", course = "c", completed_at = 2026-05-01, hours = {hours} }}'
    report = tried(tmp_path, example('expect = "pass"\n' + rows.format(hours=2), "HOURS"),
                   example('expect = "fail"\n' + rows.format(hours=0), "HOURS"), controls=positive)  # fmt: skip
    assert [r.ok for r in report.results] == [True, True]


def test_the_organisations_dates_are_an_examples_own(tmp_path: Path) -> None:
    tell = (control("TELL", 'kind = "deadline"\nsubject = "organisation"\nfrom = "dissolution_approved_on"\nto = "announced"\nwithin = "10 days"'),)
    approved = "wind_down = { dissolution_approved_on = 2026-05-01 }"
    report = tried(tmp_path, example(f'expect = "fail"\n{approved}', "TELL"),
                   example(f'expect = "pass"\n{approved}\nevents = [{event("announced", "2026-05-05")}]', "TELL"), controls=tell)  # fmt: skip
    assert [r.ok for r in report.results] == [True, True]


def test_examples_test_the_pack_and_not_an_organisations_own_parameters(tmp_path: Path) -> None:
    parameter = '[parameters.soon]\ntitle = { zh = "期限", en = "Soon" }\nbasis = "practice"\nvalues = [{ value = "10 days" }]\n'
    controls = (parameter, control("CALL", CALL.replace("10 days", "$soon")))
    own = Override.model_validate({"value": "60 days"})
    assert only(tried(tmp_path, example(f'expect = "fail"\n{RECEIVED}'), controls=controls, soon=own)).ok


def test_what_no_example_expects_is_listed_for_each_control(tmp_path: Path) -> None:
    report = tried(tmp_path, example(f'expect = "fail"\n{RECEIVED}'))
    assert dict(report.untested) == {"CALL": ("pass", "unknown", "not_applicable"), "HEAR": ("pass", "fail", "unknown", "not_applicable")}


def test_a_pack_without_examples_is_untested_and_no_mistake(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control("CALL", CALL))
    report = run_examples([load_pack(tmp_path / "house", "", BLOCKS.kinds, list(BLOCKS.tables))], BLOCKS)
    assert report.results == ()
    assert list(report.untested) == ["CALL"]


def test_all_mistakes_of_a_file_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(PackError) as bad:
        tried(tmp_path, example(f'expect = "fail"\n{RECEIVED}', "CAL"), example(f'expect = "unknown"\nreason = "not cover"\n{RECEIVED}'),
              example('expect = "fail"\ndispute = { recieved_at = 2026-05-01, colour = "red" }'), example('expect = "fail"'),
              example(f'expect = "fails"\n{RECEIVED}'), example(f'expect = "fail"\n{RECEIVED}\nevnts = []'),
              example(f'expect = "fail"\n{RECEIVED}\nevents = [{{ activty = "x" }}]'))  # fmt: skip
    told = [str(p) for p in bad.value.problems]
    for words in (
        "house/examples.toml: example[1] CAL: no control 'CAL' in this pack. Did you mean 'CALL'?",
        "example[2] CALL: reason: unknown has no reason 'not cover'. Did you mean 'not covered'?",
        "example[3] CALL: dispute: no column 'colour'",
        "example[4] CALL: nothing to judge: dispute is missing",
        "example[5] CALL: expect",
        "example[6] CALL: no key 'evnts' here. Did you mean 'events'?",
        "example[7] CALL: events: no column 'activty'. Did you mean 'activity'?",
    ):
        assert any(words in t for t in told), (words, told)


PAY = 'kind = "deadline"\nfrom = "received"\nto = "paid"\nwithin = "10 days"'
WAIT = 'kind = "forbidden"\nactivity = "paid"\nfrom = "received"'
CONFLICT = """
[[conflicts]]
id = "pay-or-wait"
title = { zh = "冲突", en = "Pay or wait" }
between = ["PAY", "WAIT"]
phase = "filing"
decided_by = "opinion"
"""
FILING = f'conflict = "pay-or-wait"\nphases = [{{ phase = "filing", starts_on = 2026-05-01 }}]\n{RECEIVED}\n'
PAID = f"events = [{event('paid', '2026-05-20')}]\n"


def opinion(yields: str, more: str = "") -> str:
    return f'opinion = {{ yields = "{yields}", document = "x", given_on = 2026-01-01{more} }}\n'


def contrary(folder: Path, *examples: str, together: bool = True) -> Report:
    """The examples of a pack whose conflict is with a control of another one, with or without that one."""
    write_pack(folder / "house", control("WAIT", WAIT), CONFLICT)
    write_pack(folder / "other", control("PAY", PAY), id_="other")
    (folder / "house" / "examples.toml").write_text("".join(examples), encoding="utf-8")
    names = ("house", "other") if together else ("house",)
    return run_examples([load_pack(folder / n, "", BLOCKS.kinds, list(BLOCKS.tables)) for n in names], BLOCKS)


def test_an_example_about_a_conflict_judges_both_duties_whichever_pack_they_are_from(tmp_path: Path) -> None:
    report = contrary(
        tmp_path,
        example(f'expect = "unknown"\nreason = "conflict"\n{FILING}', "PAY"),
        example(f'expect = "unknown"\nreason = "conflict"\n{FILING}{PAID}', "WAIT"),
        example(f'expect = "not_applicable"\nreason = "yields"\n{opinion("PAY")}{FILING}', "PAY"),
        example(f'expect = "fail"\nreason = "happened"\n{opinion("PAY")}{FILING}{PAID}', "WAIT"),
        example(f'expect = "fail"\nreason = "late"\n{opinion("WAIT")}{FILING}{PAID}', "PAY"),
        example(f'expect = "unknown"\nreason = "conflict"\n{opinion("PAY", ", expires_on = 2026-05-31")}{FILING}', "PAY"),
        example(f'expect = "fail"\nreason = "open"\n{FILING.replace("05-01 }", "05-02 }")}', "PAY"),
        example(f'expect = "fail"\nreason = "happened"\n{RECEIVED}\n{PAID}', "WAIT", name="outside of any conflict"),
    )  # fmt: skip
    assert [(r.name, r.expected, r.found) for r in report.failed] == []
    assert dict(report.unshown) == {}
    assert report.untested["WAIT"] == ("pass", "unknown", "not_applicable")


def test_what_no_example_shows_of_a_conflict_is_listed(tmp_path: Path) -> None:
    report = contrary(tmp_path, example(f'expect = "unknown"\nreason = "conflict"\n{FILING}', "PAY"))
    assert report.unshown["pay-or-wait"] == (
        "that WAIT is undecided", "that a duty yields", "that the other duty is judged then", "that an opinion has expired",
        "that both are judged in another phase",
    )  # fmt: skip


@pytest.mark.parametrize(("rest", "id_", "says"), [
    (FILING, "PAY", "conflict: no pack that is enabled or offered has the control 'PAY'. Enable its pack to try the conflict"),
    (RECEIVED, "PAY", "no control 'PAY' in this pack"),
    (FILING.replace("pay-or", "pay-of"), "WAIT", "conflict: no conflict 'pay-of-wait' in this pack. Did you mean 'pay-or-wait'?"),
    (f"{RECEIVED}\n{opinion('PAY')}", "WAIT", "opinion: an opinion is about a conflict. Say which one with conflict = '…'"),
    (FILING + opinion("CALL"), "WAIT", "opinion: pay-or-wait isn't decided by such an opinion. Between: PAY, WAIT"),
])  # fmt: skip
def test_a_mistake_about_a_conflict_is_told(rest: str, id_: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(PackError) as bad:
        contrary(tmp_path, example(f'expect = "unknown"\n{rest}', id_), together=False)
    assert any(says in str(p) for p in bad.value.problems), bad.value.problems

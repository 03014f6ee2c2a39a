"""What lint finds in a pack that loads, and that it says nothing about a sound one."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.projects import control, disputekit, write_pack, write_project

from disputekit.blocks import blocks_of, packs_of
from disputekit.config import load_project
from disputekit.policies.lint import CHECKS, Report, lint

TODAY = date(2026, 6, 1)
FAILS = """\
[[example]]
control = "H-1"
name = "never closed"
as_of = 2026-06-01
expect = "fail"
dispute = { received_at = 2026-01-01 }
"""
LAW = """\
[instruments.act]
title = { zh = "办法", en = "The Measures" }
in_force = 2020-01-01
reviewed_on = 2026-05-01
"""
PARAMETER = """\
[parameters.days]
title = {{ zh = "期限", en = "Time" }}
basis = "{basis}"
values = [{{ {value} }}]
"""
LEGAL = PARAMETER.format(basis="law", value='from = 2020-01-01, value = "15 days", cite = "act art. 1"')
BY_PARAMETER = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "$days"'


def write(project: Path, *parts: str, examples: str = FAILS) -> Path:
    write_pack(write_project(project) / "house", *parts)
    (project / "house" / "examples.toml").write_text(examples, encoding="utf-8")
    return project


def linted(folder: Path, as_of: date = TODAY) -> Report:
    project = load_project(folder)
    blocks = blocks_of(project)
    return lint(packs_of(project, blocks), blocks, as_of, project)


def found(folder: Path, as_of: date = TODAY) -> list[tuple[str, str]]:
    """Which check found something, and where in the pack's file."""
    return [(f.check, f.problem.where.removeprefix("house/pack.toml: ")) for f in linted(folder, as_of).findings]


def test_nothing_is_found_in_a_sound_pack(tmp_path: Path) -> None:
    assert found(write(tmp_path, LAW, LEGAL, control(rest=BY_PARAMETER).replace('"practice"', '"law"\ncite = "act art. 1"'))) == []


@pytest.mark.parametrize("to", ["closd", "notices.decision.sent", "payments.benefit.paid"])
def test_a_milestone_that_occurs_nowhere_is_found(tmp_path: Path, to: str) -> None:
    report = linted(write(tmp_path, control(rest=f'kind = "deadline"\nfrom = "received"\nto = "{to}"\nwithin = "15 days"')))
    assert [(f.check, to in f.problem.what) for f in report.findings] == [("unknown-milestone", True)]


def test_the_name_that_was_probably_meant_is_the_hint(tmp_path: Path) -> None:
    examples = FAILS + 'events = [{ activity = "contacted", occurred_at = 2026-01-02 }]\n'
    report = linted(write(tmp_path, control(rest='kind = "required"\nfields = ["contcted"]\nwhen = "received"\nby = "2 days"'), examples=examples))
    assert [f.problem.hint for f in report.findings] == ["Did you mean 'contacted'?"]


@pytest.mark.parametrize("more", [
    'events = [{ activity = "contacted", occurred_at = 2026-01-02 }]', 'notices = [{ kind = "decision", sent_at = 2026-01-02 }]',
])  # fmt: skip
def test_a_milestone_of_an_example_is_known(tmp_path: Path, more: str) -> None:
    to = "contacted" if "contacted" in more else "notices.decision.sent"
    assert found(write(tmp_path, control(rest=f'kind = "deadline"\nfrom = "received"\nto = "{to}"\nwithin = "15 days"'), examples=FAILS + more)) == []


def test_a_milestone_that_is_a_column_of_an_example_is_known(tmp_path: Path) -> None:
    examples = FAILS.replace("2026-01-01 }", "2026-01-01, called_at = 2026-01-02 }")
    rest = 'kind = "deadline"\nfrom = "received"\nto = "{}"\nwithin = "15 days"'
    assert found(write(tmp_path, control(rest=rest.format("called")), examples=examples)) == []
    assert found(write(tmp_path, control(rest=rest.format("call")), examples=examples)) == [("unknown-milestone", "controls[1] H-1")]


def test_a_milestone_of_the_register_is_known(tmp_path: Path) -> None:
    rest = 'kind = "deadline"\nfrom = "received"\nto = "called"\nwithin = "15 days"'
    folder = write(tmp_path, control(rest=rest))
    assert found(folder) == [("unknown-milestone", "controls[1] H-1")]
    (folder / "events.csv").write_text("subject_id,activity,occurred_at\nD-1,called,2026-01-07T10:00:00\n", encoding="utf-8")
    with (folder / "disputekit.toml").open("a", encoding="utf-8") as file:
        file.write("[register.events]\npath = 'events.csv'\n")
    assert found(folder) == []


def test_a_milestone_that_is_a_column_of_another_table_only_is_found(tmp_path: Path) -> None:
    # creditor claims are filed; a dispute has no such column, so the name would stand for an event
    assert found(write(tmp_path, control(rest='kind = "deadline"\nfrom = "received"\nto = "filed"\nwithin = "15 days"'))) == [
        ("unknown-milestone", "controls[1] H-1")
    ]


def test_a_register_that_cant_be_read_is_told_and_the_pack_is_looked_at_all_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path, control(rest='kind = "deadline"\nfrom = "received"\nto = "called"\nwithin = "15 days"'))
    (folder / "disputes.csv").unlink()
    report = linted(folder)
    assert [f.check for f in report.findings] == ["unknown-milestone"]
    assert "disputes.csv" in str(report.unread[0])


def test_a_law_judged_by_house_practice_is_found(tmp_path: Path) -> None:
    practice = PARAMETER.format(basis="practice", value='value = "15 days"')
    lawful = control(rest=BY_PARAMETER).replace('"practice"', '"law"\ncite = "act art. 1"')
    assert found(write(tmp_path, LAW, practice, lawful)) == [("uncited-law", "controls[1] H-1: within")]


def test_practice_that_rests_on_a_value_of_the_law_without_citing_is_found(tmp_path: Path) -> None:
    assert found(write(tmp_path, LAW, LEGAL, control(rest=BY_PARAMETER))) == [("uncited-law", "controls[1] H-1: within")]
    assert found(write(tmp_path, LAW, LEGAL, control(rest=BY_PARAMETER + '\ncite = "act art. 1"'))) == []


@pytest.mark.parametrize(("old", "new"), [
    ('zh = "按期办结"', 'zh = "Close in time"'), ('zh = "按期办结"', 'zh = "On time"'), ('en = "Close it"', 'en = "Close 办结"'),
    ('zh = "规则包"', 'zh = "House rules"'), ('zh = "期限"', 'zh = "Time"'), ('zh = "办法"', 'zh = "Measures"'),
])  # fmt: skip
def test_a_text_that_isnt_translated_is_found_wherever_it_stands(tmp_path: Path, old: str, new: str) -> None:
    folder = write(tmp_path, LAW, LEGAL, control(rest=BY_PARAMETER + '\ncite = "act art. 1"'))
    file = folder / "house" / "pack.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert [f.check for f in linted(folder).findings] == ["untranslated"]


def test_an_instrument_is_due_for_review_after_180_days_and_not_before(tmp_path: Path) -> None:
    folder = write(tmp_path, LAW, control())
    assert found(folder, date(2026, 10, 28)) == []
    assert found(folder, date(2026, 10, 29)) == [("not-reviewed", "instruments.act")]
    assert found(folder, date(2026, 4, 30)) == [("not-reviewed", "instruments.act")]  # a day that is still to come, for a slip of the pen


def test_a_control_that_no_example_shows_failing_is_found_but_not_a_retired_one(tmp_path: Path) -> None:
    passes = FAILS.replace('"fail"', '"pass"')
    assert found(write(tmp_path / "a", control(), examples=passes)) == [("no-failing-example", "controls[1] H-1")]
    assert found(write(tmp_path / "b", control(rest=f'status = "retired"\n{BY_PARAMETER}'), LEGAL, LAW, examples="")) == []


def test_what_no_example_shows_of_a_conflict_is_found(tmp_path: Path) -> None:
    conflict = '[[conflicts]]\nid = "pay-or-wait"\ntitle = { zh = "冲突", en = "Conflict" }\nbetween = ["H-1", "CN-X"]\ndecided_by = "opinion"\n'
    folder = write(tmp_path, control(), conflict)
    assert set(found(folder)) == {("conflict-without-example", "conflicts pay-or-wait")}
    said = {str(f.problem.what) for f in linted(folder).findings}
    assert said == {f"no example shows that {what}" for what in (
        "H-1 is undecided", "CN-X is undecided", "a duty yields", "the other duty is judged then", "an opinion has expired")}  # fmt: skip


def test_two_controls_with_the_same_fields_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    twin = control("H-2").replace("按期办结", "及时办结").replace("Close it", "Do close it")
    folder = write(tmp_path, control(), twin, examples=FAILS + FAILS.replace("H-1", "H-2"))
    assert found(folder) == [("same-fields", "controls[2] H-2")]
    assert "H-1" in linted(folder).findings[0].problem.what
    other = write(tmp_path / "other", control(), twin.replace("15 days", "16 days"), examples=FAILS + FAILS.replace("H-1", "H-2"))
    assert found(other) == []


def test_two_packs_with_the_same_control_are_found_unless_their_parameters_differ(tmp_path: Path) -> None:
    folder = write_project(tmp_path, packs=["./house", "./other"])
    for name, id_, days in (("house", "H-1", "15 days"), ("other", "H-2", "15 days")):
        write_pack(folder / name, PARAMETER.format(basis="practice", value=f'value = "{days}"'), control(id_, BY_PARAMETER), id_=name)
        (folder / name / "examples.toml").write_text(FAILS.replace("H-1", id_), encoding="utf-8")
    assert [f.check for f in linted(folder).findings] == ["same-fields"]
    write_pack(folder / "other", PARAMETER.format(basis="practice", value='value = "16 days"'), control("H-2", BY_PARAMETER), id_="other")
    assert found(folder) == []


@pytest.mark.parametrize("rest", [BY_PARAMETER.replace("$days", "15 days") + '\nwhere = "TRUE"', 'kind = "condition"\nholds = "1 = 1"'])
def test_a_condition_that_reads_no_column_is_found(tmp_path: Path, rest: str) -> None:
    assert [check for check, _ in found(write(tmp_path, control(rest=rest)))] == ["reads-nothing"]


def test_a_pack_is_looked_at_as_it_is_written_whatever_the_organisation_sets(tmp_path: Path) -> None:
    cited = PARAMETER.format(basis="practice", value='value = "15 days", cite = "act art. 1"')
    folder = write(tmp_path, LAW, cited, control(rest=BY_PARAMETER).replace('"practice"', '"law"\ncite = "act art. 1"'))
    with (folder / "disputekit.toml").open("a", encoding="utf-8") as file:
        file.write("[parameters.house]\ndays = { value = '10 days' }\n")
    assert found(folder) == []


def test_a_condition_may_read_a_column_that_only_the_register_has(tmp_path: Path) -> None:
    folder = write(tmp_path, control(rest='kind = "condition"\nholds = "colour = \'red\'"'))
    (folder / "disputes.csv").write_text("dispute_id,received_at,colour\nD-1,2026-01-05T09:00:00,red\n", encoding="utf-8")
    assert found(folder) == []


def test_every_check_has_a_name_that_a_finding_can_be_looked_up_by() -> None:
    assert list(CHECKS) == [
        "unknown-milestone", "uncited-law", "untranslated", "not-reviewed", "no-failing-example", "conflict-without-example",
        "same-fields", "reads-nothing"
    ]  # fmt: skip


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_says_each_finding_in_one_line_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = disputekit(write(tmp_path, control(), examples=""), "policy", "lint", "--as-of", "2026-06-01", capsys=capsys)
    assert (said.code, said.out.splitlines()) == (1, [
        "house/pack.toml: controls[1] H-1: no example shows it failing. Add one with expect = 'fail' to examples.toml [no-failing-example]",
        "1 findings in 1 packs",
    ])  # fmt: skip


def test_the_command_exits_with_0_when_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = disputekit(write(tmp_path, control()), "policy", "lint", "house", capsys=capsys)
    assert (said.code, said.out.splitlines()) == (0, ["0 findings in 1 packs"])


def test_the_command_gives_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = disputekit(write(tmp_path, control(), examples=""), "policy", "lint", "--format", "json", capsys=capsys)
    assert [(r["check"], r["where"]) for r in json.loads(said.out)] == [("no-failing-example", "house/pack.toml: controls[1] H-1")]


Breaks = Callable[[Path], None]


@pytest.mark.parametrize(("arguments", "breaks", "words"), [
    (("huose",), lambda folder: None, "Did you mean 'house'?"),
    ((), lambda folder: (folder / "house" / "examples.toml").write_text("[[exampel]]\n"), "exampel"),
    ((), lambda folder: write_pack(folder / "house", control(rest='kind = "condition"\nholds = "colour = 1"')), "colour"),
    ((), lambda folder: write_project(folder, packs=()), "no pack is enabled"),
])  # fmt: skip
def test_what_couldnt_be_looked_at_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], breaks: Breaks, words: str
) -> None:
    folder = write(tmp_path, control())
    breaks(folder)
    said = disputekit(folder, "policy", "lint", *arguments, capsys=capsys)
    assert said.code == 2
    assert words in said.err


def test_a_plugin_that_fails_to_bring_its_part_isnt_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], install: Callable[..., str]
) -> None:
    name = install(
        "from disputekit import hookimpl\nclass Plugin:\n    @hookimpl\n    def register_policy_packs(self):\n        raise OSError('no disk')\n"
    )
    folder = write(tmp_path, control())
    toml = folder / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("enabled = []", f'enabled = ["{name}"]'), encoding="utf-8")
    said = disputekit(folder, "policy", "lint", capsys=capsys)
    assert said.code == 2
    assert "no disk" in said.err

"""Whatever a plugin does, the results of the others stand, its failure is in the assessment with its name, and the run doesn't pass."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from tests.core.policies.test_packs import PARAMETER
from tests.projects import DEADLINE, Said, assessment, check, control, write_pack, write_project

from disputekit.assess import assess, run_of
from disputekit.blocks import blocks_of, packs_of
from disputekit.config import load_project
from disputekit.plugins import HOOKS

Install = Callable[..., str]
HEAD = """
from disputekit import *
from disputekit.outcomes import Verdict
TITLE = Text(zh="检查", en="A check")
"""
COMMON = "title=TITLE, severity='high', basis='practice', remedy=TITLE, reads=Reads('disputes')"
GOOD = "sql.fill(\"select subject, 'pass' as verdict from $source\", source=sql.subjects().subquery('s'))"


def checked(folder: Path, install: Install, capsys: pytest.CaptureFixture[str], *sources: str) -> tuple[list[str], Said]:
    """`check` over a project with a plugin of each source, and one control of the house's pack: the plugins' names and what is said."""
    names = [install(HEAD + source) for source in sources]
    project = write_project(folder, plugins=names)
    write_pack(project / "house", control())
    return names, check(project, capsys=capsys)


def others_stand(folder: Path) -> Any:
    """The manifest, in which the house's control came to what it comes to without the plugin."""
    manifest = assessment(folder)
    (mine,) = [c for c in manifest["controls"] if c["id"] == "H-1"]
    assert mine["tallies"] == [{"outcome": "fail", "reason": "open", "subjects": 2}, {"outcome": "pass", "reason": "", "subjects": 1}]
    assert mine["error"] is None
    return manifest


def body(hook: str, *lines: str) -> str:
    run = ", run" if hook in HOOKS[HOOKS.index("training_records") :] else ""
    return f"class Plugin:\n    @hookimpl\n    def {hook}(self{run}):\n" + "".join(f"        {line}\n" for line in lines)


FAILING = {
    "raises": ("raise RuntimeError('hostile')",),
    "raises after yielding": ("yield object()", "raise RuntimeError('hostile')"),
    "exits": ("raise SystemExit(0)",),
    "gives a number": ("return 5",),
    "gives a text": ("return 'checks'",),
    "gives a list of nothings": ("return [None]",),
    "gives another type": ("return [TITLE]",),
    "gives a class": ("return [Check]",),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_fails_is_an_error_of_the_assessment_with_the_plugins_name(
    hook: str, tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    names, said = checked(tmp_path, install, capsys, *(body(hook, *lines) for lines in FAILING.values()))
    assert said.code == 2
    errors = others_stand(tmp_path)["errors"]
    assert {(e["plugin"], e["where"]) for e in errors} == {(name, hook) for name in names}


def test_a_hook_may_give_nothing(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = checked(tmp_path, install, capsys, *(body(hook, "return None") for hook in HOOKS))
    assert said.code == 1
    assert others_stand(tmp_path)["errors"] == []


@pytest.mark.parametrize(
    ("decorator", "hook", "words"),
    [
        ("@hookimpl(wrapper=True)", "risk_points", "a hook can't be a wrapper nor ask to be called first or last"),
        ("@hookimpl(tryfirst=True)", "risk_points", "a hook can't be a wrapper nor ask to be called first or last"),
        ("", "risk_points", "has a hook's name but isn't marked. Write @hookimpl above it"),
        ("@hookimpl", "risk_point", "no hook 'risk_point'. Did you mean 'risk_points'?"),
        ("@hookimpl", "risk_points", "Argument(s) {'db'} are declared in the hookimpl but can not be found in the hookspec"),
    ],
)
def test_a_hook_that_breaks_the_rules_stops_the_run_before_it_begins(
    decorator: str, hook: str, words: str, tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    argument = ", db" if "Argument" in words else ""
    (name,), said = checked(tmp_path, install, capsys, f"class Plugin:\n    {decorator}\n    def {hook}(self{argument}):\n        yield\n")
    assert (said.code, len(said.lines)) == (2, 1)
    assert said.err.startswith(f"{name}: ")
    assert words in said.err
    assert not (tmp_path / "assessments").exists()


# ── checks that are well described and do wrong ──


def coded(query: str, common: str = COMMON, id_: str = "P-1") -> str:
    return body("regulatory_checks", "def query(sql):", f"    {query}", f"yield Check(id={id_!r}, query=query, {common})")


S = "s=sql.subjects().subquery('s'))"
WRONG_QUERIES = (
    (f'return sql.fill("select subject from $s", {S}', "its query gives no verdict"),
    (f"return sql.fill(\"select subject, 'fine' as verdict from $s\", {S}", "no such outcome: 'fine'"),
    (f'return sql.fill("select subject, null as verdict from $s", {S}', "without a verdict"),
    (f"return sql.fill(\"select subject, 'pass' as verdict from $s, range(2)\", {S}", "6 of 3 subjects"),
    (f"return sql.fill(\"select subject, error('boom') as verdict from $s\", {S}", "boom"),
    ("return sql.fill(\"select subject, 'pass' as verdict from no_such_table\")", "no_such_table"),
    ("return sql.fill(\"select content as subject, 'pass' as verdict from read_text('/etc/hostname')\")", "disabled"),
    ("return sql.column_of('subject')", ""),
    ("return None", ""),
    ("return 'select 1'", ""),
    ("raise RuntimeError('hostile')", "raised RuntimeError: hostile"),
)


def test_a_check_that_does_wrong_is_unknown_for_everybody_and_an_error_with_its_plugins_name(
    tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    names, said = checked(tmp_path, install, capsys, *(coded(query, id_=f"P-{n}") for n, (query, _) in enumerate(WRONG_QUERIES)))
    assert said.code == 2
    manifest = others_stand(tmp_path)
    assert [(e["plugin"], e["where"]) for e in manifest["errors"]] == [(name, f"P-{n}") for n, name in enumerate(names)]
    for error, (_, words) in zip(manifest["errors"], WRONG_QUERIES, strict=True):
        assert words in error["what"]
    for mine in manifest["controls"][1:]:
        assert mine["tallies"] == [{"outcome": "unknown", "reason": "error", "subjects": 3}]


@pytest.mark.parametrize(
    ("hook", "line"),
    [
        ("regulatory_checks", f"yield Check(id='P-1', query=lambda sql: exit(0), {COMMON})"),
        ("risk_points", "yield RiskDetector('P-1', TITLE, Reads('disputes'), lambda sql: exit(0), lambda rows, run: [])"),
        ("emergency_triggers", "yield EmergencyTrigger('P-1', TITLE, 'plan', lambda situation, run: exit(0))"),
    ],
)
def test_an_exit_in_the_middle_of_the_run_does_not_pass_for_a_clean_bill(
    hook: str, line: str, tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,), said = checked(tmp_path, install, capsys, body(hook, line))
    assert said.code == 2
    (error,) = others_stand(tmp_path)["errors"]
    assert (error["plugin"], error["where"]) == (name, "P-1")
    assert "raised SystemExit" in error["what"]


def test_a_description_with_a_field_of_the_wrong_type_is_its_plugins_error(
    tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    names, said = checked(
        tmp_path, install, capsys,
        coded("return None", COMMON.replace("TITLE", "'A check'", 1)),
        coded("return None", COMMON.replace("Reads('disputes')", "None")),
        coded("return None", COMMON.replace("Reads('disputes')", "Reads('disputes', columns='cause')")),
        coded("return None", COMMON.replace("'high'", "'severe'")),
        coded("return None", id_="../../escape"),
        coded("return None").replace("query=query", "query='select 1'"),
        body("risk_points", "yield RiskDetector('r', TITLE, Reads('disputes'), None, None)"),
        body("emergency_triggers", "yield EmergencyTrigger('t', TITLE, 5, lambda *a: [])"),
        body("evaluation_exports", "yield EvaluationExport('../../out', TITLE, lambda *a: None)"),
        body("report_sections", "yield ReportSection('s', TITLE, 'make')"),
        body("register_policy_packs", "yield PolicyPacks('folder')"),
        body("register_rule_kinds", "yield RuleKind('k', dict, None, None)"),
        body("training_records", "yield TrainingRecords('disputes', None)"),
    )  # fmt: skip
    assert said.code == 2
    assert sorted(e["plugin"] for e in others_stand(tmp_path)["errors"]) == sorted(names)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (coded("return None", COMMON.replace("'disputes'", "'dispute'")), "Did you mean 'disputes'?"),
        (coded("return None", COMMON.replace("Reads('disputes')", "Reads('disputes', columns=('chanel',))")), "no column 'chanel'"),
        (coded("return None", COMMON + ", where=\"chanel = 'x'\""), "no column 'chanel'"),
        (coded("return None", id_="H-1"), "same id"),
    ],
)
def test_a_check_that_names_what_does_not_exist_is_told_like_a_control_of_a_pack(
    source: str, words: str, tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,), said = checked(tmp_path, install, capsys, source)
    assert (said.code, len(said.lines)) == (2, 1)
    assert said.err.startswith(f"{name}: ")
    assert words in said.err


DETECTOR = "yield RiskDetector('r', TITLE, Reads('disputes'), lambda sql: {aggregate}, lambda rows, run: {judge})"
TRIGGER = "yield EmergencyTrigger('t', TITLE, 'plan', lambda situation, run: {fires})"
ROWS = "sql.fill('select count(*) as n from $s', s=sql.subjects().subquery('s'))"


def test_a_detector_or_trigger_that_fails_is_an_error_and_not_a_portfolio_without_risks(
    tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        ("risk_points", DETECTOR.format(aggregate="1 / 0", judge="[]")),
        ("risk_points", DETECTOR.format(aggregate="None", judge="[]")),
        ("risk_points", DETECTOR.format(aggregate=ROWS, judge="1 / 0")),
        ("risk_points", DETECTOR.format(aggregate=ROWS, judge="5")),
        ("risk_points", DETECTOR.format(aggregate=ROWS, judge="[{'kind': 'x'}]")),
        ("risk_points", DETECTOR.format(aggregate=ROWS, judge="rows[0].update(n=1)")),
        ("emergency_triggers", TRIGGER.format(fires="1 / 0")),
        ("emergency_triggers", TRIGGER.format(fires="None")),
        ("emergency_triggers", TRIGGER.format(fires="['now']")),
        ("emergency_triggers", TRIGGER.format(fires="situation.tallies['H-1'].update({'fail': 0})")),
    ]
    sources = [body(hook, line.replace("'r'", f"'x-{n}'").replace("'t'", f"'x-{n}'")) for n, (hook, line) in enumerate(lines)]
    names, said = checked(tmp_path, install, capsys, *sources)
    assert said.code == 2
    assert [(e["plugin"], e["where"]) for e in others_stand(tmp_path)["errors"]] == [(name, f"x-{n}") for n, name in enumerate(names)]


def test_the_same_plugin_without_its_mistake_leaves_the_run_clean(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    source = coded("return " + GOOD) + body("risk_points", DETECTOR.format(aggregate=ROWS, judge="[]")).partition("\n")[2]
    source += body("emergency_triggers", TRIGGER.format(fires="[]")).partition("\n")[2]
    _, said = checked(tmp_path, install, capsys, source)
    assert said.code == 1, said.err
    manifest = others_stand(tmp_path)
    assert manifest["errors"] == []
    assert [c["tallies"] for c in manifest["controls"] if c["id"] == "P-1"] == [[{"outcome": "pass", "reason": "", "subjects": 3}]]


# ── the run that every plugin sees ──


def parts(value: object, path: str = "run") -> list[tuple[str, object]]:
    """Everything that can be reached from a value by attributes and items."""
    found: list[tuple[str, object]] = [(path, value)]
    if isinstance(value, BaseModel):
        inner: list[tuple[str, object]] = [(f".{n}", getattr(value, n)) for n in type(value).model_fields]
    elif dataclasses.is_dataclass(value):
        inner = [(f".{f.name}", getattr(value, f.name)) for f in dataclasses.fields(value)]
    elif isinstance(value, Mapping):
        inner = [(f"[{k!r}]", v) for k, v in value.items()]
    elif isinstance(value, tuple):
        inner = [(f"[{i}]", v) for i, v in enumerate(value)]
    else:
        inner = []
    for step, v in inner:
        found += parts(v, path + step)
    return found


def test_no_part_of_the_run_can_be_changed(tmp_path: Path) -> None:
    project_folder = write_project(
        tmp_path, more="[wind_down]\ndissolution_approved_on = 2026-01-01\n[parameters.house]\nclose = { value = '9 days' }\n"
    )
    write_pack(tmp_path / "house", PARAMETER, control("A", DEADLINE.replace("15 days", "$close")),
               control("B", 'kind = "vocabulary"\ncolumn = "channel"\nvalues = ["phone"]'))  # fmt: skip
    project = load_project(project_folder)
    run = run_of(project, packs_of(project, blocks_of(project)), date(2026, 2, 1), None, None)
    reached = parts(run)
    assert {"run.controls[0].rule.title", "run.parameters['house']['close'].values[0]", "run.organisation.wind_down['dissolution_approved_on']"} <= {
        path for path, _ in reached
    }
    for path, part in reached:
        assert not isinstance(part, (list, dict, set, bytearray)), f"{path} can be changed in place"
        if isinstance(part, Mapping):
            with pytest.raises(TypeError):
                part["new"] = 1  # type: ignore[index]
        names = dataclasses.fields(part) if dataclasses.is_dataclass(part) else ()
        fields = [*type(part).model_fields] if isinstance(part, BaseModel) else [f.name for f in names]
        for name in fields:
            with pytest.raises((AttributeError, TypeError, ValueError)):
                setattr(part, name, None)


def test_an_assessment_is_the_same_with_a_plugin_that_tries_to_change_the_run(tmp_path: Path, install: Install) -> None:
    name = install(HEAD + body("risk_points", "run.controls[0].rule.title.en = 'nothing'", "return []"))
    project = write_project(tmp_path, plugins=[name])
    write_pack(project / "house", control())
    manifest = assess(load_project(project), date(2026, 2, 1), tmp_path / "out")
    assert manifest.controls[0].title.en == "Close in time"
    assert [e.plugin for e in manifest.errors] == [name]

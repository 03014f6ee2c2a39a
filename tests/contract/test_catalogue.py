"""Whatever disputekit says, it can say in Chinese; and what is said is what was written in the catalogue."""

import ast
import re
import string
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from tests.projects import Said, control, write_pack, write_project

from disputekit import catalogue
from disputekit.assessment.difference import Compared
from disputekit.assessment.manifest import CoverageUsed, DispositionUsed, Unchecked, WaiverUsed
from disputekit.cli import main
from disputekit.outcomes import OUTCOMES, REASONS
from disputekit.policies.model import SEVERITIES, Unit
from disputekit.text import speaker

PO = catalogue.LOCALE / "zh" / "LC_MESSAGES" / "disputekit.po"
ONLY_GAPS = ("{item}: {field} is {found}",)
"""Templates with next to nothing outside their gaps, as those without any letter there: their translations need no Chinese of their own."""
DYNAMIC = ("severity", "bearer", "status", "state", "outcome", "reason", "number", "basis", "template")
"""Words that are said by way of a variable or a field of this name: `catalogue.words` has them all."""
HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"(?:\b[A-Za-z’']+ ){3}[A-Za-z’']+\b")
Zh = Callable[..., Said]


@cache
def translated() -> dict[str, str]:
    return catalogue.translations(PO)


def gaps(template: str) -> set[tuple[str, str | None, str | None]]:
    return {(name, form, conversion) for _, name, form, conversion in string.Formatter().parse(template) if name is not None}


def letters(template: str) -> str:
    """What a template says outside of its gaps, but for punctuation."""
    return "".join(c for text, *_ in string.Formatter().parse(template) for c in text if c.isalpha())


@pytest.mark.parametrize("template", catalogue.templates())
def test_every_phrase_has_a_chinese_translation_with_the_same_gaps(template: str) -> None:
    assert template in translated(), "run `python -m disputekit.catalogue`, fill the empty msgstr in the .po, and run it again"
    chinese = translated()[template]
    assert HAN.search(chinese) or template in ONLY_GAPS or not letters(template), chinese
    assert gaps(chinese) == gaps(template)


def test_nothing_that_isnt_said_any_more_is_in_the_catalogue() -> None:
    assert sorted(translated().keys() - catalogue.templates().keys()) == []
    assert "#~" not in PO.read_text("utf-8")
    assert "#, fuzzy" not in PO.read_text("utf-8")


def test_what_is_read_at_run_time_is_what_the_catalogue_compiles_to() -> None:
    assert PO.with_suffix(".mo").read_bytes() == catalogue.compiled(PO), "run `python -m disputekit.catalogue`"


def test_every_entry_is_read_back_from_the_compiled_catalogue_as_it_was_written() -> None:
    said = speaker("zh")
    assert {t: said(t) for t in translated()} == translated()


def vocabulary() -> Iterator[str]:
    yield from SEVERITIES
    yield from OUTCOMES
    for reasons in REASONS.values():
        yield from reasons
    for model, field in ((Unchecked, "status"), (CoverageUsed, "basis"), (WaiverUsed, "state"), (DispositionUsed, "state"), (Compared, "state")):
        yield from leaves(model.model_fields[field].annotation)
    yield from get_args(Unit)


def leaves(annotation: object) -> Iterator[str]:
    for argument in get_args(annotation):
        if isinstance(argument, str):
            yield argument
        else:
            yield from leaves(argument)


@pytest.mark.parametrize("word", dict.fromkeys(vocabulary()))
def test_every_word_of_the_vocabulary_is_said_in_chinese(word: str) -> None:
    assert HAN.search(speaker("zh")(word)), word


def code() -> Iterator[tuple[str, ast.Call]]:
    for _, folder in catalogue.SOURCES:
        for path in sorted(folder.rglob("*.py")):
            yield from ((f"{path.name}:{n.lineno}", n) for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))


def says(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"


def test_only_words_of_the_vocabulary_are_said_by_way_of_a_variable() -> None:
    calls = [(at, call.args[0]) for at, call in code() if says(call) and not list(catalogue.said_in(ast.unparse(call)))]
    named = [(at, a.id if isinstance(a, ast.Name) else a.attr if isinstance(a, ast.Attribute) else ast.unparse(a)) for at, a in calls]
    assert [(at, name) for at, name in named if name not in DYNAMIC] == []
    assert len(named) >= 3


def test_a_chinese_sentence_that_a_hint_follows_ends_as_one() -> None:
    open_ended = []
    for at, call in code():
        for what, hint in zip(call.args, call.args[1:], strict=False):
            follows = says(hint) or (isinstance(hint, ast.Call) and isinstance(hint.func, ast.Name) and hint.func.id == "nearest")
            if says(what) and follows:
                open_ended += [(at, t) for t in catalogue.said_in(ast.unparse(what)) if not translated().get(t, "。").endswith(("。", "？"))]
    assert open_ended == []


def test_a_phrase_inside_an_f_string_is_collected() -> None:
    assert list(catalogue.said_in("x = f\"{said(say('one'))}: {say('two {n}', n=1)}\"\ny = say('three '\n  'four')\nz = say('a' if x else 'b')")) == [
        "one", "two {n}", "three four", "a", "b"]  # fmt: skip


def test_collecting_again_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "zh" / "LC_MESSAGES" / PO.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(PO.read_bytes())
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    assert catalogue.main([]) == 0
    assert copy.read_bytes() == PO.read_bytes(), "run `python -m disputekit.catalogue`"
    assert copy.with_suffix(".mo").read_bytes() == PO.with_suffix(".mo").read_bytes()


def test_what_isnt_translated_yet_is_named_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "zh" / "LC_MESSAGES" / PO.name
    copy.parent.mkdir(parents=True)
    copy.write_text(PO.read_text("utf-8").replace('msgstr "打开数据来源"', 'msgstr ""'), encoding="utf-8")
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    assert catalogue.main(["missing"]) == 1
    assert capsys.readouterr().out == "zh: Opening the sources\n"


@pytest.fixture
def zh(capsys: pytest.CaptureFixture[str]) -> Zh:
    """Runs a command in Chinese."""

    def run(*arguments: str | Path) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(["--language", "zh", *map(str, arguments)])
        capture = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, capture.out, capture.err)

    return run


def chinese(text: str) -> None:
    assert HAN.search(text)
    assert ENGLISH.search(text) is None, text


def test_the_summary_of_a_check_is_chinese(zh: Zh, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    gone = control("H-2", 'kind = "deadline"\nfrom = "received"\nto = "events.withdrawn.occurred"\nwithin = "15 days"')
    write_pack(project / "house", control(), gone)
    said = zh("-p", project, "check", "--as-of", "2026-02-01")
    assert said.code in (1, 2)
    assert "不合规" in said.out
    assert "未能检查" in said.out
    chinese(said.out + said.err)


def test_the_demo_is_chinese(zh: Zh, tmp_path: Path) -> None:
    said = zh("demo", "--out", tmp_path / "demo", "--disputes", "600")
    assert said.code == 0
    assert "未检查的内容和所作的假定" in said.out
    chinese(said.out)
    chinese(said.err)


def test_the_list_of_plugins_is_chinese(zh: Zh, tmp_path: Path) -> None:
    said = zh("-p", write_project(tmp_path / "p", packs=(), plugins=("regulatory",)), "plugin", "list")
    assert "已启用" in said.out
    chinese(said.out)


def test_looking_at_the_register_is_chinese(zh: Zh, tmp_path: Path) -> None:
    said = zh("-p", write_project(tmp_path / "p", packs=()), "register", "check")
    assert said.code == 0
    assert "disputes（争议）：读取 3 行" in said.out
    chinese(said.out)


def test_why_a_cell_of_the_register_cant_be_read_is_said_in_chinese(zh: Zh, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", packs=())
    (project / "disputes.csv").write_text("dispute_id,received_at,amount_claimed\nD-1,2026-01-05T09:00:00,much\nD-2,2026-02-30T09:00:00,1\n", "utf-8")
    said = zh("-p", project, "register", "check")
    assert said.code == 1
    assert "不是存在的时刻" in said.out
    chinese(said.out)


MISTAKES = {
    "no column 'recieved_at' here": ("house", 'kind = "deadline"\nfrom = "recieved"\nto = "closed"\nwithin = "15 days"'),
    "a condition that compares unlike things": (
        "house",
        'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "15 days"\nwhen = "cause = 3"',
    ),
    "another type": ("house", 'kind = "deadline"\nfrom = 3\nto = "closed"\nwithin = "15 days"'),
    "no such kind": ("house", 'kind = "dedline"'),
    "no such pack": ("hose", ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_chinese(mistake: str, zh: Zh, tmp_path: Path) -> None:
    name, rest = MISTAKES[mistake]
    project = write_project(tmp_path / "p", packs=(f"./{name}",))
    write_pack(project / "house", *([control(rest=rest)] if rest else []))
    said = zh("-p", project, "check", "--as-of", "2026-02-01")
    assert said.code == 2
    chinese(said.err or said.out)


def test_a_missing_project_is_told_in_chinese(zh: Zh, tmp_path: Path) -> None:
    said = zh("-p", tmp_path / "nowhere", "check")
    assert said.code == 2
    assert "没有这个文件。" in said.err
    chinese(said.err)

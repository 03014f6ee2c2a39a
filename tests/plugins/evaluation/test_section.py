"""What the report says of history, completeness and handing over, and that what isn't known isn't said to be well."""

import re
from html import unescape
from pathlib import Path

import pytest
from tests.plugins.evaluation.test_vanished import GONE, LEDGER
from tests.projects import control, write_pack, write_project

TOTALS = "source,period,theirs,ours,explained,explained_by\ncourt,2025-12,5,4,,\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("section") / "project"
    more = "[plugins.evaluation.completeness]\nsources = ['court', 'hotline']\nsince = 2025-12-01\n[register.reconciliations]\npath = 'totals.csv'\n"
    write_project(folder, plugins=("evaluation",), more=more)
    write_pack(folder / "house", control())
    (folder / "totals.csv").write_text(TOTALS)
    return folder


def reported(project: Path, day: str, ledger: str, language: str = "en") -> str:
    """The text of the section in the report of a check."""
    from disputekit.cli import main

    (project / "disputes.csv").write_text(ledger, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["--project", str(project), "--language", language, "check", "--as-of", day, "--replace"])
    text = (project / "assessments" / day / "report.html").read_text("utf-8")
    text = re.sub(r"<(style|script).*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))
    title = "For an assessor: history, completeness, what could be handed over" if language == "en" else "第三方评估：历史、完整性与可移交内容"
    assert title in text
    return text.rsplit(title, 1)[1]


def test_the_first_of_a_chain_says_that_nothing_is_known_of_what_changed(project: Path) -> None:
    text = reported(project, "2026-01-25", LEDGER)
    assert "It is the first of its chain" in text
    assert "Not evaluated, so that nothing is known of it: EVAL-VANISHED" in text


def test_days_without_a_check_changed_facts_and_what_is_missing_are_told(project: Path) -> None:
    reported(project, "2026-01-25", LEDGER)
    later = GONE.replace("DISP-2,2026-01-06T09:00:00,", "DISP-2,2026-01-06T09:00:00,2026-01-24T09:00:00")
    text = reported(project, "2026-01-28", later)
    assert "Days without a check since the assessment before 2 " in text
    assert "Findings whose facts changed afterwards 1 " in text
    assert re.search(r"H-1 DISP-2 [a-z_, ]*done_at", text)
    assert re.search(r"EVAL-VANISHED DISP-1 \w", text)
    assert "EVAL-RECONCILED totals.csv:1" in text
    assert "court 2025-12: 4.00" in text
    assert "Files that the register was read from 3 " in text


def test_it_is_told_in_chinese(project: Path) -> None:
    text = reported(project, "2026-01-29", GONE, "zh").split("数据质量")[0]
    assert "disputekit export" in text
    assert not re.findall(r"[A-Z][a-z]+ [a-z]+ [a-z]+", text)

"""The demo's report shows what set the plans off, in both languages; the assessment holds it; and what wasn't watched stands there, too."""

import json
from pathlib import Path

import pytest
from tests.projects import disputekit

from disputekit.demo import write_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("demo"), seed=1, disputes=300).folder


def test_the_report_of_the_demo_shows_what_set_the_plans_off_in_both_languages(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert disputekit(demo, "check", "--as-of", "2026-06-30", "--no-report", capsys=capsys).code == 1
    manifest = json.loads((demo / "assessments" / "2026-06-30" / "assessment.json").read_text("utf-8"))
    caused = {f["plan"]: f["facts"] for f in manifest["firings"]}
    assert caused["CN-CMP-29"]["count"] == 23 and caused["CN-CIR-4H"]["cause"] == "I-2026-02"
    for language, words in (
        ("zh", ("应急预案", "触发预案的原因", "重大消费投诉（群体性投诉）应急预案", "4 小时", "没有预案的高风险", "G-2026-01", "草案")),
        (
            "en",
            (
                "Emergency plans",
                "What set a plan off",
                "Major complaint: a group complaint in person",
                "4 hours",
                "High risks without a plan",
                "G-2026-01",
                "draft",
            ),
        ),
    ):
        out = demo / f"report-{language}.html"
        assert disputekit(demo, "report", "-l", language, "--out", str(out), capsys=capsys).code == 0
        html = out.read_text("utf-8")
        assert [w for w in words if w not in html] == []
    assert not (demo / "emergency.sqlite").exists(), "neither check nor report activates anything"

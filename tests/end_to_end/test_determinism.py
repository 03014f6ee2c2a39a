"""The same inputs give the same bytes: whatever the threads, the hash seed, the memory, the folder and the hour."""

import shutil
from pathlib import Path

import pytest
from tests.end_to_end.running import digests, ended, manifest, started

AS_OF = "2026-06-30"
RUNS = {
    "one thread": (("--threads", "1"), "0"),
    "two threads": (("--threads", "2"), "1"),
    "four threads": (("--threads", "4"), "random"),
    "four threads again, and little memory": (("--threads", "4", "--memory-limit", "200MB"), "random"),
}


@pytest.fixture(scope="module")
def assessments(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An assessment of the demo for each way to run it, each by a process of its own; one of them of a copy elsewhere."""
    out = tmp_path_factory.mktemp("assessments")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "次年" / "a much longer name for the same project"
    shutil.copytree(demo, elsewhere)
    wanted = [(name, demo, options, seed) for name, (options, seed) in RUNS.items()] + [("elsewhere", elsewhere, (), "random")]
    found: dict[str, Path] = {}
    for pair in (wanted[i : i + 2] for i in range(0, len(wanted), 2)):
        runs = {}
        for name, project, options, seed in pair:
            found[name] = out / name / "assessment"
            runs[name] = started(
                "--project", project, "check", "--as-of", AS_OF, "--out", found[name], *options, env={"PYTHONHASHSEED": seed}
            )  # fmt: skip
        for name, process in runs.items():
            assert ended(process).code == 1, name
    return found


@pytest.mark.parametrize("name", [*list(RUNS)[1:], "elsewhere"])
def test_the_same_inputs_give_the_same_bytes(name: str, assessments: dict[str, Path]) -> None:
    first = digests(assessments["one thread"])
    assert digests(assessments[name]) == first
    assert {"assessment.json", "calendar.parquet", "rejects.parquet", "queries/00_register.sql", "queries/01_facts_disputes.sql"} <= set(first)
    assert sum(n.startswith("findings/") for n in first) == len(manifest(assessments["one thread"])["controls"]) > 40


def test_no_file_names_the_folder_or_the_hour(assessments: dict[str, Path]) -> None:
    folder = assessments["elsewhere"]
    written = [p for p in folder.rglob("*") if p.suffix in (".json", ".sql") and p.name != "run.json"]
    assert len(written) > 40
    for file in written:
        assert "a much longer name" not in file.read_text("utf-8"), file
        assert "/tmp/" not in file.read_text("utf-8"), file
    assert "started" in (folder / "run.json").read_text("utf-8")

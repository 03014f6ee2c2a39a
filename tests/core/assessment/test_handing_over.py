"""Exports: each plugin's part by itself; what fails is told, and no half of it is handed over."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.projects import control, write_pack, write_project

from disputekit.assess import assess, run_of
from disputekit.assessment.handing_over import run_exports
from disputekit.assessment.manifest import Manifest
from disputekit.config import load_project
from disputekit.extension import EvaluationExport
from disputekit.plugins import Given
from disputekit.run import Run
from disputekit.text import Text

TITLE = Text(zh="部分", en="Part")
Made = tuple[Manifest, Run, Path]


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = write_project(tmp_path_factory.mktemp("project"))
    write_pack(folder / "house", control())
    project, day = load_project(folder), date(2026, 2, 1)
    return assess(project, day, folder / "out"), run_of(project, (), day, None, None), folder / "out"


def export(write: Callable[[Path, Path, Run], None], name: str = "part") -> EvaluationExport:
    return EvaluationExport(name, TITLE, write)


def test_an_export_gets_an_empty_folder_and_the_core_hashes_what_lies_there(assessed: Made, tmp_path: Path) -> None:
    _, run, folder = assessed
    seen: list[list[Path]] = []

    def write(assessment: Path, mine: Path, run: Run) -> None:
        seen.append(list(mine.iterdir()))
        (mine / "deep").mkdir()
        (mine / "deep" / "a.txt").write_bytes((assessment / "assessment.json").read_bytes())
        (mine / "b.txt").write_text("b")

    (handed,), failures = run_exports(folder, tmp_path / "out", run, [Given("p", export(write))])
    assert (seen, failures) == ([[]], ())
    assert (handed.plugin, handed.name, handed.title) == ("p", "part", TITLE)
    assert dict(handed.files) == {"b.txt": hashlib.sha256(b"b").hexdigest(),
                                  "deep/a.txt": hashlib.sha256((folder / "assessment.json").read_bytes()).hexdigest()}  # fmt: skip
    assert (tmp_path / "out" / "part" / "deep" / "a.txt").is_file()


def half(assessment: Path, mine: Path, run: Run) -> None:
    (mine / "half.txt").write_text("half")
    raise OSError("disk full")


def link(assessment: Path, mine: Path, run: Run) -> None:
    (mine / "link").symlink_to(assessment)


def meddle(assessment: Path, mine: Path, run: Run) -> None:
    (mine / "a.txt").write_text("a")
    (assessment / "extra.txt").write_text("extra")


def leave(assessment: Path, mine: Path, run: Run) -> None:
    (mine / "a.txt").write_text("a")
    raise SystemExit(0)


def vanish(assessment: Path, mine: Path, run: Run) -> None:
    mine.rmdir()


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (half, "raised OSError: disk full"),
        (lambda assessment, mine, run: None, "wrote nothing"),
        (vanish, "wrote nothing"),
        (link, "wrote a link"),
        (meddle, "changed the assessment"),
        (leave, "raised SystemExit"),
    ],
)
def test_an_export_that_fails_is_named_hands_over_nothing_and_the_others_stand(
    assessed: Made, tmp_path: Path, write: Callable[[Path, Path, Run], None], words: str
) -> None:
    _, run, folder = assessed
    good = export(lambda assessment, mine, run: (mine / "a.txt").write_text("a") and None, "good")
    try:
        (handed,), (failure,) = run_exports(folder, tmp_path / "out", run, [Given("bad", export(write, "bad")), Given("good", good)])
    finally:
        (folder / "extra.txt").unlink(missing_ok=True)
    assert (handed.plugin, failure.plugin, failure.where) == ("good", "bad", "bad")
    assert words in failure.what
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["good"]


def test_two_exports_of_the_same_name_do_not_share_a_folder(assessed: Made, tmp_path: Path) -> None:
    _, run, folder = assessed
    writes = [export(lambda assessment, mine, run, n=n: (mine / f"{n}.txt").write_text(n) and None) for n in ("one", "two")]
    (handed,), (failure,) = run_exports(folder, tmp_path / "out", run, [Given("p", writes[0]), Given("q", writes[1])])
    assert list(handed.files) == ["one.txt"]
    assert str(failure.problem) == "q: part: p has an export of this name, too"

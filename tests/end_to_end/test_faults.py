"""Whatever goes wrong on the way, there is a whole assessment or none, and the one before is untouched."""

import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.end_to_end.running import Ended, called, digests, ended, manifest, started, tallies
from tests.projects import control, write_pack, write_project

AS_OF = "2026-02-01"
DEMO_AS_OF = "2026-06-30"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_pack(tmp_path / "project" / "house", control())
    return write_project(tmp_path / "project")


def check(project: Path, out: Path, *arguments: str, as_of: str = AS_OF) -> Ended:
    return called("--project", project, "check", "--as-of", as_of, "--out", out, *arguments)


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# ── killed ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("moment", ["", "queries/00_register.sql", "findings/*.parquet"])
def test_a_killed_run_leaves_no_half_assessment_and_the_earlier_one_as_it_was(moment: str, demo: Path, project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "assessment"
    assert check(project, out).code == 1
    before = digests(out)
    process = started("--project", demo, "check", "--as-of", DEMO_AS_OF, "--out", out, "--replace")
    deadline = time.monotonic() + 60
    while not list(out.parent.glob(f".*.partial/{moment}")):
        assert process.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    assert ended(process).code == -signal.SIGKILL
    assert digests(out) == before
    assert [n for n in left(out.parent) if not n.startswith(".")] == ["assessment"]


def remains(out: Path) -> Path:
    """What a killed run left of an assessment that was to be `out`."""
    partial = out.parent / f".{out.name}.0123456789ab.partial"
    partial.mkdir(parents=True)
    (partial / "assessment.json").write_text("{", encoding="utf-8")
    return partial


def test_the_remains_of_a_killed_run_go_with_the_next_one(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    remains(out)
    assert check(project, out).code == 1
    assert manifest(out)["previous"] is None
    assert left(out.parent) == ["a"]


def test_what_a_run_still_writes_is_left_to_it(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    process = started("--project", project, "check", "--as-of", AS_OF, "--out", out)
    while not (found := list(out.parent.glob(".*.partial/findings"))):
        assert process.poll() is None, "the run ended before it was stopped"
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)
    try:
        assert check(project, tmp_path / "out" / "b").code == 1
        assert found[0].is_dir()
    finally:
        process.send_signal(signal.SIGCONT)
    assert ended(process).code == 1
    assert left(out.parent) == ["a", "b"]


@pytest.mark.parametrize("next_run", ["b", "a"])
def test_an_assessment_that_a_run_was_killed_while_replacing_gets_its_name_back(next_run: str, project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    assert check(project, out, as_of="2026-01-10").code == 0
    before = digests(out)
    # the state between the two renames: the earlier assessment has lost its name, the new one hasn't got it yet
    out.rename(out.parent / f"{remains(out).name}.old")
    later = check(project, tmp_path / "out" / next_run)
    assert digests(out) == before
    if next_run == "a":
        assert later.err.startswith(f"{out}: there is an assessment already")
    else:
        assert previous(tmp_path / "out" / "b") == as_previous(out)
    assert left(out.parent) == sorted({"a", next_run})


def test_an_assessment_that_was_replaced_goes_even_if_the_run_was_killed_then(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    assert check(project, out).code == 1
    (out.parent / ".a.0123456789ab.partial.old").mkdir()
    assert check(project, out, "--replace").code == 1
    assert left(out.parent) == ["a"]


# ── two at once ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_runs_into_one_folder_one_wins_and_the_other_ends_with_an_error(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "assessment"
    runs = [started("--project", project, "check", "--as-of", AS_OF, "--out", out) for _ in range(2)]
    won, lost = sorted(map(ended, runs))
    assert (won.code, lost.code) == (1, 2)
    # which it is depends on how far the other one was
    assert lost.err.startswith((f"{out}: another run has written here in the meantime", f"{out}: there is an assessment already"))
    assert len(lost.err.splitlines()) == 1
    assert left(out.parent) == ["assessment"]
    assert set(digests(out)) == {
        "assessment.json",
        "calendar.parquet",
        "report.html",
        "subjects/disputes.parquet",
        "findings/H-1.parquet",
        *(f"queries/{q}" for q in left(out / "queries")),
    }


# ── no room, no place ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kilobytes", [1, 24, 300])
def test_no_room_on_the_disk_is_an_error_that_leaves_nothing(kilobytes: int, demo: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    out = tmp_path / "out" / "assessment"
    run = started("--project", demo, "check", "--as-of", DEMO_AS_OF, "--out", out, env={"TMPDIR": str(scratch)}, limit=f"ulimit -f {kilobytes}")
    found = ended(run)
    assert found.code == 2
    assert found.out == ""
    assert "File too large" in found.err
    assert len(found.err.splitlines()) == 1
    assert left(out.parent) == left(scratch) == []


@pytest.mark.parametrize("place", ["a-file/assessment", "/proc/nobody/may/write/here"])
def test_a_place_that_cannot_be_written_to_is_named(place: str, project: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("x")
    found = check(project, tmp_path / place)
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith(f"{(tmp_path / place).parent}: can't be written")
    assert len(found.err.splitlines()) == 1


def test_a_file_in_the_place_of_the_assessment_is_refused_and_stays(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.txt"
    out.write_text("mine")
    for options in ((), ("--replace",)):
        found = check(project, out, *options)
        assert (found.code, found.out) == (2, "")
        assert found.err == f"{out}: is there already and is no assessment. Choose another folder with --out\n"
    assert out.read_text() == "mine"


# ── replacing ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_assessment_is_replaced_only_when_that_is_said(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    assert check(project, out).code == 1
    before = digests(out)
    refused = check(project, out, as_of="2026-01-10")
    assert refused.code == 2
    assert refused.err == f"{out}: there is an assessment already. Say --replace to replace it, or choose another --out\n"
    assert digests(out) == before
    assert check(project, out, "--replace", as_of="2026-01-10").code == 0
    assert manifest(out)["as_of"] == "2026-01-10"
    assert left(out.parent) == ["a"]


def test_replacing_never_removes_what_is_no_assessment(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "letters.txt").write_text("mine")
    assert check(project, out, "--replace").code == 2
    assert left(out) == ["letters.txt"]


def test_an_empty_folder_becomes_the_assessment(project: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert check(project, tmp_path / "out").code == 1
    assert manifest(tmp_path / "out")["as_of"] == AS_OF


def test_a_run_that_fails_leaves_what_it_was_to_replace(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    assert check(project, out).code == 1
    before = digests(out)
    (project / "disputes.csv").write_text("dispute_id\n", encoding="utf-8")
    assert check(project, out, "--replace").code == 2
    assert digests(out) == before
    assert left(out.parent) == ["a"]


# ── the assessment before ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def previous(folder: Path) -> object:
    return manifest(folder)["previous"]


def as_previous(folder: Path) -> object:
    return {"as_of": manifest(folder)["as_of"], "sha256": hashlib.sha256((folder / "assessment.json").read_bytes()).hexdigest()}


def test_the_newest_assessment_of_a_day_before_is_found_and_its_hash_kept(project: Path, tmp_path: Path) -> None:
    days = ["2026-01-10", "2026-02-01", "2026-03-01"]
    for day in days:
        check(project, tmp_path / "out" / day, as_of=day)
    first, second, third = (tmp_path / "out" / day for day in days)
    assert previous(first) is None
    assert previous(second) == as_previous(first)
    assert previous(third) == as_previous(second)


def test_an_assessment_made_again_has_the_same_one_before_it(project: Path, tmp_path: Path) -> None:
    for day in ("2026-01-10", "2026-02-01", "2026-03-01"):
        check(project, tmp_path / "out" / day, as_of=day)
    again = tmp_path / "out" / "2026-02-01"
    before = digests(again)
    check(project, again, "--replace")
    assert digests(again) == before


def test_the_assessment_before_can_be_named_and_must_be_one(project: Path, tmp_path: Path) -> None:
    check(project, tmp_path / "elsewhere" / "a", as_of="2026-01-10")
    check(project, tmp_path / "out" / "b", "--previous", str(tmp_path / "elsewhere" / "a"))
    assert previous(tmp_path / "out" / "b") == as_previous(tmp_path / "elsewhere" / "a")
    found = check(project, tmp_path / "out" / "c", "--previous", str(project))
    assert found.code == 2
    assert found.err == f"{project}: no assessment here: assessment.json is missing\n"


# ── the engine is locked ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOSY = """
from sqlglot import exp
from disputekit import Check, Reads, Text, hookimpl
ONE = Text(zh="一", en="One")
class Plugin:
    @hookimpl
    def regulatory_checks(self, run):
        yield Check("NOSY", ONE, "high", "practice", ONE, Reads(), query)
def query(sql):
    what = exp.Table(this=exp.Var(this={what!r}))
    return exp.select(exp.column("subject"), exp.alias_(exp.Literal.string("pass"), "verdict")).from_(what)
"""
FACTS = 'select dispute_id as subject from "disputes"'


@pytest.fixture
def nosy(install: Callable[..., str], project: Path) -> Iterator[Callable[[str], Ended]]:
    """`nosy(what)` checks the project with a plugin whose query reads from `what`, or goes on with another statement after it."""

    def checked(what: str) -> Ended:
        write_project(project, plugins=[install(NOSY.format(what=what))])
        return check(project, project / "out", "--format", "json")

    return checked


def test_the_plugin_of_these_tests_would_pass_if_it_asked_for_nothing_else(nosy: Callable[[str], Ended]) -> None:
    found = nosy(f"({FACTS})")
    assert found.code == 1
    assert {c["id"]: c["error"] for c in json.loads(found.out)["assessment"]["controls"]} == {"H-1": None, "NOSY": None}


@pytest.mark.parametrize(
    "what",
    [
        "(select dispute_id as subject from read_csv_auto('{project}/disputes.csv'))",
        "'{project}/disputes.csv'",
        "(select content as subject from read_text('{project}/disputekit.toml'))",
        "(select file as subject from glob('{project}/*'))",
        f"({FACTS}); copy (select 1) to '{{project}}/stolen.csv'",
        f"({FACTS}); attach '{{project}}/stolen.duckdb'",
        f"({FACTS}); set threads = 1",
        f"({FACTS}); set enable_external_access = true",
        f"({FACTS}); reset lock_configuration",
        f"({FACTS}); install httpfs",
    ],
)
def test_a_query_that_reaches_out_of_the_register_fails_and_nothing_else_does(what: str, project: Path, nosy: Callable[[str], Ended]) -> None:
    found = nosy(what.format(project=project))
    assert found.code == 2
    assert "Traceback" not in found.err
    assessment = json.loads(found.out)["assessment"]
    (error,) = assessment["errors"]
    assert (error["where"], bool(error["what"])) == ("NOSY", True)
    assert tallies(project / "out") == {"H-1": {"fail: open": 2, "pass": 1}, "NOSY": {"unknown: error": 3}}
    assert not list(project.glob("stolen*"))


# ── what went wrong is told in the reader's language ───────────────────────────────────────────────────────────────────────────────────

RAISING = NOSY.replace("    what = exp.Table(this=exp.Var(this={what!r}))\n", "    raise ValueError('boom')\n").partition("    return exp.select(")[0]


def test_a_failure_in_a_plugin_is_told_in_both_languages_and_the_report_says_it_in_its_own(
    project: Path, install: Callable[..., str], tmp_path: Path
) -> None:
    write_project(project, plugins=[install(RAISING)])
    out = tmp_path / "out"
    assert check(project, out).code == 2
    (error,) = manifest(out)["errors"]
    assert error["what"].startswith("raised ValueError: boom")
    assert error["zh"].startswith("引发 ValueError：boom")
    for language, words in (("zh", error["zh"]), ("en", error["what"])):
        assert called("--project", project, "report", str(out), "--language", language, "--out", tmp_path / f"{language}.html").code in (0, 2)
        assert words in (tmp_path / f"{language}.html").read_text("utf-8")

"""A package verifies without disputekit and with it; whatever is done to it afterwards is seen."""

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.plugins.evaluation.conftest import Made, allowed, export, new_key, run

from disputekit_evaluation.bag import bag_problems
from disputekit_evaluation.verified import verify_package


@pytest.fixture
def package(made: Made, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(made.package, tmp_path / "package", symlinks=True)
    return tmp_path / "package"


def verified(package: Path, signers: Path) -> list[str]:
    return [str(p) for p in verify_package(package, signers, None, again=False).problems]


def lines_of_the_readme(package: Path) -> str:
    text = (package / "README.md").read_text("utf-8")
    return text.split("```sh\n")[1].split("```")[0]


def run_lines(package: Path, signers: Path) -> int:
    """As somebody runs them who pastes them into a shell: it holds where the last line that is shown says so."""
    shutil.copy(signers, package.parent / "allowed_signers")
    done = subprocess.run(["sh", "-c", lines_of_the_readme(package)], cwd=package, check=False, capture_output=True, text=True)
    assert (done.returncode == 0) is done.stdout.endswith("Everything holds · 全部成立\n"), done.stderr
    return done.returncode


def test_the_lines_of_the_readme_verify_it_without_disputekit(made: Made, package: Path) -> None:
    assert run_lines(package, made.signers) == 0


@pytest.mark.parametrize("name", ["data/more", "more", "README.zh.md", ".hidden", "fetch.txt", "data/assessment/\u00e9"])
def test_the_lines_of_the_readme_see_a_file_that_was_added_wherever_it_lies(made: Made, package: Path, name: str) -> None:
    (package / name).write_text("x")
    assert run_lines(package, made.signers) != 0


def test_verify_says_who_signed_and_runs_every_control_again(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--project", made.project, "verify", made.package, "--signers", made.signers, "--rerun") == 0
    assert "Signed by insurer@example" in capsys.readouterr().out
    found = verify_package(made.package, made.signers, None, again=True)
    assert (found.signer, found.problems) == ("insurer@example", ())
    assert found.controls is not None
    assert found.controls >= 3


def test_rerun_sees_findings_that_the_sql_does_not_come_to(made: Made, package: Path) -> None:
    from disputekit import rerun

    folder = package / "data" / "assessment"
    query = folder / "queries" / "H-1.sql"
    query.write_text(query.read_text("utf-8").replace("'fail", "'pass"), encoding="utf-8")
    assert [p.where for p in rerun(folder)[1]] == ["H-1"]


def test_the_sql_of_a_package_reads_nothing_outside_of_it(made: Made, package: Path, tmp_path: Path) -> None:
    from disputekit import rerun

    (tmp_path / "secret.csv").write_text("a\n1\n")
    folder = package / "data" / "assessment"
    query = folder / "queries" / "H-1.sql"
    query.write_text(f"create table stolen as from '{tmp_path / 'secret.csv'}';\n" + query.read_text("utf-8"), encoding="utf-8")
    assert [p.where for p in rerun(folder)[1]] == ["H-1"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_any_byte_flipped_anywhere_is_seen(made: Made, package: Path, rand: random.Random) -> None:
    files = sorted(p for p in package.rglob("*") if p.is_file())
    path = rand.choice(files)
    before = path.read_bytes()
    if not before:
        return
    place, bit = rand.randrange(len(before)), 1 << rand.randrange(8)
    path.write_bytes(before[:place] + bytes([before[place] ^ bit]) + before[place + 1 :])
    try:
        assert verified(package, made.signers) != []
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize(("change", "told"), [
    (lambda p: some(p).write_bytes(some(p).read_bytes()[:-1] + b"x"), "data/assessment/findings/H-1.parquet: was changed"),
    (lambda p: some(p).write_bytes(some(p).read_bytes() + b"x"), "data/assessment/findings/H-1.parquet: was changed"),
    (lambda p: some(p).unlink(), "data/assessment/findings/H-1.parquet: is missing"),
    (lambda p: (p / "data" / "more").write_text("x"), "data/more: was added"), (lambda p: appended(p / "bag-info.txt", "x: y\n"), "bag-info.txt: was changed"),
])  # fmt: skip
def test_the_file_that_was_changed_is_named_once(made: Made, package: Path, change: Callable[[Path], object], told: str) -> None:
    change(package)
    assert [p for p in verified(package, made.signers) if "signature" not in p] == [told]


def some(package: Path) -> Path:
    return package / "data" / "assessment" / "findings" / "H-1.parquet"


def appended(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


FAULTS = {
    "added": lambda p: (p / "data" / "more.txt").write_text("x"),
    "added beside the payload": lambda p: (p / "more.txt").write_text("x"),
    "removed": lambda p: some(p).unlink(),
    "renamed": lambda p: some(p).rename(some(p).with_name("H-9.parquet")),
    "truncated": lambda p: some(p).write_bytes(some(p).read_bytes()[:-1]),
    "emptied": lambda p: some(p).write_bytes(b""),
    "linked": lambda p: (p / "data" / "link").symlink_to("/etc/passwd"),
    "replaced by a link": lambda p: (some(p).rename(p.parent / "elsewhere"), some(p).symlink_to(p.parent / "elsewhere")),
    "a linked folder": lambda p: (p / "data" / "etc").symlink_to("/etc"),
    "unsigned": lambda p: (p / "tagmanifest-sha256.txt.sig").unlink(),
    "without its tag manifest": lambda p: (p / "tagmanifest-sha256.txt").unlink(),
    "a path that leads out": lambda p: appended(p / "manifest-sha256.txt", f"{'0' * 64}  ../../etc/passwd\n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_seen_by_the_command_and_by_the_lines_of_the_readme(made: Made, package: Path, fault: str) -> None:
    assert verified(package, made.signers) == []
    FAULTS[fault](package)  # type: ignore[no-untyped-call]
    assert verified(package, made.signers) != []
    assert run_lines(package, made.signers) != 0


def test_manifests_rewritten_without_the_key_are_seen_by_the_signature(made: Made, package: Path) -> None:
    import bagit

    (package / "data" / "tables" / "tallies.csv").write_text("all is well\n")
    bag = bagit.Bag(str(package))
    bag.save(manifests=True)
    assert [p for p in verified(package, made.signers) if "signature" in p or "signer" in p]


def test_another_key_an_expired_one_and_another_namespace_are_no_signers(made: Made, package: Path, tmp_path: Path) -> None:
    signers = tmp_path / "signers"
    for text in (allowed(new_key(tmp_path, "other")), allowed(made.key, ' valid-before="20200101"'),
                 allowed(made.key).replace("disputekit-evaluation", "git"), ""):  # fmt: skip
        signers.write_text(text)
        assert verified(package, signers) != [], text
    assert verified(package, made.signers) == []
    assert [str(p) for p in verify_package(package, made.signers, "somebody@else", again=False).problems] != []


def test_signed_again_by_the_right_key_a_package_that_lacks_rows_is_incomplete(made: Made, package: Path) -> None:
    import bagit

    from disputekit_evaluation.signing import sign

    part = package / "data" / "assessment" / "register" / "disputes.parquet"
    duckdb.read_parquet(str(part)).limit(2).write_parquet(str(part.with_name("fewer")))
    part.with_name("fewer").replace(part)
    bagit.Bag(str(package)).save(manifests=True)
    (package / "tagmanifest-sha256.txt.sig").unlink()
    sign(package, made.key)
    assert any("disputes.parquet" in p and "rows" in p for p in verified(package, made.signers))


def test_one_cut_off_while_it_is_written_is_not_there_or_not_signed(made: Made, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("no key")
    broken.chmod(0o600)
    assert export(made, tmp_path / "out", key=broken) == 2
    assert not (tmp_path / "out").exists()
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []
    half = tmp_path / "half"
    shutil.copytree(made.package, half, ignore=shutil.ignore_patterns("*.sig"))
    assert any("wasn't written to its end" in p for p in verified(half, made.signers))


def test_sources_that_are_no_longer_those_of_the_assessment_are_refused(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "project"
    shutil.copytree(made.project, project)
    (project / "customers.csv").write_text("customer_id,kind,born_on\nCUST-31,person,1950-12-31\n")
    assert export(made._replace(project=project), tmp_path / "out") == 2
    assert "customers.csv: isn't what it was when the assessment was made" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


BAGS = Path(__file__).parents[4] / "shared" / "data" / "bagit_conformance" / "bags.tar"


@pytest.mark.skipif(not BAGS.is_file(), reason="the conformance suite isn't here (../shared/data)")
def test_the_conformance_suite_is_judged_as_it_says(tmp_path: Path) -> None:
    shutil.unpack_archive(BAGS, tmp_path, filter="fully_trusted")
    judged = {"valid": set(), "invalid": set()}  # type: dict[str, set[str]]
    wrong = []
    for folder in sorted(p for p in tmp_path.rglob("*") if p.is_dir() and p.parent.name in judged and p.parents[1].name.startswith("v")):
        judged[folder.parent.name].add(folder.name)
        if (list(bag_problems(folder, ours=False)) == []) is not (folder.parent.name == "valid"):
            wrong.append(folder.relative_to(tmp_path).as_posix())
    assert wrong == []
    assert len(judged["valid"]) >= 5
    assert "bagit-with-invalid-whitespace" in judged["invalid"]

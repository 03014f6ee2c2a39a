"""What may be wrong with a bag besides its payload: its tag files, what its manifests lead to, and one that was cut off while it was written."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.plugins.evaluation.conftest import PROFILE, Made

from disputekit_evaluation.bag import bag_problems
from disputekit_evaluation.verified import verify_package

TAGS = ("README.md", "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig")
SPOILT = {
    "removed": lambda p: p.unlink(), "emptied": lambda p: p.write_bytes(b""), "truncated": lambda p: p.write_bytes(p.read_bytes()[:-2]),
    "renamed": lambda p: p.rename(p.with_name(f"{p.name}.old")), "a line more": lambda p: p.write_bytes(p.read_bytes() + b"x: y\n"),
    "a link": lambda p: (p.rename(p.parent.parent / p.name), p.symlink_to(p.parent.parent / p.name)),
}  # fmt: skip


@pytest.fixture
def package(made: Made, tmp_path: Path) -> Path:
    shutil.copytree(made.package, tmp_path / "package", copy_function=os.link)
    return tmp_path / "package"


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("fault", SPOILT)
def test_each_fault_of_each_tag_file_is_seen(made: Made, package: Path, tag: str, fault: str) -> None:
    path = package / tag
    shutil.copy(path, package.parent / "own")
    (package.parent / "own").replace(path)  # a file of its own, for the package's others are linked
    SPOILT[fault](path)  # type: ignore[no-untyped-call]
    assert verify_package(package, made.signers, None, again=False).problems != ()


@pytest.mark.parametrize("name", ["fetch.txt", "manifest-md5.txt", "tagmanifest-sha512.txt", "empty", "data/assessment/.hidden", "data/\u00e9"])
def test_a_file_that_was_added_is_seen_whatever_its_name(made: Made, package: Path, name: str) -> None:
    (package / name).write_text("")
    assert verify_package(package, made.signers, None, again=False).problems != ()


def small_bag(folder: Path, line: str) -> Path:
    """A bag that is valid but for one more line of its manifest."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a").write_text("a")
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "manifest-sha256.txt").write_text(f"{hashlib.sha256(b'a').hexdigest()}  data/a\n{line}")
    return folder


def test_the_small_bag_is_valid(tmp_path: Path) -> None:
    assert list(bag_problems(small_bag(tmp_path / "bag", ""), ours=False)) == []


@pytest.mark.parametrize(
    "path", ["../outside", "data/../../outside", "/etc/hostname", "~/outside", "C:\\outside", "..\\outside", "data/./../../outside"]
)
def test_a_path_that_leads_out_of_the_bag_is_refused_before_it_is_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside").write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    found = list(bag_problems(small_bag(tmp_path / "bag", f"{digest}  {path}\n"), ours=False))
    assert ["leads out of the bag" in str(p) for p in found] == [True]


def test_a_link_within_a_bag_is_refused_even_where_it_leads_to_the_same_bytes(tmp_path: Path) -> None:
    bag = small_bag(tmp_path / "bag", "")
    (bag / "data" / "a").rename(tmp_path / "a")
    (bag / "data" / "a").symlink_to(tmp_path / "a")
    assert any("is a link" in str(p) for p in bag_problems(bag, ours=False))


def test_one_that_was_killed_while_it_was_written_is_no_package(made: Made, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE.format(recipient="A", more=""))
    command = [sys.executable, "-m", "disputekit", "--project", made.project, "export", made.project / "assessments" / "2026-02-01", tmp_path / "out",
               "--profile", tmp_path / "profile.toml", "--key", made.key]  # fmt: skip
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".out.*.partial")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out").exists()
    (left,) = tmp_path.glob(".out.????????????.partial")
    assert verify_package(left, made.signers, None, again=False).problems != ()
    # it holds a pseudonymised register, which must not lie there for ever
    assert subprocess.run(list(map(str, command)), capture_output=True, check=False).returncode == 0
    assert (tmp_path / "out").is_dir()
    assert list(tmp_path.glob(".*.partial")) == []

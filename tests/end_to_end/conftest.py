"""Projects that are checked from end to end. Other people's data isn't part of the tree: it lies beside it, or isn't there."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.end_to_end.running import called

HERE = Path(__file__).parent
REAL = Path(os.environ.get("DISPUTEKIT_DATA", HERE.parents[2] / "shared" / "data"))
MakeProject = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """`real(name)` is a folder of other people's data; the test is skipped where it isn't there."""

    def folder(name: str) -> Path:
        if not (REAL / name).is_dir():
            pytest.skip(f"{name} is missing: no such folder in {REAL} (DISPUTEKIT_DATA says where)")
        return REAL / name

    return folder


@pytest.fixture(scope="session")
def make_project(real: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> MakeProject:
    """`make_project(name, data)` copies a project of `projects/`, with other people's data as its folder `data`."""

    def made(name: str, data: str) -> Path:
        folder = tmp_path_factory.mktemp(name) / name
        shutil.copytree(HERE / "projects" / name, folder)
        (folder / "data").symlink_to(real(data), target_is_directory=True)
        return folder

    return made


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's register, 300 disputes: not to be written to."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    assert called("demo", "--out", folder, "--disputes", "300", "--no-check").code == 0
    return folder

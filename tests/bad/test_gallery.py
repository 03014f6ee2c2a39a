"""The gallery of what people write by mistake: one broken file for each message, with the words that the message must have.

Each broken file begins with `# expect: words` for each line that the command must print, in their order; ` … ` stands for anything between
words. `config/` holds project files (and two good packs for them), `packs/` packs that a good project enables, `plans/` files of emergency plans,
`profiles/` profiles of those to whom packages go.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.projects import Said, check, disputekit, write_pack, write_project

HERE = Path(__file__).parent
CONFIGS = sorted((HERE / "config").glob("*.toml"))
PROFILES = sorted((HERE / "profiles").glob("*.toml"))
PACKS = sorted((HERE / "packs").iterdir())
PLANS = sorted((HERE / "plans").glob("*.toml"))
SETTLED = """
from pydantic import BaseModel, Field
class Plugin:
    class Settings(BaseModel, extra="forbid"):
        level: int = Field(default=1, ge=0)
    def __init__(self, settings): pass
"""
PACKED = """
from pathlib import Path
from disputekit import PolicyPacks, hookimpl
class Plugin:
    @hookimpl
    def register_policy_packs(self):
        return [PolicyPacks(Path({folder!r}))]
"""


def expected(file: Path) -> list[str]:
    lines = file.read_text("utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def says(line: str, words: str) -> bool:
    place = 0
    for part in words.split(" … "):
        found = line.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return True


def assert_says(said: Said, file: Path) -> None:
    wanted = expected(file)
    assert wanted, "the file says nothing of what to expect"
    assert said.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err
    assert len(said.lines) == len(wanted), said.err
    for line, words in zip(said.lines, wanted, strict=True):
        assert says(line, words), f"{line!r} doesn't say {words!r}"


@pytest.mark.parametrize("file", CONFIGS, ids=lambda f: f.stem)
def test_a_broken_project_file_is_refused_in_the_words_it_expects(
    file: Path, tmp_path: Path, install: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    install(SETTLED, name="acme-settled")
    install("import no_such_module", name="acme-broken")
    write_pack(tmp_path / "offered" / "acme-house", id_="acme-house")
    install(PACKED.format(folder=str(tmp_path / "offered")), name="acme-packs")
    project = write_project(tmp_path / "project")
    for pack in ("house", "rival"):
        shutil.copytree(HERE / "config" / pack, project / pack)
    shutil.copy(file, project / "disputekit.toml")
    said = check(project, capsys=capsys)
    assert_says(said, file)
    assert not (project / "assessments").exists()


@pytest.mark.parametrize("pack", PACKS, ids=lambda f: f.name)
def test_a_broken_pack_is_refused_in_the_words_it_expects(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project(tmp_path / "project", packs=[f"./{pack.name}"])
    shutil.copytree(pack, project / pack.name)
    said = check(project, capsys=capsys)
    assert_says(said, pack / "pack.toml")
    assert all(line.startswith(f"{pack.name}/pack.toml: ") for line in said.lines)
    assert list((project / "assessments").glob("*")) == []


@pytest.mark.parametrize("file", PLANS, ids=lambda f: f.stem)
def test_a_broken_file_of_plans_is_refused_in_the_words_it_expects(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = "[register.incidents]\npath = 'incidents.csv'\n[plugins.emergency]\nplans = 'plans.toml'\n"
    project = write_project(tmp_path / "project", packs=["data-quality"], plugins=["regulatory", "emergency"], more=more)
    (project / "incidents.csv").write_text("incident_id,kind\nI-1,fire\n")
    shutil.copy(file, project / "plans.toml")
    assert_says(check(project, capsys=capsys), file)
    assert list((project / "assessments").glob("*")) == []


@pytest.mark.parametrize("file", PROFILES, ids=lambda f: f.stem)
def test_a_broken_profile_is_refused_in_the_words_it_expects(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project(tmp_path / "project", plugins=["evaluation"], packs=[])
    (project / "assessment").mkdir()
    (project / "key").write_text("it isn't come to")
    shutil.copy(file, project / "profile.toml")
    said = disputekit(project, "export", str(project / "assessment"), str(project / "out"), "--profile", str(project / "profile.toml"), "--key",
                      str(project / "key"), "--publish", capsys=capsys)  # fmt: skip
    assert_says(said, file)
    assert not (project / "out").exists()


def test_the_good_packs_of_the_gallery_are_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for pack in ("house", "rival"):
        project = write_project(tmp_path / pack, packs=[f"./{pack}"])
        shutil.copytree(HERE / "config" / pack, project / pack)
        assert check(project, capsys=capsys).code == 1


def test_every_broken_file_has_a_message_of_its_own() -> None:
    said = [tuple(expected(f)) for f in (*CONFIGS, *PROFILES, *(p / "pack.toml" for p in PACKS), *PLANS)]
    assert len(said) == len(set(said))

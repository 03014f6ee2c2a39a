"""The lock: it is the same for the same things, and nothing that it pins changes unnoticed."""

import hashlib
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from tests.projects import assessment, check, control, disputekit, write_pack, write_project

from disputekit.errors import ConfigError
from disputekit.policies.lock import differences, read_lock, written

PARAMETER = '[parameters.days]\ntitle = { zh = "期限", en = "Time" }\nbasis = "practice"\nvalues = [{ value = "15 days" }]\n'
DAYS = "day,working\n2026-01-05,true\n2026-01-06,true\n"
PLUGIN = "class Plugin:\n    pass\n"


@pytest.fixture
def project(tmp_path: Path, install: Callable[..., str]) -> Path:
    """A project of a pack with a parameter, a plugin of somebody else's, and a calendar of its own."""
    folder = write_project(tmp_path / "project", plugins=[install(PLUGIN)], more="[parameters.house]\ndays = { value = '12 days' }\n")
    toml = folder / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("name = 'X'\n", "name = 'X'\ncalendar = { file = 'days.csv' }\n"), encoding="utf-8")
    (folder / "days.csv").write_text(DAYS, encoding="utf-8")
    write_pack(folder / "house", PARAMETER, control(rest='kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "$days"'))
    return folder


def lock(folder: Path, capsys: pytest.CaptureFixture[str]) -> Mapping[str, Any]:
    assert disputekit(folder, "policy", "lock", capsys=capsys).code == 0
    return tomli.loads((folder / "disputekit.lock").read_text("utf-8"))


def places(lines: list[str]) -> list[str]:
    """What the problems are about, without the lock's name in front."""
    return [line.split(": ")[1] for line in lines]


def test_a_lock_pins_packs_plugins_parameters_calendar_and_versions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "waivers.toml").write_text("# none\n", encoding="utf-8")
    found = lock(project, capsys)
    assert list(found) == ["format", "calendar", "packs", "parameters", "plugins", "versions", "waivers"]
    pack = (project / "house" / "pack.toml").read_bytes()
    assert found["packs"] == {"house": {"version": "1", "sha256": hashlib.sha256(b"pack.toml\0" + pack).hexdigest()}}
    assert found["parameters"] == {"house": {"days": "12 days"}}
    core, outside = found["plugins"]
    assert core == "core"
    assert (found["plugins"][outside]["distribution"], found["plugins"][outside]["version"]) == (outside.replace("-", "_"), "1.0")
    assert found["calendar"]["name"] == "days.csv"
    assert found["waivers"]["sha256"] == hashlib.sha256(b"# none\n").hexdigest()
    assert list(found["versions"]) == ["disputekit", "duckdb", "sqlglot"]


def test_the_same_project_gives_the_same_bytes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock(project, capsys)
    first = (project / "disputekit.lock").read_bytes()
    lock(project, capsys)
    assert (project / "disputekit.lock").read_bytes() == first


def test_a_run_that_is_as_locked_goes_through_and_says_which_lock(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock(project, capsys)
    assert check(project, "--locked", capsys=capsys).code == 1
    assert assessment(project)["locked"] == hashlib.sha256((project / "disputekit.lock").read_bytes()).hexdigest()


def test_a_run_that_isnt_held_to_the_lock_doesnt_claim_to_be(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock(project, capsys)
    check(project, capsys=capsys)
    assert assessment(project)["locked"] is None


def add(file: str, text: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as opened:
            opened.write(text)

    return change


def swap(file: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda folder: (folder / file).write_text((folder / file).read_text("utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("change", "expected"), [
    (swap("house/pack.toml", "Close it", "Do close it"), ["packs.house.sha256"]),
    (add("house/examples.toml", "# looked at\n"), ["packs.house.sha256"]),
    (swap("house/pack.toml", 'version = "1"', 'version = "2"'), ["packs.house.sha256", "packs.house.version"]),
    (swap("disputekit.toml", "12 days", "13 days"), ["parameters.house.days"]),
    (swap("days.csv", "06,true", "06,false"), ["calendar.sha256"]),
    (add("days.csv", "2026-01-07,true\n"), ["calendar.sha256"]),
    (add("waivers.toml", "# a waiver\n"), ["waivers.sha256"]),
])  # fmt: skip
def test_a_run_is_refused_for_every_difference_and_leaves_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], object], expected: list[str]
) -> None:
    lock(project, capsys)
    change(project)
    said = check(project, "--locked", capsys=capsys)
    assert (said.code, places(said.lines)) == (2, expected)
    assert all("disputekit policy lock" in line for line in said.lines)
    assert not (project / "assessments").exists()


def test_a_plugin_whose_code_changed_under_the_same_version_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = next(n for n in lock(project, capsys)["plugins"] if n != "core")
    module = name.replace("-", "_")
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    Path(spec.origin).write_text(PLUGIN + "# changed\n", encoding="utf-8")
    sys.modules.pop(module, None)
    said = check(project, "--locked", capsys=capsys)
    assert (said.code, places(said.lines)) == (2, [f"plugins.{name}.sha256"])


def test_a_pack_that_is_switched_on_or_off_after_the_lock_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(project / "more", control("M-1"), id_="more")
    lock(project, capsys)
    swap("disputekit.toml", '"./house"', '"./house", "./more"')(project)
    said = check(project, "--locked", capsys=capsys)
    assert (said.code, places(said.lines)) == (2, ["packs.more.sha256", "packs.more.version"])
    assert "isn't locked" in said.err
    lock(project, capsys)
    swap("disputekit.toml", ', "./more"', "")(project)
    said = check(project, "--locked", capsys=capsys)
    assert (said.code, places(said.lines)) == (2, ["packs.more.sha256", "packs.more.version"])
    assert "it isn't there" in said.err


def test_of_an_installed_plugin_every_recorded_file_is_pinned_but_what_the_installer_writes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(n for n in lock(project, capsys)["plugins"] if n != "core")
    module = name.replace("-", "_")
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    site = Path(spec.origin).parent
    (site / "words.json").write_text("{}", encoding="utf-8")
    info = site / f"{module}-1.0.dist-info"
    recorded = (f"{module}.py", "words.json", f"../../bin/{module}", f"{info.name}/INSTALLER", f"{info.name}/RECORD")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in recorded), encoding="utf-8")
    lock(project, capsys)
    (info / "INSTALLER").write_text("other", encoding="utf-8")
    assert check(project, "--locked", capsys=capsys).code == 1
    (site / "words.json").write_text("[]", encoding="utf-8")
    assert places(check(project, "--locked", "--replace", capsys=capsys).lines) == [f"plugins.{name}.sha256"]
    (site / "words.json").unlink()
    assert places(check(project, "--locked", "--replace", capsys=capsys).lines) == [f"plugins.{name}.sha256"]


def test_the_core_of_disputekit_is_pinned_by_its_own_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = lock(project, capsys)["plugins"]
    assert len({p["sha256"] for p in found.values()}) == len(found)
    assert hashlib.sha256(b"").hexdigest() not in {p["sha256"] for p in found.values()}


def test_without_a_lock_a_locked_run_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = check(project, "--locked", capsys=capsys)
    assert (said.code, said.lines) == (2, ["disputekit.lock: there is no lock. Look at what is enabled, and write one: disputekit policy lock"])


@pytest.mark.parametrize(("text", "words"), [
    ("", "isn't a lock of the format disputekit-lock-1"), ('format = "disputekit-lock-9"', "isn't a lock of the format"),
    ('format = "disputekit-lock-1"\n[versions]\nduckdb = 2', "versions.duckdb: found '2', not a text"), ("format = ", "not valid TOML"),
])  # fmt: skip
def test_what_isnt_a_lock_holds_nothing(project: Path, capsys: pytest.CaptureFixture[str], text: str, words: str) -> None:
    (project / "disputekit.lock").write_text(text, encoding="utf-8")
    said = check(project, "--locked", capsys=capsys)
    assert said.code == 2
    assert words in said.err


def test_a_lock_that_pins_nothing_lets_nothing_through(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "disputekit.lock").write_text('format = "disputekit-lock-1"\n', encoding="utf-8")
    said = check(project, "--locked", capsys=capsys)
    assert said.code == 2
    assert "disputekit.lock: packs.house.sha256: isn't locked, found " in said.err


def test_a_plugin_that_fails_isnt_locked(tmp_path: Path, capsys: pytest.CaptureFixture[str], install: Callable[..., str]) -> None:
    name = install(
        "from disputekit import hookimpl\nclass Plugin:\n    @hookimpl\n    def register_sources(self):\n        raise OSError('no disk')\n"
    )
    write_pack(write_project(tmp_path, plugins=[name]) / "house", control())
    said = disputekit(tmp_path, "policy", "lock", capsys=capsys)
    assert said.code == 2
    assert "no disk" in said.err
    assert not (tmp_path / "disputekit.lock").exists()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PINNED = st.dictionaries(st.tuples(st.sampled_from(["packs", "plugins"]), TEXTS, st.sampled_from(["version", "sha256"])), TEXTS, max_size=6)


@given(PINNED)
def test_whatever_is_pinned_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, what: dict[tuple[str, ...], str]) -> None:
    path = tmp_path_factory.mktemp("lock") / "disputekit.lock"
    path.write_bytes(written(what).encode())
    assert read_lock(path)[0] == what


@given(PINNED, PINNED)
def test_two_locks_differ_exactly_where_something_is_pinned_otherwise(one: dict[tuple[str, ...], str], other: dict[tuple[str, ...], str]) -> None:
    expected = [place for place in sorted({*one, *other}) if one.get(place) != other.get(place)]
    assert [p.where for p in differences(one, other, "x")] == [f"x: {'.'.join(p)}" for p in expected]


def test_a_lock_that_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "disputekit.lock").mkdir()
    with pytest.raises(ConfigError, match="there is no lock"):
        read_lock(tmp_path / "disputekit.lock")

"""An address may hold a password: it is refused in the TOML, and nothing that anybody reads ever shows it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.emergency.conftest import PERSON, SECRET, Clock, Inbox
from tests.postgres import free_port
from tests.projects import check

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own, in its thread
ADDRESS = f"mailtos://user:{SECRET}@example.com/{SECRET}"
WRITTEN = (
    f"notify = ['{ADDRESS}']", f"notify = '{ADDRESS}'", f"notify = [{{ name = 'one', to = '{ADDRESS}' }}]", f"notify = [{{ name = 'one', url = '{ADDRESS}' }}]",
    f"notify = [{{ name = '{ADDRESS}', to = {{ env = 'X' }} }}]", f"notify = [{{ name = 'one', to = {{ env = '{ADDRESS}' }} }}]",
    f"notify = [{{ name = 'one', to = {{ file = '{ADDRESS}' }} }}]", f"notify = [{{ name = 'one', to = {{ env = ['{ADDRESS}'] }} }}]",
    f"notify = [{{ name = 'one', to = {{ '{ADDRESS}' = 'x' }} }}]", f"state = 'postgresql://user:{SECRET}@127.0.0.1/x'",
    f"state = {{ env = 'postgresql://user:{SECRET}@127.0.0.1/x' }}", f"state = ['postgresql://user:{SECRET}@127.0.0.1/x']",
)  # fmt: skip


@pytest.mark.parametrize("settings", WRITTEN)
@pytest.mark.parametrize("command", ["check", "plan"])
def test_an_address_in_the_toml_is_refused_without_being_quoted(
    settings: str, command: str, project: Callable[..., Path], plan: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(settings)
    said = plan(folder, "list") if command == "plan" else check(folder, capsys=capsys)
    assert said.code == 2
    assert SECRET not in said.out + said.err
    if command == "check":
        assert "an address isn't written here, for it may hold a password. Write { env = 'NAME' } or { file = 'path' }" in said.err


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{SECRET}@127.0.0.1:{{port}}/x", f"postgresql://user:pa@ss:{SECRET}@127.0.0.1/x", f"nosuch://user:{SECRET}@127.0.0.1/x", SECRET,
        f"postgresql://user:{SECRET}@[::1/x", f"sqlite:////{SECRET}/{SECRET}/x.sqlite",
    ],
)  # fmt: skip
def test_a_database_that_can_not_be_used_is_told_without_its_address(
    url: str, project: Callable[..., Path], plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_URL", url.format(port=free_port()))
    folder = project("state = { env = 'STATE_URL' }")
    for command in (("apply",), ("status",), ("verify",)):
        said = plan(folder, *command)
        assert said.code == 2 and said.err.startswith("[plugins.emergency] state: "), said
        assert SECRET not in said.out + said.err


def test_no_secret_and_no_name_is_in_any_output_log_or_history(
    project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    caplog.set_level(logging.DEBUG)
    addresses = {"GOOD": f"json://user:{SECRET}@127.0.0.1:{inbox.port}/{SECRET}", "GONE": f"json://user:{SECRET}@127.0.0.1:{free_port()}/{SECRET}",
                 "WRONG": f"nosuch://{SECRET}", "MAIL": f"mailto://user:{SECRET}@127.0.0.1:{free_port()}/?to={SECRET}@example.com"}  # fmt: skip
    for name, address in addresses.items():
        monkeypatch.setenv(name, address)
    folder = project("notify = [" + ", ".join(f"{{ name = '{n.lower()}', to = {{ env = '{n}' }} }}" for n in addresses) + "]\nretry_after = 1", "zh")
    inbox.status = 500
    said = [plan(folder, "apply")]
    assert said[0].code == 2
    inbox.status = 200
    clock.forward(minutes=5)
    said += [plan(folder, "apply"), plan(folder, "status"), plan(folder, "test"), plan(folder, "list"), plan(folder, "verify"),
             plan(folder, "status", "--format", "json"), plan(folder, "drill", "CN-CIR-4H", "--by", "CISO")]  # fmt: skip
    assert len(inbox.taken) >= 3
    everything = "".join(s.out + s.err for s in said) + "".join(str(t) for t in inbox.taken)
    # what urllib3 tells at DEBUG is nothing that this command shows; Apprise's own log is silenced
    everything += "".join(r.getMessage() for r in caplog.records if not r.name.startswith("urllib3"))
    everything += "".join(p.read_bytes().decode("utf-8", "replace") for p in folder.glob("emergency.sqlite*"))
    assert SECRET not in everything
    notices = "".join(str(t) for t in inbox.taken)
    assert not any(name in notices for name in (PERSON, "G-1", "D-0", "P-0", "I-1")), "no person, group or case"
    assert "应急预案已启动" in notices


def test_an_address_is_read_from_a_file_and_a_file_that_is_none_is_told(project: Callable[..., Path], plan: Any, inbox: Inbox, clock: Clock) -> None:
    folder = project("notify = [{ name = 'one', to = { file = 'secrets/one' } }]\nretry_after = 1")
    (folder / "secrets").mkdir()
    file = folder / "secrets" / "one"
    for content in (None, b"", b"\xff\xfe\x00" + SECRET.encode()):
        if content is not None:
            file.write_bytes(content)
        said = plan(folder, "apply")
        assert said.code == 2 and "the file one is missing, empty or unreadable" in said.err, said
        assert SECRET not in said.err
        clock.forward(minutes=5)
    file.write_text(f"json://127.0.0.1:{inbox.port}/\n")
    assert plan(folder, "apply").code == 0
    assert len(inbox.ids) == len(set(inbox.ids)) >= 2

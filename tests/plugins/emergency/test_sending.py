"""Notices go out through real servers: one that refuses, one that hangs, one that isn't there, and come later, each once and with its id."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.plugins.emergency.conftest import Clock, Inbox
from tests.postgres import free_port

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own, in its thread
ONE = "notify = [{ name = 'one', to = { env = 'ONE' } }]\nsend_within = 3\nretry_after = 60"
TWO = "notify = [{ name = 'one', to = { env = 'ONE' } }, { name = 'two', to = { env = 'TWO' } }]\nsend_within = 3\nretry_after = 60"


@dataclass
class Post:
    """A mail server. refuses: it takes no mail while this is set."""

    refuses: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 — aiosmtpd's name
        if self.refuses:
            return "550 not now"
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.taken.append(found)
        return "250 taken"

    def bodies(self) -> list[str]:
        return [m.get_body(("plain", "html")).get_content() for m in self.taken]  # type: ignore[union-attr]


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post(port=free_port())
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop()


def mail(port: int) -> str:
    return f"mailto://127.0.0.1:{port}/?from=plan@example.com&to=duty@example.com&mode=insecure"


def test_a_mail_says_in_the_organisations_language_what_is_to_be_done_by_whom_until_when(
    project: Callable[..., Path], plan: Any, post: Post, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("ONE", mail(post.port))
    clock.at("2026-01-20T11:30")  # half an hour after the leak was seen; the terminal speaks English, the organisation Chinese
    assert plan(project(ONE, "zh"), "apply").code == 0
    (leak,) = [(m, b) for m, b in zip(post.taken, post.bodies(), strict=True) if "CN-CIR-4H" in b]
    assert leak[0]["subject"] == "应急预案已启动，III 级：网络安全事件应急预案（较大以上）"
    assert "信息安全负责人：向省级网信部门报告（关键信息基础设施一小时），期限 2026-01-20 15:00" in leak[1]
    assert "disputekit plan ack CN-CIR-4H-" in leak[1]
    assert "[CN-CIR-4H-" in leak[1] and ".1.one]" in leak[1]


def test_a_mail_server_that_refuses_gets_each_notice_once_when_it_takes_mail_again(
    project: Callable[..., Path], plan: Any, post: Post, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("ONE", mail(post.port))
    folder = project(ONE)
    post.refuses = True
    failed = plan(folder, "apply")
    assert (failed.code, len(post.taken)) == (2, 0)
    assert "failed 1 times: the server refused it or couldn't be reached" in failed.err
    post.refuses = False
    assert (plan(folder, "apply").code, len(post.taken)) == (2, 0)  # its next time hasn't come
    clock.forward(minutes=2)
    assert plan(folder, "apply").code == 0
    ids = [b.rpartition("[")[2].rpartition("]")[0] for b in post.bodies()]
    assert len(ids) == len(set(ids)) >= 2
    assert plan(folder, "status", "--all", "--format", "json").out.count('"failure"') == 0


def test_a_server_that_fails_is_tried_again_less_and_less_often_and_told_of_meanwhile(
    project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{inbox.port}/")
    folder = project(ONE)
    inbox.status = 500
    clock.at("2026-01-20T11:30")
    for count, wait in ((1, 59), (2, 119), (3, 239)):
        assert plan(folder, "apply").code == 2
        told = plan(folder, "status")
        assert told.code == 1 and f"failed {count} times" in told.out
        tried = inbox.refused
        clock.forward(seconds=wait)
        plan(folder, "apply")
        assert inbox.refused == tried, "too early"
        clock.forward(seconds=1)
    inbox.status = 200
    assert plan(folder, "apply").code == 0
    first = list(inbox.ids)
    assert len(first) == len(set(first))
    assert plan(folder, "apply").code == 0
    assert inbox.ids == first, "sent twice"


def test_a_server_that_hangs_holds_nobody_up_and_gets_its_notices_later(
    project: Callable[..., Path], plan: Any, inbox: Inbox, hanging: Inbox, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{hanging.port}/?rto=60&cto=60")
    monkeypatch.setenv("TWO", f"json://127.0.0.1:{inbox.port}/")
    folder = project(TWO)
    hanging.hang = True
    begun = time.monotonic()
    said = plan(folder, "apply")
    assert time.monotonic() - begun < 15
    assert said.code == 2 and "no answer within 3 seconds" in said.err
    assert len(inbox.ids) >= 2 and all(i.endswith(".two") for i in inbox.ids)
    hanging.hang = False
    hanging.open.set()
    clock.forward(minutes=2)
    assert plan(folder, "apply").code == 0
    assert {i.removesuffix(".one") for i in hanging.ids} == {i.removesuffix(".two") for i in inbox.ids}
    assert len(hanging.ids) == len(set(hanging.ids))


def test_a_server_that_is_not_there_and_an_address_that_is_missing_lose_nothing(
    project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{free_port()}/")
    monkeypatch.delenv("TWO", raising=False)
    folder = project(TWO)
    said = plan(folder, "apply")
    assert said.code == 2
    assert "the environment variable TWO is empty" in said.err and "couldn't be reached" in said.err
    for name in ("ONE", "TWO"):
        monkeypatch.setenv(name, f"json://127.0.0.1:{inbox.port}/")
    clock.forward(minutes=2)
    assert plan(folder, "apply").code == 0
    assert len(inbox.ids) == len(set(inbox.ids)) and {i.rpartition(".")[2] for i in inbox.ids} == {"one", "two"}


def test_a_notice_to_somebody_who_was_taken_out_of_the_settings_is_not_forgotten(
    project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{inbox.port}/")
    folder = project(ONE)
    inbox.status = 500
    plan(folder, "apply")
    file = folder / "disputekit.toml"
    file.write_text(file.read_text("utf-8").replace("name = 'one'", "name = 'another'"), encoding="utf-8")
    inbox.status = 200
    clock.forward(minutes=2)
    said = plan(folder, "apply")
    assert said.code == 2 and "nobody of this name is in [plugins.emergency] notify" in said.err


def test_why_a_notice_failed_is_told_in_chinese_too(project: Callable[..., Path], plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{free_port()}/")
    folder = project(ONE)
    plan(folder, "apply")
    assert "服务器拒绝或无法连接" in plan(folder, "--zh", "status").out


def test_everybody_is_told_at_once_however_many_hang(
    project: Callable[..., Path], plan: Any, hanging: Inbox, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifteen that hang take as long as one."""
    names = [f"n{i}" for i in range(15)]
    hanging.hang = True
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{hanging.port}/?rto=60&cto=60")
    monkeypatch.setenv("TWO", f"json://127.0.0.1:{inbox.port}/")
    listed = ", ".join(f"{{ name = '{n}', to = {{ env = 'ONE' }} }}" for n in names)
    folder = project(f"notify = [{listed}, {{ name = 'two', to = {{ env = 'TWO' }} }}]\nsend_within = 3\nwithout = ['CN-CMP-29']")
    begun = time.monotonic()
    said = plan(folder, "drill", "CN-CIR-4H", "--by", "CISO")
    assert said.code == 2, said
    assert time.monotonic() - begun < 10
    assert len(inbox.ids) == 1, said
    assert threading.active_count() < 40

"""The history shows what was done to it; a notice holds no secret and nobody's name; a server that fails or hangs gets its notice later."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.emergency.conftest import PERSON, SECRET, Inbox

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own, in its thread
SPOILT = {
    "altered": "update emergency_history set body = replace(body, 'III', 'IV') where number = 1",
    "removed": "delete from emergency_history where number = 2",
    "cut off": "delete from emergency_history where number = (select max(number) from emergency_history)",
    "inserted": "insert into emergency_history select 99, recorded_at, kind, activation, null, body, previous, hash from emergency_history where number = 1",
    "notice removed": "delete from emergency_outbox where number = 1",
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_was_done_to_the_history_is_found(
    how: str, project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET", f"json://127.0.0.1:{inbox.port}/")
    folder = project("notify = [{ name = 'one', to = { env = 'TARGET' } }]")
    assert plan(folder, "apply").code == 0
    assert plan(folder, "verify").code == 0
    with sqlite3.connect(folder / "emergency.sqlite") as db:
        db.execute(SPOILT[how])
    db.close()
    said = plan(folder, "verify")
    assert (said.code, said.out.strip() != "") == (1, True)


def test_no_secret_and_no_name_is_anywhere(project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET", f"json://user:{SECRET}@127.0.0.1:{inbox.port}/{SECRET}")
    folder = project("notify = [{ name = 'one', to = { env = 'TARGET' } }]\nretry_after = 1", "zh")
    inbox.status = 500
    failed = plan(folder, "apply")
    inbox.status = 200
    assert failed.code == 2
    said = [failed, plan(folder, "status"), plan(folder, "test"), plan(folder, "list")]
    from datetime import timedelta

    from disputekit_emergency import desk

    real = desk.now
    monkeypatch.setattr(desk, "now", lambda: real() + timedelta(minutes=5))
    assert plan(folder, "apply").code == 0
    assert len(set(inbox.ids)) == len(inbox.taken) == 5  # two activations, three tasks that were late from the beginning
    everything = "".join(s.out + s.err for s in said) + "".join(str(t) for t in inbox.taken)
    everything += "".join(p.read_bytes().decode("utf-8", "replace") for p in folder.glob("emergency.sqlite*"))
    assert SECRET not in everything
    notices = "".join(str(t) for t in inbox.taken)
    assert PERSON not in notices
    assert "G-1" not in notices
    assert "应急预案已启动" in notices

"""The history shows what was done to it, whoever holds it; its tables are what the migrations make."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.plugins.emergency.conftest import Inbox

from disputekit.config import load_project
from disputekit.plugins import load_plugins
from disputekit_emergency.history import FIELDS, METADATA, Entry, open_state
from disputekit_emergency.plans import Secret

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own, in its thread
SPOILT = {
    "altered": "update emergency_history set body = replace(body, 'III', 'IV') where number = 1",
    "removed": "delete from emergency_history where number = 2",
    "cut off": "delete from emergency_history where number = (select max(number) from emergency_history)",
    "inserted": "insert into emergency_history select 99, recorded_at, kind, activation, null, body, previous, hash from emergency_history where number = 1",
    "inserted in its place": "update emergency_history set number = number + 100 where number > 1; insert into emergency_history select 2, recorded_at, kind, "
    "activation, null, body, hash, previous from emergency_history where number = 1; update emergency_history set number = number - 99 where number > 100",
    "notice removed": "delete from emergency_outbox where number = 1",
    "notice said to be sent": "delete from emergency_history where kind = 'sent' and number = (select max(number) from emergency_history); "
    "update emergency_heads set count = count - 1, hash = (select hash from emergency_history order by number desc limit 1)",
}
FOUND = {
    "altered": "entry 1 (activated, CN-", "removed": "entry 3 stands in place 2", "cut off": "entries were removed at the end", "inserted": "entry 99 stands in place",
    "inserted in its place": "entry 2 (activated, CN-", "notice removed": "the notice about entry 1 to one was removed",
    "notice said to be sent": "is marked as sent, and the history doesn't say that it was",
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_what_was_done_to_the_history_is_found(
    how: str, project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET", f"json://127.0.0.1:{inbox.port}/")
    folder = project("notify = [{ name = 'one', to = { env = 'TARGET' } }]")
    assert plan(folder, "apply").code == 0
    assert plan(folder, "verify").code == 0
    with sqlite3.connect(folder / "emergency.sqlite") as db:
        db.executescript(SPOILT[how])
    db.close()
    said = plan(folder, "verify")
    assert (said.code, FOUND[how] in said.out) == (1, True), said


def test_a_history_that_was_rebuilt_as_a_whole_differs_from_a_head_that_was_noted_elsewhere(
    project: Callable[..., Path], plan: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET", f"json://127.0.0.1:{inbox.port}/")
    folder = project("notify = [{ name = 'one', to = { env = 'TARGET' } }]")
    plan(folder, "apply")
    noted = [re.search(r"History: (\d+:[0-9a-f]{64})", t["message"])[1] for t in inbox.taken]  # type: ignore[index]
    assert plan(folder, "verify", *(x for head in noted for x in ("--head", head))).code == 0
    with sqlite3.connect(folder / "emergency.sqlite") as db:
        rows = [list(row) for row in db.execute(f"select {', '.join(FIELDS)} from emergency_history order by number")]
        rows[0][FIELDS.index("body")] = rows[0][FIELDS.index("body")].replace('"III"', '"IV"')
        previous = "0" * 64
        for row in rows:
            row[FIELDS.index("previous")] = previous
            previous = Entry(*row, hash="").sealed()
            db.execute("update emergency_history set body = ?, previous = ?, hash = ? where number = ?", (row[5], row[6], previous, row[0]))
        db.execute("update emergency_heads set hash = ?", (previous,))
    db.close()
    assert plan(folder, "verify").code == 0, "by itself it can't be found"
    said = plan(folder, "verify", "--head", noted[0])
    assert (said.code, f"entry {noted[0].partition(':')[0]} isn't the one that was noted elsewhere" in said.out) == (1, True)
    assert plan(folder, "verify", "--head", "1:x").code == 2


def test_what_is_handed_over_is_the_history_with_its_seals(project: Callable[..., Path], plan: Any, tmp_path: Path) -> None:
    """Whoever gets it recomputes every seal with nothing but the file, and finds the head that `plan verify` says."""
    folder = project()
    plan(folder, "apply")
    loaded = load_project(folder)
    plugin = load_plugins(("emergency",), loaded.plugin_settings, "disputekit.toml", folder)
    ((_, export),) = plugin.call("evaluation_exports")[0]
    (tmp_path / "part").mkdir()
    export.write(folder / "assessments" / "2026-02-01", tmp_path / "part", None)
    entries = [json.loads(line) for line in (tmp_path / "part" / "history.jsonl").read_text("utf-8").splitlines()]
    previous = "0" * 64
    for e in entries:
        sealed = json.dumps([e[f] for f in FIELDS], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert (e["previous"], e["hash"]) == (previous, hashlib.sha256(sealed.encode()).hexdigest())
        previous = e["hash"]
    head = json.loads((tmp_path / "part" / "head.json").read_text())
    assert f"Head: {head['count']}:{head['hash']}" in plan(folder, "verify").out
    rows = (tmp_path / "part" / "history.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == len(entries) + 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_migrations_come_to_the_tables_that_the_code_uses(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    (tmp_path / "url").write_text(url)
    state = open_state(Secret(file=tmp_path / "url"))
    with state.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "emergency_version"})
        assert compare_metadata(context, METADATA) == []


def test_a_database_of_a_later_version_is_refused(project: Callable[..., Path], plan: Any) -> None:
    folder = project()
    plan(folder, "apply")
    with sqlite3.connect(folder / "emergency.sqlite") as db:
        db.execute("update emergency_version set version_num = '9999'")
    db.close()
    said = plan(folder, "status")
    assert (said.code, "was written by a later version of disputekit. Use that version" in said.err) == (2, True)

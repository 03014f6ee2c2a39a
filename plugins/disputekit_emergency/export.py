"""The history for an assessor: every entry with its seal, as JSON lines and as a spreadsheet's rows, and the head."""

import csv
import json
from pathlib import Path

from disputekit import Run
from disputekit_emergency.history import FIELDS, Head, open_state, read_entries
from disputekit_emergency.plans import Settings


def write(settings: Settings, _: Path, mine: Path, __: Run) -> None:
    """`history.jsonl` (to check the seals with), `history.csv` (to read), `head.json`. Raises DisputekitError where the history can't be read."""
    state = open_state(settings.state)
    with state.reading() as connection:
        entries = read_entries(connection)
    lines = (json.dumps({**{f: getattr(e, f) for f in FIELDS}, "hash": e.hash}, ensure_ascii=False) + "\n" for e in entries)
    (mine / "history.jsonl").write_text("".join(lines), encoding="utf-8")
    with (mine / "history.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["number", "recorded_at", "kind", "activation", "task", "by", "level", "drill", "hash"])
        for e in entries:
            f = e.facts
            rows.writerow([e.number, e.recorded_at, e.kind, e.activation, f.get("task"), f.get("by"), f.get("level"), f.get("drill"), e.hash])
    head = Head(len(entries), entries[-1].hash) if entries else Head(0, "0" * 64)
    (mine / "head.json").write_text(json.dumps({"count": head.count, "hash": head.hash}) + "\n", encoding="utf-8")

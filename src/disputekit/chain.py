"""Assessments one after the other, for whoever looks at more than one: what each is, whether it is whole, and what is different in the next."""

import tempfile
from pathlib import Path

import duckdb

from disputekit.assessment.diff import Difference, diff
from disputekit.assessment.folder import spoilt
from disputekit.assessment.manifest import Manifest, read_manifest
from disputekit.policies.model import Strict

__all__ = ["Difference", "Manifest", "Vanished", "diff", "read_manifest", "spoilt", "vanished"]

_GONE = "select subject from read_parquet($old) where subject is not null except select subject from read_parquet($new)"
_COUNTED = (
    f"with gone as ({_GONE}) select (select count(*) from gone), (select list(subject) from (select subject from gone order by subject limit $most))"  # noqa: S608 — our own text
)


class Vanished(Strict):
    """Subjects of a table that an earlier assessment had and a later one hasn't: how many, and the first of them by name."""

    table: str
    count: int
    first: tuple[str, ...]


def vanished(old: Path, new: Path, most: int = 20) -> tuple[Vanished, ...]:
    """What is gone of the tables whose every row both assessments name. Where only rows with findings are named, their absence says nothing."""
    was, now = {s.table: s for s in read_manifest(old)[0].subjects}, {s.table: s for s in read_manifest(new)[0].subjects}
    found = []
    with tempfile.TemporaryDirectory(prefix="disputekit-") as scratch, duckdb.connect(config={"temp_directory": scratch}) as db:
        for table in ("disputes",):
            if table not in was:
                continue
            if table not in now:
                found.append(Vanished(table=table, count=was[table].rows, first=()))
            elif was[table].sha256 != now[table].sha256:
                row = db.execute(_COUNTED, {"old": str(old / was[table].part), "new": str(new / now[table].part), "most": most}).fetchone()
                count, first = row if row is not None else (0, None)
                if count:
                    found.append(Vanished(table=table, count=count, first=tuple(first or ())))
    return tuple(found)

"""What a check writes: its findings, in the order of their subjects, however many there are."""

from pathlib import Path

import duckdb
import pytest

from disputekit import sql
from disputekit.checks.decide import decide

MANY = 600_000
"""Several row groups of every thread, so that what isn't sorted comes out of order."""
WIDE = "select md5(i::varchar) as subject, 'U1' as unit, case when i % 3 = 0 then 'pass' else 'fail: late' end as verdict from many"


@pytest.mark.parametrize("occurrence", ["", ", cast(i % 7 as varchar) as occurrence"])
def test_findings_are_written_in_the_order_of_their_subjects(occurrence: str, tmp_path: Path) -> None:
    with duckdb.connect(config={"threads": 4, "preserve_insertion_order": "false"}) as db:
        db.execute(f"create table many as select i from range({MANY}) as r(i)")
        decided = decide(db, sql.fill(WIDE.replace(" as verdict", f" as verdict{occurrence}")), MANY, tmp_path / "part.parquet")
    rows = duckdb.execute(
        "select subject, occurrence from read_parquet($1, file_row_number = true) order by file_row_number", [str(tmp_path / "part.parquet")]
    ).fetchall()
    assert len(rows) == decided.findings == MANY - MANY // 3
    assert rows == sorted(rows)

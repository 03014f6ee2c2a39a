"""Tables that come from another: one dispute for each subject of the events."""

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.register.loaded import LoadedTable
from disputekit.register.opening import OpenedTable


def derived(db: duckdb.DuckDBPyConnection, opened: OpenedTable) -> tuple[LoadedTable, str]:
    """Makes the table of the distinct subjects of `opened.settings.derive`, which is loaded already; returns it and its SQL."""
    spec = opened.spec
    subjects = sql.fill("select distinct subject_id as $key from $source where subject = $table order by 1", key=sql.name(opened.key),
                        source=sql.tab(str(opened.settings.derive)), table=sql.text(spec.name))  # fmt: skip
    statement = sql.written(exp.Create(this=sql.tab(spec.name), kind="TABLE", expression=subjects))
    count = (db.execute(statement).fetchone() or (0,))[0]
    return LoadedTable(spec, opened.key, opened.columns, (), count, count, 0, 0, opened.extracted_at), statement

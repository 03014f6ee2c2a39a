"""The organisation itself as a table of one row, made from the TOML: its wind-down's dates are its milestones."""

from collections.abc import Mapping
from types import MappingProxyType

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.register.loaded import LoadedTable, SuppliedColumn
from disputekit.register.schema import Table
from disputekit.run import Organisation

ORGANISATION = "organisation"
"""The table's name, and the identifier of its only row."""


def organisation_table(organisation: Organisation, spec: Table) -> LoadedTable:
    """What the TOML supplies of the organisation."""
    columns = {n: SuppliedColumn(n, spec.columns[n].type, n) for n in _values(ORGANISATION, organisation) if n in spec.columns}
    columns |= {n: SuppliedColumn(n, "date", n, coarse="all") for n in organisation.wind_down}
    return LoadedTable(spec, spec.key or "organisation_id", MappingProxyType(columns), (), 1, 1, 0, 0, None)


def load_organisation(db: duckdb.DuckDBPyConnection, table: LoadedTable, organisation: Organisation) -> str:
    """Creates the table with its one row, and returns the statement that did."""
    return load_organisations(db, table, {ORGANISATION: organisation})


def load_organisations(db: duckdb.DuckDBPyConnection, table: LoadedTable, organisations: Mapping[str, Organisation]) -> str:
    """Creates the table with a row for each of these, by identifier; all have the dates that the table has. Returns the statement that did."""
    rows: list[exp.Expression] = []
    for name, organisation in organisations.items():
        values = {**_values(name, organisation), **{n: sql.day(d) for n, d in organisation.wind_down.items()}}
        rows.append(exp.select(*(values[n].as_(sql.name(n)) for n in table.columns)))
    query = rows[0] if len(rows) == 1 else exp.union(*rows, distinct=False, copy=False)
    statement = f"create table {sql.written(sql.tab(table.name))} as {sql.written(query)}"
    db.execute(statement)
    return statement


def _values(identifier: str, organisation: Organisation) -> dict[str, exp.Expression]:
    def text(value: str | None) -> exp.Expression:
        return sql.null("varchar") if value is None else sql.text(value)

    lines = sql.cast(exp.Array(expressions=[sql.text(x) for x in organisation.lines]), "varchar[]")
    return {"organisation_id": sql.text(identifier), "name": text(organisation.name), "jurisdiction": text(organisation.jurisdiction),
            "legal_form": text(organisation.legal_form), "lines": lines}  # fmt: skip

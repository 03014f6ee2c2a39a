"""`datapackage.json`: the tables of a package and what each column means, as Frictionless Data Package 1 has it."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from disputekit import TABLES, Measured, Table, Text

TYPES = {"VARCHAR": "string", "DATE": "date", "TIMESTAMP": "datetime", "BOOLEAN": "boolean", "BIGINT": "integer", "INTEGER": "integer",
         "DOUBLE": "number", "VARCHAR[]": "array"}  # fmt: skip


def datapackage(
    name: str, title: str, measured: Mapping[str, Measured], csv: Mapping[str, str], told: Mapping[str, Text] = MappingProxyType({})
) -> str:
    """The file's text. measured: each Parquet file by its path in the payload. csv: the path of the same as CSV, by that. told: of columns that aren't
    the register's, what each means.
    """
    resources = []
    for path, found in measured.items():
        table = TABLES.get(Path(path).stem) if "/register/" in path else None
        fields = [_field(n, kind, table, told) for n, kind in found.columns.items()]
        about = {"schema": {"fields": fields}, "rows": found.rows}
        if table is not None:
            about |= {"title": table.title.en, "title_zh": table.title.zh}
        resources.append({"name": _name(path), "path": path, "format": "parquet", "mediatype": "application/vnd.apache.parquet", **about})
        if path in csv:
            resources.append(
                {"name": _name(csv[path]) + "-csv", "path": csv[path], "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", **about}
            )
    whole = {"profile": "data-package", "name": name, "title": title, "resources": resources}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _name(path: str) -> str:
    stem = path.rsplit(".", 1)[0].lower()
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)


def _field(name: str, kind: str, table: Table | None, others: Mapping[str, Text]) -> dict[str, str]:
    found = {"name": name, "type": TYPES.get(kind, "number" if kind.startswith("DECIMAL") else "any")}
    told = table.columns[name].description if table is not None and name in table.columns else others.get(name) if table is None else None
    if told is not None:
        found |= {"description": told.en, "description_zh": told.zh}
    return found

"""What an organisation's TOML says about its register: for each table where it comes from, and what is recorded completely."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""One text or a list of them."""


class SourceSettings(BaseModel):
    """`[register.<table>]`: one table's files and how to read them (grammar: Sources)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Texts = Field(default=(), description="A file, a list of files, or a glob, relative to the TOML")
    format: str | None = Field(default=None, description="The reader; else by the file's ending")
    sheet: str | None = Field(default=None, description="Which sheet of a workbook; else the first")
    table: str | None = Field(default=None, description="Which table or view of a database")
    encoding: str | None = Field(default=None, description="How text is encoded; else detected, or refused")
    delimiter: str | None = Field(default=None, description="What separates cells; else a comma, or a tab for .tsv")
    columns: Mapping[str, str] = Field(default={}, description="Our name = theirs; what isn't mapped keeps its name, as text")
    types: Mapping[str, Literal["text", "integer", "decimal", "date", "instant", "boolean"]] = Field(default={}, description="Types of extra columns")
    formats: Mapping[str, Texts] = Field(default={}, description="How dates are written (strptime), in order")
    constants: Mapping[str, str] = Field(default={}, description="Columns with the same value in every row")
    missing: Texts = Field(default=(), description="Texts that mean: nothing is known")
    number_rows: str | None = Field(default=None, description="Make this key from the row's number")
    on_duplicate: Literal["error", "first", "last"] = Field(default="error", description="What to do with rows that share a key")
    extracted_at: datetime | None = Field(default=None, description="When the export was taken")
    derive: Literal["events"] | None = Field(default=None, description="Make one row for each subject_id of this table")


class Coverage(BaseModel):
    """`[register.coverage]`: from when on an activity, a sort of record or a table is recorded completely, and who says so."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_on: date = Field(alias="from")
    source: str = ""
    declared_by: str = ""


class RegisterSettings(BaseModel):
    """`[register]`: the tables supplied and the coverage declared."""

    model_config = ConfigDict(frozen=True)

    tables: Mapping[str, SourceSettings] = {}
    coverage: Mapping[str, Coverage] = {}

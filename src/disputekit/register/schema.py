"""What a register table is: a pydantic model, its key, and how it hangs together with the others.

The models are the one source of names, types, descriptions and keys: the data dictionary in the docs, the checks on a mapping, the
shapes that decide before each cast, and the SQL types all come from here. Plugins describe their tables in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from disputekit.text import Text

ColumnType = Literal["text", "integer", "decimal", "date", "instant", "boolean", "list"]
"""`instant`: a moment in the organisation's zone, which may be known to the day only. `list`: texts, as JSON array or joined by `;`."""

_TYPES: dict[object, ColumnType] = {
    str: "text", int: "integer", Decimal: "decimal", date: "date", datetime: "instant", bool: "boolean", tuple[str, ...]: "list",
}  # fmt: skip


def column(zh: str, en: str, *, required: bool = False, scale: int = 2, name: str | None = None) -> Any:
    """A column of a table: what it holds, in both languages.

    `required`: a source that supplies the table must supply this column. `scale`: the most decimals that its numbers may have.
    `name`: the column's name where Python has no such attribute (`class_` for the column `class`).
    """
    return Field(default=None, alias=name, json_schema_extra={"zh": zh, "en": en, "required": required, "scale": scale})


class Row(BaseModel):
    """A row of a register table. Any cell but the key's may be absent: what absence means is the business of each control."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    recorded_at: datetime | None = column("记录时间", "When the row was recorded")
    recorded_by: str | None = column("记录人", "Who recorded the row")
    source_ref: str | None = column("来源凭据", "Where the row came from (file number, system, page)")


@dataclass(frozen=True)
class Column:
    """One column of a table, read off its model."""

    name: str
    type: ColumnType
    description: Text
    required: bool = False
    scale: int = 2


@dataclass(frozen=True)
class Table:
    """A table of the register.

    name: plural, snake case; what packs and the TOML call it.
    model: a subclass of `Row`.
    key: the column that identifies a row; None where a row is known by its place in its source (`events.csv:17`).
    key_optional: the key may be unmapped, and then its place identifies a row.
    refers: column -> table that it refers to; a pack reaches the parent's columns by the column's name without `_id` (`contract.line`).
    kind: the column that says what sort of record a row is (`kind`, `activity`); `payments.benefit` names one sort.
    moment: the column of the instant at which the record happened, the one meant when a pack names only the sort.
    begins: the column at which a subject of this table begins its life; what is absent from a feed matters only from there on.
    earlier: its rows are the subjects of this table that the previous assessment had, known by `key`; they come from its folder, not from the TOML.
    """

    name: str
    model: type[Row]
    title: Text
    key: str | None = None
    key_optional: bool = False
    refers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kind: str | None = None
    moment: str | None = None
    begins: str | None = None
    earlier: str | None = None

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        return columns_of(self.model)

    @property
    def is_record(self) -> bool:
        """Whether a row says what happened to a subject of another table (it carries `subject` and `subject_id`)."""
        return "subject_id" in self.columns


@dataclass(frozen=True)
class Columns:
    """Columns that a plugin adds to a table of somebody else; a name that the table already has is an error naming both."""

    table: str
    model: type[BaseModel]

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        return columns_of(self.model)


def columns_of(model: type[BaseModel]) -> Mapping[str, Column]:
    """The columns of a model by name, in the order of the model, provenance columns last.

    Raises TypeError for a field that is not made with `column`, or whose type no source can give: a mistake of the model's author.
    """
    found = {}
    own = [n for n in model.model_fields if n not in Row.model_fields]
    for name in [*own, *(n for n in Row.model_fields if n in model.model_fields)]:
        info = model.model_fields[name]
        extra = info.json_schema_extra
        optional = get_origin(info.annotation) in (Union, UnionType)
        types = [t for t in get_args(info.annotation) if t is not NoneType] if optional else [info.annotation]
        if len(types) != 1 or types[0] not in _TYPES or not isinstance(extra, dict):
            raise TypeError(f"{model.__name__}.{name}: declare it as `{name}: str | None = column('…', '…')` with one of str, int, Decimal, "
                            "date, datetime, bool, tuple[str, ...]")  # fmt: skip
        told = Text(zh=str(extra["zh"]), en=str(extra["en"]))
        column_name = info.alias or name
        found[column_name] = Column(column_name, _TYPES[types[0]], told, bool(extra["required"]), int(str(extra["scale"])))
    return MappingProxyType(found)

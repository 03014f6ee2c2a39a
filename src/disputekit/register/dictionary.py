"""The data dictionary: every table and column of the register as one page, for whoever maps an export to them.

`python -m disputekit.register.dictionary > docs/reference/data-dictionary.md` writes the page for the core's tables.
"""

import inspect
import sys
from collections.abc import Iterable, Iterator

from disputekit.register.schema import Column, Row, Table, columns_of
from disputekit.register.tables import TABLES

_HEAD = """\
# Data dictionary · 数据字典

<!-- Generated: python -m disputekit.register.dictionary > docs/reference/data-dictionary.md -->

The tables of the register and their columns. Every table is optional, and so is every column that isn't marked: what is absent makes
the controls that read it `unknown`. A source that supplies a table must supply the columns marked **required**.

登记簿的各表及其列。所有表均可不提供；未标注的列亦然，缺失的内容会使读取它的控制项得出 `unknown`（无法判断）。提供某表的来源必须包含标为 **required** 的列。

| type | what a cell holds | 单元格内容 |
|---|---|---|
| text | text, trimmed at both ends | 文本，首尾空白已去除 |
| integer | a whole number | 整数 |
| decimal(n) | digits, one point, an optional sign; at most n decimals | 数字，至多一个小数点和正负号，至多 n 位小数 |
| date | a date, `2026-01-05` | 日期 |
| instant | a moment in the organisation's time zone, or a date where only the day is known | 机构所在时区的时刻；仅知日期的保留为日期 |
| boolean | true or false | 是或否 |
| list | texts, as a JSON array or separated by `;` | 多个文本，JSON 数组或以 `;` 分隔 |

**key**: identifies a row. **key?**: identifies a row where it is mapped; else the row's place in its source does (`events.csv:17`).

**kind**: the column that says of what sort a row is. **moment**: when it happened. **begins**: where a subject of the table begins its life.

**key**：行的唯一标识。**key?**：已对应时为行的唯一标识，否则以该行在来源中的位置标识（`events.csv:17`）。

**kind**：说明记录类别的列。**moment**：事情发生的时间。**begins**：该表对象的起始时间。
"""
_COLUMNS_HEAD = "| column | type | | refers to | description | 说明 |\n|---|---|---|---|---|---|"


def data_dictionary(tables: Iterable[Table]) -> str:
    """The page in Markdown, in both languages: the tables in the order given, each with its key first; provenance columns stand once."""
    provenance = [_line(c, "", "") for c in columns_of(Row).values()]
    shared = "\n".join(["## In every table · 各表共有", "", _COLUMNS_HEAD, *provenance])
    return "\n".join([_HEAD, shared, *(f"\n{_section(table)}" for table in tables), ""])


def _section(table: Table) -> str:
    about = inspect.cleandoc(table.model.__doc__).splitlines()[0] if table.model.__doc__ else ""
    return "\n".join([f"## {table.name}", "", f"**{table.title.en} · {table.title.zh}**", *(["", about] if about else []), "",
                      *_facts(table), _COLUMNS_HEAD, *_lines(table)])  # fmt: skip


def _facts(table: Table) -> Iterator[str]:
    facts = {"kind": table.kind, "moment": table.moment, "begins": table.begins}
    said = [f"**{fact}**: `{name}`" for fact, name in facts.items() if name is not None]
    if said:
        yield "; ".join(said)
        yield ""


def _lines(table: Table) -> Iterator[str]:
    for column in sorted(table.columns.values(), key=lambda c: c.name != table.key):
        if column.name in Row.model_fields:
            continue
        marks = ["key?" if table.key_optional else "key"] if column.name == table.key else []
        marks += ["required"] if column.required else []
        parent = table.refers.get(column.name)
        yield _line(column, ", ".join(f"**{m}**" for m in marks), f"[{parent}](#{parent})" if parent else "")


def _line(column: Column, marks: str, refers: str) -> str:
    kind = f"decimal({column.scale})" if column.type == "decimal" else column.type
    cells = (f"`{column.name}`", kind, marks, refers, column.description.en, column.description.zh)
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


if __name__ == "__main__":
    # Bytes, so that the page is the same wherever it is generated, whatever the terminal's encoding and line ends.
    sys.stdout.buffer.write(data_dictionary(TABLES.values()).encode("utf-8"))

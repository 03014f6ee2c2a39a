"""What disputes are grouped by, as far as it is supplied: one part of a query for each."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from disputekit import NotLooked, Reads, Records, Text

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary

KEPT_IN = {"unit": "unit_id", "handler": "handler_id"}
TITLES = {
    "product": Text(zh="产品", en="product"), "line": Text(zh="险种", en="line"), "region": Text(zh="地区", en="region"),
    "channel": Text(zh="渠道", en="channel"), "cause": Text(zh="争议原因", en="cause"), "unit": Text(zh="机构", en="unit"),
    "handler": Text(zh="经办人", en="handler"), "clause": Text(zh="条款", en="clause"), "customer": Text(zh="客户", en="customer"),
    "claim": Text(zh="赔案", en="claim"), "all": Text(zh="全部争议", en="all disputes"),
}  # fmt: skip
# what a dispute's decisions name, each clause once
_CLAUSES = """
    select subject_id, list_distinct(flatten(list(clauses))) as clauses from $decisions as d where $about and clauses is not null group by subject_id"""
_ABSENT = "select $dimension as dimension, null::varchar as grp, 'absent' as part"
_WITHOUT = "select $dimension as dimension, null::varchar as grp, 'none' as part, count(*) as n from $from as s where $group is null"


def reads(dimensions: Iterable[str]) -> Reads:
    """What grouping needs; a dimension that isn't supplied is told, and the others are looked at."""
    names = tuple(dimensions)
    columns = tuple(KEPT_IN.get(d, d) for d in names if d != "clause")
    records = (Records("decisions", ("subject_id", "clauses"), if_supplied=True),) if "clause" in names else ()
    return Reads("disputes", columns_if_supplied=columns, records=records)


def supplied(sql: "Vocabulary", dimension: str) -> bool:
    if dimension == "clause":
        return sql.has("decisions", "clauses")
    return sql.has_column(KEPT_IN.get(dimension, dimension))


def columns(sql: "Vocabulary", dimensions: Iterable[str]) -> Mapping[str, "Expression"]:
    """The columns of the first step by which its rows are grouped."""
    return {d: sql.expression("cast($c as varchar)", c=sql.column(KEPT_IN.get(d, d))) for d in dimensions
            if d not in ("clause", "unit", "handler") and supplied(sql, d)}  # fmt: skip


def steps(sql: "Vocabulary", dimensions: Iterable[str]) -> Mapping[str, "Query"]:
    """The steps that grouping reads, to stand before it in the pipeline."""
    if "clause" not in dimensions or not supplied(sql, "clause"):
        return {}
    about = sql.expression("subject = 'disputes'") if sql.has("decisions", "subject") else sql.literal(True)
    return {"named": sql.fill(_CLAUSES, decisions=sql.step("decisions"), about=about)}


def rows_of(sql: "Vocabulary", dimension: str, step: str) -> tuple["Expression", "Expression"]:
    """The rows of a step as they are grouped by a dimension, and the group of a row; a dispute with several clauses stands with each of them."""
    if dimension != "clause":
        return sql.step(step), sql.column_of(dimension, "s")
    joined = sql.fill("select s.*, unnest(c.clauses) as clause from $step as s join named as c on c.subject_id = s.subject", step=sql.step(step))
    return joined.subquery(), sql.column_of("clause", "s")


def absent(sql: "Vocabulary", dimension: str, columns: Iterable[str]) -> "Query":
    """The row that says that a dimension isn't supplied."""
    found = sql.fill(_ABSENT, dimension=sql.literal(dimension))
    for name in columns:
        found = found.select(f"null as {name}")
    return found


def not_supplied(dimension: str) -> NotLooked:
    name = TITLES[dimension]
    return NotLooked(dimension, Text(zh=f"登记簿没有{name.zh}这一项", en=f"the register doesn't supply the {name.en}"))


def not_known(dimension: str, n: int) -> NotLooked:
    name = TITLES[dimension]
    return NotLooked(dimension, Text(zh=f"{n} 件争议没有{name.zh}，不属于任何一组", en=f"disputes without a {name.en}, which are in no group: {n}"))


def too_few(dimension: str, groups: int, least: int) -> NotLooked:
    name = TITLES[dimension]
    return NotLooked(dimension, Text(zh=f"{groups} 个{name.zh}组不足 {least} 件，或没有可比的其他组",
                                     en=f"groups by {name.en} that are smaller than {least}, or have no other to be compared with: {groups}"))  # fmt: skip

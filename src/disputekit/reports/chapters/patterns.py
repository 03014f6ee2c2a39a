"""Where the breaches are: by cause, product, line, region, channel, and over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from disputekit.run import Run
from disputekit.sections import Cell, Chart, Fact, Facts, Group, Heading, Listing, Paragraph, Section, Series
from disputekit.text import listed, say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed, Rows

MOST = 10
"""How many values of each are shown; what is beyond is summed up in one row."""
_SUMS = """count(*) as disputes, count(*) filter (where breaches > 0) as broken, sum(breaches) as breaches, sum(still_open) as still_open,
           sum(late) as late, sum(undecided) as undecided"""
_BY = f"""
    with summed as (select cause, product, line, region, channel, grouping(cause, product, line, region, channel) as which, {_SUMS}
                    from disputes group by grouping sets ((cause), (product), (line), (region), (channel))),
    placed as (select *, row_number() over (
                 partition by which order by broken desc, disputes desc, coalesce(cause, product, line, region, channel)) as place from summed)
    select which, case when place <= $most then coalesce(cause, product, line, region, channel) end as value, place <= $most as shown,
           count(*) as members, sum(disputes) as disputes, sum(broken) as broken, sum(breaches) as breaches, sum(still_open) as still_open,
           sum(late) as late, sum(undecided) as undecided
    from placed group by which, shown, value order by which, shown desc, broken desc, disputes desc, value"""  # noqa: S608 — constants
_MONTHS = f"""
    select strftime(opened_at, '%Y-%m') as month, {_SUMS} from disputes where opened_at is not null and opened_at >= $first
    group by 1 order by 1"""  # noqa: S608 — a constant
_MONTHS_SHOWN = 24


def make(assessed: "Assessed", _: Run) -> Section:
    count = assessed.row(f"select {_SUMS} from disputes")  # noqa: S608 — a constant
    if not count["disputes"]:
        return Section((Paragraph(say("There are no disputes of which this could be told")),))
    parts: list[Group] = []
    columns = ("cause", "product", "line", "region", "channel")
    titles = (say("By cause"), say("By product"), say("By line of business"), say("By region"), say("By channel"))
    found = assessed.rows(_BY, most=MOST)
    for place, (column, title) in enumerate(zip(columns, titles, strict=True)):
        # `grouping` sets the bit of each column that a row isn't grouped by, the last column's the lowest
        mine = tuple(r for r in found if r["which"] == 31 - (1 << (len(columns) - 1 - place)))
        if assessed.supplies(column):
            labels = tuple(map(_label, mine))
            parts.append(Group(f"by-{column}", title, None, _blocks(mine, labels, _parts_of(mine, labels))))
    absent = [title for column, title in zip(columns, titles, strict=True) if not assessed.supplies(column)]
    since = assessed.manifest.as_of.replace(day=1)
    since = since.replace(year=since.year - _MONTHS_SHOWN // 12)
    months = assessed.rows(_MONTHS, first=since)
    if months:
        labels = tuple(r["month"] for r in months)
        title = say("Over time, by the month in which the dispute was received")
        note = say("Disputes of the last months have had less time to break anything: that their share is low doesn't mean that it will stay so")
        parts.append(Group("by-month", title, None, (Paragraph(note), *_blocks(months, labels, _over_time(months, labels)))))
    told = say("{broken} of {disputes} disputes have at least one breach. A dispute counts here with its own breaches and those of its mediations, "
               "payments and other records", broken=f"{count['broken']:,}", disputes=f"{count['disputes']:,}")  # fmt: skip
    lacking = [Facts((Fact(say("Not supplied, so not shown"), listed(absent)),))] if absent else []
    return Section((Paragraph(told), *lacking, *parts))


def _label(row: Mapping[str, Any]) -> Cell:
    if not row["shown"]:
        return say("the other {count}", count=row["members"])
    value = row["value"]
    return str(value) if value is not None else say("not recorded")


def _blocks(rows: "Rows", labels: tuple[Cell, ...], chart: Chart) -> tuple[Chart, Listing]:
    columns = (Heading(say("Which")), Heading(say("Disputes"), "number"), Heading(say("With a breach"), "number"), Heading(say("Share"), "share"),
               Heading(say("Breaches"), "number"), Heading(say("Unknown"), "number"))  # fmt: skip
    cells = tuple((label, r["disputes"], r["broken"], r["broken"] / r["disputes"], r["breaches"], r["undecided"])
                  for label, r in zip(labels, rows, strict=True))  # fmt: skip
    return chart, Listing(say("Disputes"), columns, cells)


def _parts_of(rows: "Rows", labels: tuple[Cell, ...]) -> Chart:
    series = (Series(say("Still open"), tuple(r["still_open"] for r in rows), "bad"), Series(say("Done late"), tuple(r["late"] for r in rows), "late"),
              Series(say("Other breaches"), tuple(r["breaches"] - r["still_open"] - r["late"] for r in rows)))  # fmt: skip
    return Chart(say("Breaches and what became of them"), "stacked", labels, series, say("number of breaches"))


def _over_time(rows: "Rows", labels: tuple[Cell, ...]) -> Chart:
    series = (Series(say("Received"), tuple(r["disputes"] for r in rows)),
              Series(say("Of these with a breach"), tuple(r["broken"] for r in rows), "bad"))  # fmt: skip
    return Chart(say("Disputes received and those with a breach, by month"), "line", labels, series, say("number of disputes"))

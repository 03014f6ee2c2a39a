"""The units along their tree: each with all units below it."""

from typing import TYPE_CHECKING

from disputekit.run import Run
from disputekit.sections import Block, Chart, Heading, Listing, Paragraph, Section, Series
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

MOST = 150
"""How many units the table shows: the highest of the tree, and of these those with most breaches."""
CHARTED = 12
_ROLLED = """
    with own as (
      select unit, sum(disputes) as disputes, sum(broken) as broken, sum(breaches) as breaches, sum(still_open) as still_open, sum(late) as late,
             sum(undecided) as undecided
      from (
        select unit, count(*) as disputes, count(*) filter (where breaches > 0) as broken, 0 as breaches, 0 as still_open, 0 as late, 0 as undecided
        from disputes group by unit
        union all
        select unit, 0, 0, count(*) filter (where outcome = 'fail'), count(*) filter (where outcome = 'fail' and reason = 'open'),
               count(*) filter (where outcome = 'fail' and reason = 'late'), count(*) filter (where outcome = 'unknown')
        from findings group by unit) as both_sides
      group by unit),
    rolled as (
      select w.above as unit, sum(o.disputes) as disputes, sum(o.broken) as broken, sum(o.breaches) as breaches, sum(o.still_open) as still_open,
             sum(o.late) as late, sum(o.undecided) as undecided
      from own as o join within as w on w.unit = o.unit group by w.above),
    shown as (
      select u.unit, u.name, u.depth, u.place, u.parent, coalesce(r.disputes, 0) as disputes, coalesce(r.broken, 0) as broken,
             coalesce(r.breaches, 0) as breaches, coalesce(r.still_open, 0) as still_open, coalesce(r.late, 0) as late,
             coalesce(r.undecided, 0) as undecided, coalesce(o.breaches, 0) as own_breaches,
             row_number() over (order by u.depth, r.breaches desc nulls last, u.place) as nth, count(*) over () as every
      from units as u left join rolled as r on r.unit = u.unit left join own as o on o.unit = u.unit where $among)
    select * from shown where nth <= $most order by place"""
_NOBODY = """
    select count(*) filter (where outcome = 'fail') as breaches, count(*) filter (where outcome = 'unknown') as undecided
    from findings where unit is null"""


def make(assessed: "Assessed", _: Run) -> Section:
    query = _ROLLED.replace("$among", "true" if assessed.unit is None else "u.unit in (select unit from within where above = $unit)")
    rows = assessed.rows(query, most=MOST, **({} if assessed.unit is None else {"unit": assessed.unit}))
    if not rows:
        return Section((Paragraph(say("Neither the disputes nor the findings name a unit"), "unknown"),))
    top = min(r["depth"] for r in rows)
    leaves = sorted((r for r in rows if r["own_breaches"]), key=lambda r: (-r["own_breaches"], r["place"]))[:CHARTED]
    blocks: list[Block] = [Paragraph(say("The numbers of a unit are those of all units below it, too"))]
    nobody = assessed.row(_NOBODY) if assessed.unit is None else None
    if nobody is not None and (nobody["breaches"] or nobody["undecided"]):
        blocks.append(Paragraph(say("{breaches} findings of breaches and {unknown} of unknowns belong to no unit: they are about the register or the organisation as a "
                                    "whole, or their records name none. They are in no unit's report",
                                    breaches=f"{nobody['breaches']:,}", unknown=f"{nobody['undecided']:,}"), "unknown"))  # fmt: skip
    if leaves:
        blocks.append(Chart(say("Breaches of the unit itself, those with most"), "bar", tuple(r["name"] for r in leaves),
                            (Series(say("Breaches"), tuple(r["own_breaches"] for r in leaves), "bad"),), say("number of breaches")))  # fmt: skip
    columns = (Heading(say("Unit")), Heading(say("No."), "name"), Heading(say("Disputes"), "number"), Heading(say("With a breach"), "number"),
               Heading(say("Share"), "share"), Heading(say("Breaches"), "number"), Heading(say("Still open"), "number"),
               Heading(say("Done late"), "number"), Heading(say("Unknown"), "number"))  # fmt: skip
    cells = tuple((r["name"], r["unit"], r["disputes"], r["broken"], r["broken"] / r["disputes"] if r["disputes"] else None, r["breaches"],
                   r["still_open"], r["late"], r["undecided"]) for r in rows)  # fmt: skip
    blocks.append(Listing(say("Units"), columns, cells, total=rows[0]["every"], rest=say("each unit has a report of its own: `--per-unit`"),
                          depths=tuple(r["depth"] - top for r in rows)))  # fmt: skip
    return Section(tuple(blocks))

"""How old the open disputes are, and how long it takes to close one: the open ones count for as long as they have been open."""

from typing import TYPE_CHECKING

from disputekit.run import Run
from disputekit.sections import Block, Chart, Fact, Facts, Figure, Figures, Heading, Listing, Paragraph, Section, Series
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed, Rows

BANDS = (7, 15, 30, 60, 90, 180, 365)
"""The last day of each band of ages; the last band has no end. For reading only: no law counts by them."""
POINTS = (0, 7, 15, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 365, 450, 540, 730)
"""The days at which the curve is drawn."""
_KNOWN = "opened_at is not null and not unreadable and (closed_at is null or cast(closed_at as date) >= cast(opened_at as date))"
_COUNTS = f"""
    select count(*) as disputes, count(*) filter (where {_KNOWN}) as known, count(*) filter (where {_KNOWN} and closed_at is null) as open,
           count(*) filter (where unreadable) as unreadable,
           count(*) filter (where not unreadable and opened_at is null) as undated,
           count(*) filter (where not unreadable and cast(closed_at as date) < cast(opened_at as date)) as contrary,
           max(date_diff('day', opened_at, $day)) filter (where {_KNOWN} and closed_at is null) as oldest,
           median(date_diff('day', opened_at, $day)) filter (where {_KNOWN} and closed_at is null) as middle,
           count(*) filter (where {_KNOWN} and closed_at is null and still_open > 0) as overdue
    from disputes"""  # noqa: S608 — a constant
_AGES = f"""
    select date_diff('day', opened_at, $day) as age, count(*) as n, count(*) filter (where still_open > 0) as overdue
    from disputes where {_KNOWN} and closed_at is null group by 1"""  # noqa: S608 — a constant
_BANDED = f"""
    select list_sum([case when age > b then 1 else 0 end for b in $bands]) as band, sum(n) as n, sum(overdue) as overdue
    from ({_AGES}) as aged group by 1 order by 1"""  # noqa: S608 — a constant
# Kaplan and Meier (1958): at each day the share of those still open that were closed on it; who is still open leaves without having closed
_CURVE = f"""
    with lengths as (
      select date_diff('day', opened_at, coalesce(closed_at, $day)) as days, count(*) filter (where closed_at is not null) as closed, count(*) as n
      from disputes where {_KNOWN} group by 1),
    risks as (select days, closed, sum(n) over (order by days desc) as at_risk from lengths)
    select days, at_risk, closed,
           case when max(case when closed = at_risk then 1 else 0 end) over (order by days) = 1 then 0
                else exp(sum(case when closed < at_risk then ln(1 - closed / at_risk) else 0 end) over (order by days)) end as still_open
    from risks order by days"""  # noqa: S608 — a constant


def make(assessed: "Assessed", _: Run) -> Section:
    day = assessed.manifest.as_of
    if not assessed.supplies("opened_at", "closed_at"):
        return Section(
            (Paragraph(say("It isn't supplied when disputes were received and closed, so that nothing can be said of their age"), "unknown"),)
        )
    count = assessed.row(_COUNTS, day=day)
    if not count["known"]:
        return Section((Paragraph(say("There are no disputes of which this could be told")),))
    curve = _curve(assessed)
    middle = next((r["days"] for r in curve if r["still_open"] <= 0.5), None)
    blocks: list[Block] = [Figures((
        Figure(say("Open disputes"), count["open"], "plain", say("of {count}", count=f"{count['disputes']:,}")),
        Figure(say("Of these with something overdue"), count["overdue"], "bad" if count["overdue"] else "good"),
        Figure(say("Age of the oldest"), count["oldest"], "plain", say("days")),
        Figure(say("Half are closed after"), middle if middle is not None else say("not reached"), "plain",
               say("days, the open ones taken into account") if middle is not None else say("fewer than half have been closed so far")),
    ))]  # fmt: skip
    left_out = [Fact(label, count[name], "number") for name, label in (
        ("unreadable", say("when it was received or closed couldn't be read")), ("undated", say("no day of receipt")),
        ("contrary", say("closed before it was received"))) if count[name]]  # fmt: skip
    if left_out:
        blocks += [Paragraph(say("Not in these numbers are disputes of which it isn't known whether or how long they were open"), "unknown"),
                   Facts(tuple(left_out))]  # fmt: skip
    bands = {r["band"]: r for r in assessed.rows(_BANDED.replace("$bands", str(list(BANDS))), day=day)}
    labels = [say("{low}–{high} days", low=low, high=high) for low, high in zip((0, *(b + 1 for b in BANDS)), BANDS, strict=False)]
    labels.append(say("over {days} days", days=BANDS[-1]))
    overdue = tuple(bands[n]["overdue"] if n in bands else 0 for n in range(len(labels)))
    others = tuple((bands[n]["n"] if n in bands else 0) - o for n, o in enumerate(overdue))
    blocks.append(Chart(
        say("Open disputes by their age"), "stacked", tuple(labels),
        (Series(say("With something overdue"), overdue, "bad"), Series(say("The others"), others)), say("number of disputes"),
        note=say("Days since it was received, as of {day}", day=day),
    ))  # fmt: skip
    points = [p for p in POINTS if p <= curve[-1]["days"]]
    blocks.append(Chart(
        say("How many are still open after so many days"), "line", tuple(points),
        (Series(say("Not yet closed"), tuple(round(100 * _at(curve, p), 1) for p in points)),), say("in per cent"),
        note=say("An estimate (Kaplan–Meier): a dispute that is still open counts as open for as long as it has been, and for nothing after"),
    ))  # fmt: skip
    quartiles = [(share, next((r["days"] for r in curve if r["still_open"] <= 1 - share), None)) for share in (0.25, 0.5, 0.75, 0.9)]
    blocks.append(Listing(
        say("Days until so many are closed"), (Heading(say("Share closed"), "share"), Heading(say("Days"), "text")),
        tuple((share, str(days) if days is not None else say("not reached")) for share, days in quartiles),
    ))  # fmt: skip
    return Section(tuple(blocks))


def _curve(assessed: "Assessed") -> "Rows":
    return assessed.rows(_CURVE, day=assessed.manifest.as_of)


def _at(curve: "Rows", day: int) -> float:
    """The share that is still open after a day."""
    return float(next((r["still_open"] for r in reversed(curve) if r["days"] <= day), 1))

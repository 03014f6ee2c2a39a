"""What needs doing first: what can still be done in time, and what is overdue."""

from typing import TYPE_CHECKING

from disputekit.checks.decide import STILL_OPEN
from disputekit.reports.chapters.counts import at_most
from disputekit.run import Run
from disputekit.sections import Figure, Figures, Heading, Listing, Section
from disputekit.text import Phrase, Text, say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed, Rows

_SOON = """
    select w.control, c.severity, w.subject, w.due_at, w.due_on, u.name as unit, w.handler
    from warnings as w join controls as c on c.control = w.control left join units as u on u.unit = w.unit
    order by coalesce(w.due_at, cast(w.due_on as timestamp)), c.rank desc, c.place, w.subject limit $most"""
# what has a due date that has passed, and can still be done: it isn't on file, or not as it must be
_UNDONE = f"({STILL_OPEN.format('')}) and reason <> 'late' and waiver is null and coalesce(due_on, cast(due_at as date)) is not null"
_COUNTS = f"""
    select count(*) filter (where reason = 'open') as still_open, count(*) filter (where reason <> 'open') as lacking,
           count(*) filter (where rank >= 2) as grave, count(*) filter (where rank < 2) as other
    from findings as f join controls as c on c.control = f.control where {_UNDONE}"""  # noqa: S608 — a constant
_OVERDUE = f"""
    select f.control, c.severity, f.subject, f.reason, coalesce(f.due_on, cast(f.due_at as date)) as due_on, u.name as unit, f.handler,
           date_diff('day', coalesce(f.due_on, cast(f.due_at as date)), $day) as days
    from findings as f join controls as c on c.control = f.control left join units as u on u.unit = f.unit
    where {_UNDONE} and rank between $low and $high
    order by 5, c.rank desc, c.place, f.subject limit $most"""  # noqa: S608 — a constant


_BY_CONTROL = f"""
    select f.control, c.severity, count(*) as n, min(coalesce(due_on, cast(due_at as date))) as due_on
    from findings as f join controls as c on c.control = f.control where {_UNDONE}
    group by f.control, c.severity, c.rank, c.place order by c.rank desc, due_on, c.place"""  # noqa: S608 — a constant


def make(assessed: "Assessed", _: Run) -> Section:
    count, soon = assessed.row(_COUNTS), assessed.rows(_SOON, most=assessed.most)
    warned = assessed.row("select count(*) as n from warnings")["n"]
    remedies, titles = ({c.id: getattr(c, what) for c in assessed.manifest.controls} for what in ("remedy", "title"))
    figures = Figures((
        Figure(say("Due soon"), warned, "soon" if warned else "plain", say("still to be done in time")),
        Figure(say("Due and still not done"), count["still_open"], "bad" if count["still_open"] else "good", say("act now, and say why it is late")),
        Figure(say("Due, and something is still missing"), count["lacking"], "bad" if count["lacking"] else "good",
               say("papers, records or verifications that were due")),
    ))  # fmt: skip
    rows = tuple((at_most(r["due_at"]) or r["due_on"], r["severity"], r["control"], remedies[r["control"]], r["subject"], r["unit"], r["handler"])
                 for r in soon)  # fmt: skip
    columns = (Heading(say("Due"), "moment"), Heading(say("Severity"), "severity"), Heading(say("Control"), "control"), Heading(say("What to do")),
               Heading(say("Subject"), "name"), Heading(say("Unit")), Heading(say("Handler"), "name"))  # fmt: skip
    return Section((
        figures,
        Listing(say("Due soon, by date"), columns, rows, total=warned, rest=say("all are in {file}", file="warnings.parquet"),
                empty=say("No running period that a control warns of is near its end")),
        _by_control(assessed.rows(_BY_CONTROL), remedies),
        _overdue(say("Overdue, critical and high, by date"), assessed.rows(_OVERDUE, day=assessed.manifest.as_of, low=2, high=3, most=assessed.most),
                 count["grave"], titles),
        _overdue(say("Overdue, medium and low, by date"), assessed.rows(_OVERDUE, day=assessed.manifest.as_of, low=0, high=1, most=assessed.most),
                 count["other"], titles),
    ))  # fmt: skip


def _overdue(title: Phrase, rows: "Rows", total: int, titles: dict[str, Text]) -> Listing:
    columns = (Heading(say("Due"), "moment"), Heading(say("Days overdue"), "number"), Heading(say("Severity"), "severity"),
               Heading(say("Control"), "control"), Heading(say("What it asks for")), Heading(say("Subject"), "name"), Heading(say("Why"), "verdict"),
               Heading(say("Unit")), Heading(say("Handler"), "name"))  # fmt: skip
    cells = tuple((r["due_on"], r["days"], r["severity"], r["control"], titles[r["control"]], r["subject"], f"fail: {r['reason']}", r["unit"],
                   r["handler"]) for r in rows)  # fmt: skip
    return Listing(title, columns, cells, total=total, rest=say("`disputekit agenda` lists all of them"),
                   empty=say("Nothing of this kind is overdue"))  # fmt: skip


def _by_control(rows: "Rows", remedies: dict[str, Text]) -> Listing:
    columns = (Heading(say("Severity"), "severity"), Heading(say("Control"), "control"), Heading(say("What to do")), Heading(say("Cases"), "number"),
               Heading(say("The longest since"), "moment"))  # fmt: skip
    cells = tuple((r["severity"], r["control"], remedies[r["control"]], r["n"], r["due_on"]) for r in rows)
    return Listing(say("Overdue, by control: what to do"), columns, cells, empty=say("Nothing of this kind is overdue"))


def beginning(assessed: "Assessed") -> Phrase | None:
    """What to begin with, in a sentence; None where nothing is due."""
    soon, count = assessed.rows(_SOON, most=1), assessed.row(_COUNTS)
    low, high, number = (2, 3, count["grave"]) if count["grave"] else (0, 1, count["other"])
    overdue = assessed.rows(_OVERDUE, day=assessed.manifest.as_of, low=low, high=high, most=1)
    titles = {c.id: c.title for c in assessed.manifest.controls}
    parts = []
    if soon:
        first = soon[0]
        parts.append(say("Begin with what can still be done in time: {subject}, due {day} ({title})", subject=first["subject"],
                         day=first["due_on"] if first["due_on"] is not None else at_most(first["due_at"]), title=titles[first["control"]]))  # fmt: skip
    if overdue:
        worst = overdue[0]
        gravest = say("{count} cases of high or critical severity are overdue, {subject} the longest, since {day} ({title})", count=f"{number:,}",
                      subject=worst["subject"], day=worst["due_on"], title=titles[worst["control"]])  # fmt: skip
        lesser = say("{count} cases of medium or low severity are overdue, {subject} the longest, since {day} ({title})", count=f"{number:,}",
                     subject=worst["subject"], day=worst["due_on"], title=titles[worst["control"]])  # fmt: skip
        parts.append(gravest if count["grave"] else lesser)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else say("{one}; {other}", one=parts[0], other=parts[1])

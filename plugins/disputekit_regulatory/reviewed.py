"""Whether somebody has read the law lately: each instrument that an enabled pack cites was reviewed in time.

The time is house practice, the parameter `instrument_review` of the pack `data-quality`, in days. Without that pack nobody has said how
long a review holds, so that it is unknown whether one is too old.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from disputekit import Check, Reads, Run, Text

if TYPE_CHECKING:
    from disputekit import Query, Vocabulary

PACK, PARAMETER = "data-quality", "instrument_review"
_TITLE = Text(zh="所引用的法规均已按期复核原文", en="The text of every cited instrument was reviewed in time")
_REMEDY = Text(zh="重新阅读该法规的现行文本，核对引用它的规则，然后更新规则包中的 reviewed_on。",
               en="Read the instrument's text as it is in force now, hold the controls that cite it against it, and set reviewed_on in the pack.")  # fmt: skip


def review_check(run: Run) -> Iterator[Check]:
    """The check, where any enabled pack cites an instrument: in a control, or in a value of a parameter."""
    cited = {key: run.instruments[key[0]][key[1]].reviewed_on for key in _cited(run)}
    if cited:
        yield Check(
            "LAW-REVIEWED", _TITLE, "medium", "practice", _REMEDY, Reads("organisation"), lambda sql: _query(cited, days_allowed(run), run.as_of, sql),
            practice="S11.2",
        )  # fmt: skip


def _cited(run: Run) -> Iterator[tuple[str, str]]:
    """The pack and the id of each instrument."""
    said = [(c.pack, c.rule.cite) for c in run.controls]
    said += [(pack, value.cite) for pack, named in run.parameters.items() for parameter in named.values() for value in parameter.values]
    return ((pack, cite.split(" ")[0]) for pack, cite in said if cite is not None)


def days_allowed(run: Run) -> int | None:
    """How many days a review holds on the day of as-of; None where no enabled pack says so."""
    parameter = run.parameters.get(PACK, {}).get(PARAMETER)
    held = [v.value for v in parameter.values if v.from_on is None or v.from_on <= run.as_of] if parameter is not None else []
    return int(held[-1]) if held else None


_SAID = "select subject, unit, handler, cast(null as timestamp) as started_at, $due as due_on, $observed as observed, $expected as expected, $verdict as verdict from subject"


def _query(cited: dict[tuple[str, str], date], days: int | None, as_of: date, sql: "Vocabulary") -> "Query":
    nothing = sql.expression("cast(null as varchar)")
    if days is None:
        told = {"due": sql.expression("cast(null as date)"), "observed": nothing, "expected": nothing, "verdict": sql.literal("unknown: no value")}
        return sql.pipeline(sql.fill(_SAID, **told), subject=sql.subjects())
    ends = {name: on + timedelta(days=days) for name, on in cited.items()}
    late = [f"{pack}/{instrument} {cited[pack, instrument]}" for (pack, instrument), end in sorted(ends.items()) if end < as_of]
    told = {
        "due": sql.day(min(ends.values())), "observed": sql.literal("; ".join(late)) if late else nothing,
        "expected": sql.literal(f"{days} days"), "verdict": sql.literal("fail: late" if late else "pass"),
    }  # fmt: skip
    return sql.pipeline(sql.fill(_SAID, **told), subject=sql.subjects())

"""What every notice of a kind must say: `documents` with `contents`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from disputekit.extension import Records

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

READS = Records("notices", ("kind", "sent_at", "contents"))

_SAID = """
    select subject_id, max(case when contents is null then 1 else 0 end) = 1 as gap from notice where sent_at is not null group by subject_id"""
_REJECTED = "select subject_id, max(case when $rejected then 1 else 0 end) = 1 as rejected from notice group by subject_id"
_COMPARED = """
    select s.*, n.subject_id is null as no_notice, coalesce(n.gap, false) as gap, coalesce(r.rejected, false) as rejected
    from subject as s
    left join said as n on n.subject_id = s.subject
    left join unread as r on r.subject_id = s.subject"""
_VERDICT = """
    select subject, unit, handler, started_at, $wanting as observed, $expected as expected,
           case
             when concerned is null then 'unknown: condition'
             when not $in_force then 'not_applicable: not in force'
             when rejected then 'unknown: rejected value'
             when no_notice then 'not_applicable: not begun'
             when $incomplete then 'fail: incomplete'
             when gap then 'unknown: missing'
             else 'pass'
           end as verdict
    from compared"""


def query(kinds: tuple[str, ...], contents: Sequence[str], sql: "words.Vocabulary") -> "exp.Select":
    """The query of a rule that looks for `contents` in every notice of `kinds` sent up to as-of."""
    lacks = [sql.column_of(f"lacks_{number}") for number in range(len(contents))]
    said, compared = sql.fill(_SAID), sql.fill(_COMPARED)
    for number, content in enumerate(contents):
        lacking = sql.expression("max(case when not list_contains(contents, $c) then 1 else 0 end) = 1", c=sql.literal(content))
        said = said.select(lacking.as_(f"lacks_{number}"))
        compared = compared.select(sql.expression("coalesce($lacks, false)", lacks=sql.column_of(f"lacks_{number}", "n")).as_(f"lacks_{number}"))
    # what an unsent notice says is nobody's business
    unread = sql.both(sql.expression("sent_at is not null"), sql.bad_record(READS.table, "contents"))
    rejected = sql.either(sql.bad_record(READS.table, "sent_at"), unread)
    last = sql.fill(
        _VERDICT, wanting=sql.listed(zip(contents, lacks, strict=True)), expected=sql.literal(", ".join(contents)), incomplete=sql.either(*lacks),
        in_force=sql.in_force(sql.column_of("basis_on")),
    )  # fmt: skip
    return sql.pipeline(
        last, subject=sql.subjects(started_at=sql.begins(), basis_on=sql.basis()), notice=sql.records(READS.table, kinds), said=said,
        unread=sql.fill(_REJECTED, rejected=rejected), compared=compared,
    )  # fmt: skip

"""A check that no pack can state: it looks into a table of the insurer's own."""

from collections.abc import Iterator
from typing import Any

from disputekit import REJECTED, Batch, Check, Judged, Reads, Records, Run, Text, python_check

_VERDICT = """
    select s.subject, s.unit, s.handler, s.adjuster as observed,
           case
             when s.adjuster is null then 'not_applicable: not begun'
             when a.adjuster_id is null then 'fail: orphan'
             when a.licensed_until_on is null then 'unknown: missing'
             when a.licensed_until_on < $as_of then 'fail: outside'
             else 'pass'
           end as verdict
    from subject as s left join $adjusters as a on a.adjuster_id = s.adjuster"""


def known_adjuster(run: Run) -> Check:
    """Whoever adjusted a loss is one of ours and has a licence on the day of the check."""

    def query(sql: Any) -> Any:
        steps = {"subject": sql.subjects(adjuster=sql.column("adjuster_id"))}
        return sql.pipeline(sql.fill(_VERDICT, adjusters=sql.step("loss_adjusters"), as_of=sql.as_of), **steps)

    return Check(
        id="ACME-ADJ-1", title=Text(zh="公估人有执业证", en="The adjuster is licensed"), severity="high", basis="practice",
        remedy=Text(zh="更换公估人", en="Appoint another adjuster"), query=query,
        reads=Reads("disputes", columns=("adjuster_id",), records=(Records("loss_adjusters", ("adjuster_id", "licensed_until_on")),)),
    )  # fmt: skip


def round_claims() -> Check:
    """Written in Python: no claim is for a whole hundred, which nobody's loss is."""

    def judge(batches: Iterator[Batch]) -> Iterator[Judged]:
        for batch in batches:
            for dispute in batch:
                amount = dispute["amount_claimed"]
                if amount is REJECTED:
                    yield Judged(subject=dispute["subject"], outcome="unknown", reason="rejected value")
                elif amount is not None:
                    is_round = amount % 200 == 0
                    yield Judged(subject=dispute["subject"], outcome="fail" if is_round else "pass", reason="round" if is_round else "",
                                 observed=str(amount))  # fmt: skip

    return python_check(
        "ACME-PY-1", Text(zh="索赔金额不是整数", en="No claim is for a round amount"), "low", "practice", Text(zh="核对损失", en="Look at the loss again"),
        Reads("disputes", columns=("amount_claimed",)), judge,
    )  # fmt: skip

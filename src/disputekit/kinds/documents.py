"""`documents`: papers that must be on file, and what a notice must say."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds import contents, requests
from disputekit.kinds.common import start_arms, start_columns
from disputekit.kinds.limits import Limit, limit_by, limit_by_period
from disputekit.oracles.documents import oracle
from disputekit.policies.model import Moment, PeriodText, Rule, Strict

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

PROOF = ("verified_at", "verified_by", "submitted_by", "sha256")
"""What tells that a document was verified."""


class Within(Strict):
    """A period after a moment."""

    from_: Moment = Field(alias="from")
    within: PeriodText


class Documents(Rule):
    """A finding where a kind of document isn't on file by the limit, or a notice doesn't say what it must.

    `by` is the limit: a moment, a period after a moment, or now. `verified`: on file means that by then somebody other than who submitted it
    verified it, and that its hash was taken. `or_requested`: what isn't on file is excused where one request (all requests of one date), by
    the limit, asked for everything that was missing, since nobody answers for a paper that the customer hasn't sent.

    With `contents`, `kinds` are kinds of notice, and each notice that was sent must have all the contents.
    """

    kind: Literal["documents"]
    kinds: Annotated[tuple[Moment, ...], Field(min_length=1)]
    by: Within | Moment | None = None
    verified: bool = False
    or_requested: bool = False
    contents: Annotated[tuple[Moment, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.contents is not None and (self.by is not None or self.verified or self.or_requested):
            raise ValueError("contents are looked for in every notice, so by, verified and or_requested have no meaning with them")
        for name, values in (("kinds", self.kinds), ("contents", self.contents or ())):
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names something twice")
        return self


def reads(rule: Documents) -> Reads:
    if rule.contents is not None:
        return Reads(rule.subject, records=(contents.READS,))
    by = (rule.by.from_,) if isinstance(rule.by, Within) else (rule.by,) if rule.by is not None else ()
    papers = Records("documents", ("kind", "received_at", *(PROOF if rule.verified else ())))
    requests = (Records("requests", ("kind", "asked_at")),) if rule.or_requested else ()
    return Reads(rule.subject, moments=by, records=(papers, *requests))


# the better a document, the higher its number, and the best of its kind counts: 6 on file, 5 nobody can tell whether in time, 4 at an
# unknown time, 3 on file but unverified, 2 late; a kind without a document has none
_PAPER = """
    select subject_id, kind as sort, received_at, $coarse as received_coarse, $rejected as rejected,
           $verified_at as verified_at, $verified_coarse as verified_coarse, $proven as proven
    from document"""
_PROVEN = "verified_at is not null and verified_by is not null and (submitted_by is null or verified_by <> submitted_by) and sha256 is not null"
_WEIGHED = """
    select s.subject, p.sort, p.rejected, p.received_at, p.received_at is not null and coalesce($in_time, false) as filed,
           case when p.received_at is null then 4
                when $in_time then case when not p.proven then 3 when $verified_in_time then 6 when $verified_late then 3 else 5 end
                when $late then 2 else 5 end as standing
    from $limited as s join paper as p on p.subject_id = s.subject"""
_STOOD = "select subject, max(case when rejected then 1 else 0 end) = 1 as rejected from weighed group by subject"
_JUDGED = "select s.*, coalesce(w.rejected, false) as paper_rejected from $limited as s left join stood as w on w.subject = s.subject"


_VERDICT = """
    select subject, unit, handler, started_at, case when $late and $filed then $last end as done_at, $wanting as observed, $expected as expected,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or $limit_rejected or paper_rejected then 'unknown: rejected value'
             when $no_value then 'unknown: no value'
             when $on_file then 'pass'
             when $request_rejected then 'unknown: rejected value'
             when $running then 'pending'
             when $undecided then $doubt
             when $missing then 'fail: missing'
             when $unverified then 'fail: unverified'
             when $late then 'fail: late'
             when $doubtful then $doubt
             when $undated then 'unknown: missing'
             when $uncovered then 'unknown: not covered'
             else 'unknown: stale'
           end as verdict
    from judged"""


def query(rule: Documents, sql: "words.Vocabulary") -> "exp.Select":
    if rule.contents is not None:
        return contents.query(rule.kinds, rule.contents, sql)
    start = sql.moment(rule.by.from_) if isinstance(rule.by, Within) else None
    limit = limit_by_period(rule.by.within, sql) if isinstance(rule.by, Within) else limit_by(rule.by, sql)
    limited, numbers = sql.step(limit.last_step), range(len(rule.kinds))
    steps = {"subject": sql.subjects(**start_columns(start, sql), **limit.columns), **limit.steps, **_weighed(rule, limit, limited, sql)}
    judged = sql.fill(_JUDGED, limited=limited)
    if rule.or_requested:
        steps |= requests.steps(rule.kinds, limit, limited, sql)
        judged = requests.joined(judged, sql)
    for number in numbers:
        standing = requests.excused(number, sql) if rule.or_requested else sql.column_of(f"standing_{number}", "w")
        judged = judged.select(standing.as_(f"standing_{number}"), sql.column_of(f"came_{number}", "w"))
    standings = [sql.column_of(f"standing_{number}") for number in numbers]

    def some(standing: int) -> "exp.Expression":
        return sql.either(*(sql.expression("$s = $n", s=s, n=sql.literal(standing)) for s in standings))

    # of a subject whose beginning nobody knows, the file must be complete from the limit on
    life = sql.expression("coalesce(begins_at, started_at, limit_at)" if "limit_at" in limit.columns else "coalesce(begins_at, started_at)")
    absent = [(sql.expression("$s is null", s=s), sql.covered(("documents", kind), life)) for s, kind in zip(standings, rule.kinds, strict=True)]
    proven = sql.either(*(sql.both(is_absent, covered) for is_absent, covered in absent))
    last = sql.fill(
        _VERDICT, expected=sql.literal(", ".join(rule.kinds)), on_file=sql.both(*(sql.expression("$s = 6", s=s) for s in standings)),
        wanting=sql.listed((kind, sql.expression("coalesce($s, 0) < 6", s=s)) for s, kind in zip(standings, rule.kinds, strict=True)),
        last=sql.greatest(*(sql.column_of(f"came_{number}") for number in numbers)),
        # what came late may still have to be verified
        filed=sql.literal(False) if rule.verified else sql.both(*(sql.expression("coalesce($s in (2, 6), false)", s=s) for s in standings)),
        late=some(2), unverified=some(3), undated=some(4), doubtful=some(5), missing=sql.both(proven, limit.fresh("documents", sql)),
        uncovered=sql.either(*(sql.expression("$a and not $c", a=is_absent, c=covered) for is_absent, covered in absent)),
        request_rejected=sql.column_of("request_rejected") if rule.or_requested else sql.literal(False), **limit.arms(sql), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(limit.shown(last, sql), **steps, judged=judged)


def _weighed(rule: Documents, limit: Limit, limited: "exp.Expression", sql: "words.Vocabulary") -> "dict[str, exp.Select]":
    """The steps from the documents to `stood`: for each subject the best standing of each kind, and whether it was filed in time."""
    table, yes, no = "documents", sql.literal(True), sql.literal(False)
    received = (sql.column_of("received_at", "p"), sql.column_of("received_coarse", "p"))
    verified = (sql.column_of("verified_at", "p"), sql.column_of("verified_coarse", "p"))
    never = sql.expression("cast(null as timestamp)")
    # a verification after as-of doesn't exist, though its document does
    verified_at = sql.expression("case when verified_at < $end then verified_at end", end=sql.as_of_end) if rule.verified else never
    stood = sql.fill(_STOOD)
    for number, kind in enumerate(rule.kinds):
        of = sql.literal(kind)
        stood = stood.select(
            sql.expression("max(case when sort = $kind then standing end)", kind=of).as_(f"standing_{number}"),
            sql.expression("min(case when sort = $kind and standing in (2, 6) then received_at end)", kind=of).as_(f"came_{number}"),
            sql.expression("max(case when sort = $kind and filed then 1 else 0 end) = 1", kind=of).as_(f"filed_{number}"),
        )
    return {
        "document": sql.records(table, rule.kinds),
        "paper": sql.fill(
            _PAPER, coarse=sql.coarse_record(table, "received_at"), verified_at=verified_at,
            verified_coarse=sql.coarse_record(table, "verified_at") if rule.verified else no,
            proven=sql.expression(_PROVEN) if rule.verified else yes,
            rejected=sql.either(*(sql.bad_record(table, column) for column in ("received_at", *(PROOF if rule.verified else ())))),
        ),
        "weighed": sql.fill(
            _WEIGHED, limited=limited, in_time=limit.is_in_time(*received, sql), late=limit.is_late(*received, sql),
            verified_in_time=sql.both(sql.expression("$v is not null", v=verified[0]), limit.is_in_time(*verified, sql)) if rule.verified else yes,
            verified_late=sql.expression("$v is null or $late", v=verified[0], late=limit.is_late(*verified, sql)) if rule.verified else no,
        ),
        "stood": stood,
    }  # fmt: skip


def evidence(rule: Documents) -> tuple[str, ...]:
    if rule.contents is not None:
        return tuple(f"notices.{kind}.contents" for kind in rule.kinds)
    ends = ("", ".verified_at") if rule.verified else ("",)
    return tuple(f"documents.{kind}{end}" for kind in rule.kinds for end in ends)


KIND = RuleKind("documents", Documents, reads, query, oracle, start=lambda rule: getattr(rule.by, "from_", None), evidence=evidence)

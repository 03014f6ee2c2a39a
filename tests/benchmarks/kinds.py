"""What each kind of rule costs beside a plain deadline: python -m tests.benchmarks.kinds [--disputes 1000000] [--rounds 3] [--only text]

Generates the register of ../shared/yardstick (10 events to a dispute) and adds what the other kinds read: pauses of two kinds (some open, some
overlapping, some that end without having begun), what longer steps require, notices, payments, documents, requests, parties and
assignments. A project over it is opened, loaded and made ready by the product's own functions; each rule's query then runs into a
temporary table, and the whole control is decided: its query, its tally, its findings in order in a Parquet file. Printed: the seconds of the
register and of the facts, and for each rule the median processor's seconds of the query alone and of the whole control, both as multiples
of the plain deadline's, and the whole control's seconds by the clock. The plain deadline is measured in the same rounds, and the
processor's seconds hardly depend on what else the machine does. The memory is the process' own peak up to then. Everything is written below --work (default: a temporary folder).
"""

import argparse
import resource
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp
from tests.benchmarks.yardstick import CONTROL, MILESTONES, PACK, generated

from disputekit import sql
from disputekit.assess import Engine, collect, load, run_of, workspace
from disputekit.blocks import blocks_of, packs_of
from disputekit.calendars import create_calendar, load_calendar
from disputekit.checks.decide import decide
from disputekit.checks.stage import put_facts
from disputekit.config import load_project

AS_OF = date(2025, 12, 31)
PROJECT = """
[organisation]
name = "yardstick"
calendar = "CN"
timezone = "Asia/Shanghai"
language = "en"
[policies]
packs = ["./pack"]
[plugins]
enabled = ["training"]
[plugins.training.courses]
conduct = {{ valid = "12 months" }}
mediation = {{ valid = "24 months", score = 60 }}
[register]
{tables}
[register.coverage]
{coverage}
"""
TABLES = ("disputes", "staff", "events", "notices", "payments", "documents", "requests", "parties", "assignments", "training")
PLAIN = "deadline"
TO = 'kind = "deadline"\nfrom = "received"\nto = "determined"\n'
STEPS = """steps = [
  {{ within = "15 {unit}" }}, {{ within = "30 {unit}", requires = ["reasoned"] }},
  {{ within = "60 {unit}", requires = ["approved", "extension_told"] }},
]
roll = "next_working_day"
"""
PAUSE = """pause = [
  {{ from = "{a}_started", to = "{a}_ended", requires = ["appraisal_told"] }}, {{ from = "{b}_started", to = "{b}_ended" }},
]
"""
CLOCK = TO + STEPS.format(unit="days")
WORKING_CLOCK = TO + STEPS.format(unit="working days")
PAUSED, NEVER_PAUSED = PAUSE.format(a="appraisal", b="mediation"), PAUSE.format(a="arbitration", b="audit")
RULES = {
    PLAIN: TO + 'within = "15 days"',
    "deadline in hours": TO + 'within = "360 hours"',
    "deadline, roll": TO + 'within = "15 days"\nroll = "next_working_day"',
    "deadline in working days": TO + 'within = "15 working days"',
    "three steps, roll": CLOCK,
    "three steps, roll, pauses that nobody has": CLOCK + NEVER_PAUSED,
    "three steps, roll, two pauses": CLOCK + PAUSED,
    "working days, steps, roll, nobody's pauses": WORKING_CLOCK + NEVER_PAUSED,
    "working days, steps, roll, two pauses": WORKING_CLOCK + PAUSED,
    "deadline with restart and stop": TO + 'within = "60 days"\nrestart = ["documents_completed"]\nstop = ["refusal_notified"]',
    "deadline, any of two": 'kind = "deadline"\nfrom = "received"\nto = { any = ["determined", "refusal_notified"] }\nwithin = "15 days"',
    "deadline, all of two": 'kind = "deadline"\nfrom = "received"\nto = { all = ["determined", "payment_made"] }\nwithin = "15 days"',
    "deadline, paid in full": 'kind = "deadline"\nfrom = "received"\nto = { sum = "payments.benefit", reaches = "amount_agreed" }\nwithin = "60 days"',
    "sequence": 'kind = "sequence"\nfirst = "cause_analysed"\nthen = "determined"',
    "required by a period": 'kind = "required"\nfields = ["product", "cause_analysed"]\nwhen = "received"\nby = "15 days"',
    "forbidden": 'kind = "forbidden"\nactivity = "mediation_invited"\nfrom = "determined"\nuntil = "agreement_signed"',
    "documents": 'kind = "documents"\nkinds = ["form", "contract"]\nby = "determined"\nverified = true',
    "documents or requested": 'kind = "documents"\nkinds = ["form", "contract"]\nby = { from = "received", within = "15 days" }\nor_requested = true',
    "documents, contents": 'kind = "documents"\nkinds = ["decision"]\ncontents = ["reasons", "remedies"]',
    "occurrences": 'kind = "occurrences"\nof = "meeting_held"\nmin = 1\ndistinct = "day"',
    "occurrences in a window": 'kind = "occurrences"\nof = "meeting_held"\nmin = 1\nfrom = "received"\nwithin = "60 working days"',
    "occurrences, party": 'kind = "occurrences"\nof = "notices.decision.sent"\nmin = 1\ndistinct = "party"',
    "condition": 'kind = "condition"\nholds = "amount_agreed <= amount_claimed"',
    "vocabulary": 'kind = "vocabulary"\ncolumn = "product"\nvalues = ["motor", "health", "life"]',
    "vocabulary over the events": f'kind = "vocabulary"\ncolumn = "events.activity"\nvalues = {list(MILESTONES)!r}',
    "amount": 'kind = "amount"\nactual = "amount_agreed"\nexpected = "least(amount_claimed * 0.8, 50000)"\ntolerance = 0.01',
    "heartbeat over three activities": 'kind = "heartbeat"\nactivities = ["acknowledged", "determined", "meeting_held"]\nevery = "30 days"\nfrom = "received"',
    "heartbeat over the milestones": f'kind = "heartbeat"\nactivities = {list(MILESTONES)!r}\nevery = "30 days"\nfrom = "received"\nuntil = "survey_sent"',
    "limit": 'kind = "limit"\nmax = 1\nmeasure = { of = "notices.decision", distinct = "party_id" }',
    "limit per handler": 'kind = "limit"\nmax = 1500\nper = "handler_id"\nmeasure = { of = "events.meeting_held" }',
    "independence": 'kind = "independence"\nrole = "mediator"\nwhen = "meeting_held"\nnot_in = ["conflict", "organisation", "handler_id", "assignments.handler"]',
    "qualification over the milestones": f'kind = "qualification"\nof = {list(MILESTONES)!r}\ncourses = ["conduct"]',
    "qualification of two, two courses": 'kind = "qualification"\nof = ["determined", "meeting_held"]\ncourses = ["conduct", "mediation"]',
    "in_place": 'kind = "in_place"\nevidence = ["assignments.handler"]\nfrom = "received"\nuntil = "determined"',
}  # fmt: skip
AIMS = {
    "three steps, roll, two pauses": 15.0, "three steps, roll, pauses that nobody has": 1.5, "heartbeat over the milestones": 30.0,
    "qualification over the milestones": 15.0,
}  # fmt: skip
"""How many times as long as a plain deadline's a control of this rule may take."""


class Cost(NamedTuple):
    """Seconds of the processor for the query and for the whole control, seconds of the control by the clock, and the peak so far."""

    query: float
    control: float
    clock: float
    mebibytes: float


def extended(work: Path, disputes: int) -> Path:
    """The yardstick's register with the records that the other kinds read; every value is a hash of the dispute's number."""
    folder, base = work / f"kinds-{disputes}", generated(work, disputes)
    if (folder / "assignments.parquet").is_file():
        return folder
    folder.mkdir(exist_ok=True)
    db = duckdb.connect()
    db.execute(f"create view dispute as select *, substr(dispute_id, 2)::bigint as i from '{base}/disputes.parquet'")
    db.execute("create macro chance(i, salt) as (hash(i * 401 + salt * 7919) % 100)::int")
    # up to so many days after the dispute was received, at any second
    db.execute("create macro later(i, salt, days) as to_seconds((hash(i * 503 + salt * 104729) % (days * 86400))::bigint)")
    happened = []
    for k, pause in enumerate(("appraisal", "mediation")):
        for again, share in ((0, 40), (1, 6)):
            salt = 10 * k + 4 * again
            begun = f"received_at + later(i, {salt}, {14 + 40 * again})"
            happened.append(f"select i, '{pause}_started' as activity, {begun} as occurred_at from dispute where chance(i, {salt}) < {share}")
            # one in ten is still open; three in a hundred ended without having begun
            ended = f"(chance(i, {salt}) < {share} and chance(i, {salt + 1}) >= 10) or chance(i, {salt + 2}) < 3"
            happened.append(f"select i, '{pause}_ended', {begun} + later(i, {salt + 3}, 20) from dispute where {ended}")
    for salt, (name, share, days) in enumerate(
        (("appraisal_told", 60, 20), ("reasoned", 40, 20), ("approved", 30, 35), ("extension_told", 30, 35)), 50
    ):
        happened.append(f"select i, '{name}', received_at + later(i, {salt}, {days}) from dispute where chance(i, {salt}) < {share}")
    records = {
        "disputes": f"select *, 'CNY' as currency from '{base}/disputes.parquet'",
        "staff": "select 'S' || n as staff_id, date '2015-01-01' as joined_on from range(500) t(n)",
        # renewed each year at the turn of a month; of a hundred people three renew half a year late, and two have nothing
        "training": """select 'S' || n as staff_id, course, (date '2023-03-01' + to_months(months::int))::date as completed_at, null::date as expires_on,
                              70 + n % 30 as score
                       from (select n, course, 12 * k + n % 9 + case when n % 100 < 3 then 6 * (k % 2) else 0 end as months
                             from range(500) t(n), range(4) y(k), (values ('conduct'), ('mediation')) c(course) where n % 50 > 0)""",
        "events": f"""select subject, subject_id, activity, occurred_at, 'S' || (hash(subject_id) % 500) as actor_id from '{base}/events.parquet'
                      union all select 'disputes', 'D' || i, activity, occurred_at, 'S' || (hash('D' || i) % 500) from ({" union all ".join(happened)})""",
        "notices": """select 'disputes' as subject, dispute_id as subject_id, 'decision' as kind, 'P' || (i + n) as party_id,
                             received_at + later(i, 60 + n, 60) as sent_at,
                             case when chance(i, 62 + n) < 80 then ['findings', 'reasons', 'remedies'] else ['findings'] end as contents
                      from dispute, range(2) t(n) where chance(i, 64 + n) < 70 - 40 * n""",
        "payments": """select 'disputes' as subject, dispute_id as subject_id, 'benefit' as kind, received_at + later(i, 70 + n, 80) as paid_at,
                              (amount_agreed * (n + 1) / 3)::decimal(18, 2) as amount, 'CNY' as currency from dispute, range(3) t(n) where chance(i, 73) < 70""",
        "documents": """select 'disputes' as subject, dispute_id as subject_id, kind, received_at + later(i, 80 + n, 40) as received_at,
                               received_at + later(i, 80 + n, 50) as verified_at, 'S1' as verified_by, 'S' || chance(i, 81) as submitted_by,
                               sha256(i::varchar) as sha256
                        from dispute, (values (0, 'form'), (1, 'contract')) k(n, kind) where chance(i, 82 + n) < 85""",
        "requests": """select 'disputes' as subject, dispute_id as subject_id, kind, received_at + later(i, 90, 20) as asked_at
                       from dispute, (values (0, 'form'), (1, 'contract')) k(n, kind) where chance(i, 91) < 50""",
        "parties": """select 'disputes' as subject, dispute_id as subject_id, 'mediator' as role, 'S' || (hash(i * 97) % 500) as person_id,
                             chance(i, 95) < 2 as conflict, 'house of mediation' as organisation, received_at::date + chance(i, 96) as starts_on,
                             null::date as ends_on
                      from dispute where chance(i, 97) < 60""",
        "assignments": """select 'disputes' as subject, dispute_id as subject_id, 'handler' as role, 'S' || (hash(i * 19 + n) % 500) as staff_id,
                                 received_at + to_days(n * 20) as starts_at,
                                 case when n = 0 then received_at + to_days(18 + chance(i, 98) % 4) end as ends_at
                          from dispute, range(2) t(n)""",
    }  # fmt: skip
    for name, query in records.items():
        db.execute(f"copy ({query}) to '{folder}/{name}.parquet' (format parquet)")
    return folder


def project(folder: Path, data: Path, rules: dict[str, str]) -> Path:
    (folder / "pack").mkdir(parents=True, exist_ok=True)
    pack = PACK + "".join(CONTROL.format(id=f"K{number:02}") + rule + "\n" for number, rule in enumerate(rules.values()))
    (folder / "pack" / "pack.toml").write_text(pack, encoding="utf-8")
    tables = "\n".join(f'{name} = {{ path = "{data.as_posix()}/{name}.parquet" }}' for name in TABLES)
    coverage = "\n".join(f'{name} = {{ from = 2022-01-01, source = "yardstick", declared_by = "benchmark" }}' for name in TABLES[2:])
    (folder / "disputekit.toml").write_text(PROJECT.format(tables=tables, coverage=coverage), encoding="utf-8")
    return folder


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(db: duckdb.DuckDBPyConnection, query: exp.Select, subjects: int, part: Path) -> Cost:
    begin = time.process_time()
    db.execute(f"create or replace temp table result as {sql.written(query)}")
    alone, begin, clock = time.process_time() - begin, time.process_time(), time.perf_counter()
    decide(db, query, subjects, part)
    return Cost(alone, time.process_time() - begin, time.perf_counter() - clock, peak())


def measured(folder: Path, rules: dict[str, str], rounds: int) -> dict[str, Cost]:
    """The cost of each rule; prints what it takes to load the register and to put the facts together."""
    found = load_project(folder)
    blocks = blocks_of(found)
    packs = packs_of(found, blocks)
    run = run_of(found, packs, AS_OF, None, None)
    calendar = load_calendar(found.file.organisation.calendar, folder, "kinds")
    (folder / "queries").mkdir(exist_ok=True)
    with workspace(Engine(threads=2)) as (db, scratch):
        clock, processor = time.perf_counter(), time.process_time()
        made = load(db, found, blocks, packs, collect(blocks, run), run, scratch, folder, lambda *_: None)
        prepared, register = made.checks, made.register
        absent = [f"{p.id}: {', '.join(map(str, p.absent))}" for p in prepared if p.absent]
        if absent:
            raise SystemExit(f"not supplied: {absent}")
        create_calendar(db, calendar)
        print(f"  {'register':45} {'':18} {time.process_time() - processor:8.2f} s {'':8} {time.perf_counter() - clock:7.2f} s {peak():7.0f} MiB")
        clock, processor = time.perf_counter(), time.process_time()
        stage = put_facts(db, blocks.tables, found.register.coverage, prepared, register, calendar, AS_OF, folder / "queries")
        print(f"  {'facts':45} {'':18} {time.process_time() - processor:8.2f} s {'':8} {time.perf_counter() - clock:7.2f} s {peak():7.0f} MiB")
        queries = {name: (p.reads.subject, stage.query(p, stage.vocabulary(p))) for name, p in zip(rules, prepared, strict=True)}
        costs: dict[str, list[Cost]] = {name: [] for name in rules}
        for _ in range(rounds):
            for name, (subject, query) in queries.items():
                costs[name].append(timed(db, query, register.tables[subject].rows_loaded, folder / "findings.parquet"))
    return {name: Cost(*(statistics.median(v) for v in list(zip(*c, strict=True))[:3]), max(x.mebibytes for x in c)) for name, c in costs.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disputes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only rules whose name holds this, and the plain deadline")
    parser.add_argument("--work", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        rules = {name: rule for name, rule in RULES.items() if name == PLAIN or options.only in name}
        data = extended(work, options.disputes)
        print(f"{options.disputes:,} disputes, median of {options.rounds}, two threads:")
        print(f"  {'':45} {'query':>10} {'plain':>7} {'control':>10} {'plain':>7} {'clock':>9} {'peak':>11}")
        costs = measured(project(work / "kinds", data, rules), rules, options.rounds)
    plain = costs[PLAIN]
    for name, cost in costs.items():
        alone, whole = f"{cost.query:8.2f} s {cost.query / plain.query:5.1f} x", f"{cost.control:8.2f} s {cost.control / plain.control:5.1f} x"
        aim = f"  (aim: at most {AIMS[name]:g})" if name in AIMS else ""
        print(f"  {name:45} {alone} {whole} {cost.clock:7.2f} s {cost.mebibytes:7.0f} MiB{aim}")


if __name__ == "__main__":
    main()

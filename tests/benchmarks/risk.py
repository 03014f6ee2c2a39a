"""What risk points cost beside the checks: python -m tests.benchmarks.risk [--disputes 1000000] [--rounds 3] [--queries]

Generates the register of ../shared/yardstick (10 events to a dispute) and adds what the detectors read: regions, causes, claims, complexity,
offers and contracts, decisions with clauses, pauses, extensions and withdrawals; every value is a hash of the dispute's number. `assess` runs
with the yardstick's 35 controls, in turn without and with the plugin, each in a process of its own with two threads. Printed: the seconds of
both stages of one and the same run and their ratio, by the clock and of the processor (where the disk
is slow the clock favours what doesn't write), those of the whole runs, and the peak memory. `--queries`: the seconds of every detector.
Everything is written below --work (default: a temporary folder).
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
from tests.benchmarks.yardstick import Ran, controls, generated, ran

from disputekit.assess import Engine, assess
from disputekit.config import load_project

AIM = 0.5
PROJECT = """
[organisation]
name = "yardstick"
calendar = "weekends"
timezone = "Asia/Shanghai"
language = "en"
[policies]
packs = ["./pack"]
[plugins]
enabled = [{plugins}]
[register]
{tables}
[register.coverage]
events = {{ from = 2025-01-01, source = "yardstick", declared_by = "benchmark" }}
decisions = {{ from = 2025-01-01, source = "yardstick", declared_by = "benchmark" }}
"""
TABLES = ("disputes", "events", "contracts", "decisions")


def extended(work: Path, disputes: int) -> Path:
    """The yardstick's register with everything that a detector reads."""
    folder, base = work / f"risk-{disputes}", generated(work, disputes)
    if (folder / "decisions.parquet").is_file():
        return folder
    folder.mkdir(exist_ok=True)
    db = duckdb.connect()
    db.execute("create macro chance(i, salt) as (hash(i * 401 + salt * 7919) % 100)::int")
    db.execute("create macro later(i, salt, days) as to_seconds((hash(i * 503 + salt * 104729) % (days * 86400))::bigint)")
    db.execute(f"create view dispute as select *, substr(dispute_id, 2)::bigint as i from '{base}/disputes.parquet'")
    happened = ((1, "appraisal_started", 8), (2, "extension_approved", 5), (3, "withdrawn", 4))
    more = " union all ".join(
        f"select 'disputes', dispute_id, '{name}', received_at + later(i, {salt}, 40), handler_id from dispute where chance(i, {salt}) < {share}"
        for salt, name, share in happened
    )
    tables = {
        "disputes": """select * exclude (i), 'R' || chance(i, 4) % 31 as region, 'cause ' || chance(i, 5) % 12 as cause, 'L' || i // 2 as claim_id,
                              'K' || i // 3 as contract_id, case when chance(i, 6) < 10 then 'complex' else 'simple' end as complexity,
                              (amount_claimed * 0.9)::decimal(18, 2) as amount_offered, 'CNY' as currency,
                              received_at + later(i, 7, 1) * case when chance(i, 8) < 5 then 5 else 1 end as registered_at,
                              case when chance(i, 9) < 90 then received_at + later(i, 10, 90) end as closed_at from dispute""",
        "events": f"select subject, subject_id, activity, occurred_at, actor_id from '{base}/events.parquet' union all {more}",
        "contracts": """select distinct 'K' || i // 3 as contract_id, 80000::decimal(18, 2) as amount_limit, 100::decimal(18, 2) as amount_deductible,
                               0.1::decimal(18, 4) as coinsurance, 'CNY' as currency from dispute""",
        "decisions": """select 'disputes' as subject, dispute_id as subject_id, case when chance(i, 11) < 12 then 'refusal' else 'determination' end as kind,
                               received_at + later(i, 12, 60) as decided_at, ['art. ' || chance(i, 13) % 20, 'art. ' || 20 + chance(i, 14) % 5] as clauses
                        from dispute where chance(i, 15) < 85""",
    }  # fmt: skip
    for name, query in tables.items():
        db.execute(f"copy ({query}) to '{folder}/{name}.parquet' (format parquet)")
    return folder


def project(folder: Path, data: Path, plugins: str) -> Path:
    (folder / "pack").mkdir(parents=True, exist_ok=True)
    (folder / "pack" / "pack.toml").write_text(controls(), encoding="utf-8")
    tables = "\n".join(f'{name} = {{ path = "{data.as_posix()}/{name}.parquet" }}' for name in TABLES)
    (folder / "disputekit.toml").write_text(PROJECT.format(tables=tables, plugins=plugins), encoding="utf-8")
    return folder


def stages(folder: Path) -> None:
    """Runs `assess` and prints the seconds of its stages as JSON, told by what it says it is doing."""
    begun: list[tuple[str, float, float]] = []
    manifest = assess(load_project(folder), date(2025, 12, 31), folder / "assessment", engine=Engine(threads=2), replace_existing=True,
                      progress=lambda what, *_: begun.append((str(what), time.perf_counter(), time.process_time())))  # fmt: skip
    begun.append(("", time.perf_counter(), time.process_time()))
    if manifest.errors or any(d.state != "looked" for d in manifest.risk_detectors):
        sys.exit(f"not measured: {manifest.errors} {[(d.name, d.state, d.absent) for d in manifest.risk_detectors]}")
    took = [(what, after - at, used - before) for (what, at, before), (_, after, used) in pairwise(begun)]
    found = {"points": len(manifest.risk_points), "tests": sum(d.tests for d in manifest.risk_detectors)}
    print("\n" + json.dumps({**found, "took": took}))


def measured(folder: Path) -> tuple[Ran, dict[str, object], list[tuple[str, float, float]]]:
    one = ran(sys.executable, "-m", "tests.benchmarks.risk", "--stages", str(folder))
    told = json.loads(one.output.splitlines()[-1])
    return one, told, told["took"]


def seconds(took: list[tuple[str, float, float]], begins: str, of: int = 1) -> float:
    """By the clock (1) or of the processor (2)."""
    return sum(one[of] for one in took if str(one[0]).startswith(begins))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disputes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--queries", action="store_true")
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--stages", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stages is not None:
        stages(options.stages)
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        data = extended(work, options.disputes)
        without, with_risk = project(work / "without", data, ""), project(work / "with", data, '"risk"')
        plain, risky = [], []
        for _ in range(options.rounds):
            plain.append(measured(without))
            risky.append(measured(with_risk))
    checks, risk, checks_used, risk_used = (
        statistics.median(seconds(took, what, of) for _, _, took in risky) for of in (1, 2) for what in ("Checking", "Looking for risk points")
    )
    whole, alone = (statistics.median(one.seconds for one, *_ in runs) for runs in (risky, plain))
    print(
        f"{options.disputes:,} disputes, 35 controls, median of {options.rounds}; {risky[0][1]['tests']:,} tests, {risky[0][1]['points']} risk points:"
    )
    print(f"  checks          {checks:6.1f} s  processor {checks_used:6.1f} s")
    print(
        f"  risk points     {risk:6.1f} s  processor {risk_used:6.1f} s  = {risk / checks:.2f} x the checks, processor {risk_used / checks_used:.2f} x (aim: {AIM:g})"
    )
    print(f"  whole run       {whole:6.1f} s  {max(one.mebibytes for one, *_ in risky):6.0f} MiB")
    print(f"  … without risk  {alone:6.1f} s  {max(one.mebibytes for one, *_ in plain):6.0f} MiB")
    if options.queries:
        for what in dict.fromkeys(what for what, *_ in risky[0][2] if what.startswith("Looking for risk points")):
            print(f"  {statistics.median(seconds([t for t in took if t[0] == what], '') for _, _, took in risky):6.2f} s  {what}")


if __name__ == "__main__":
    main()

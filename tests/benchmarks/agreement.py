"""Holds every kind's query against its oracle on a great many generated cases, and counts the differences.

Counts each verdict, too, and says which ones stand in a kind's queries and never came up: those the generated cases don't reach.

    python -m tests.benchmarks.agreement --cases 1000000 [--seed 1] [kind ...]

A case is one rule on one subject. The same seed makes the same cases. Kinds of plugins are here, too: each brings its registers and rules (`GENERATED`).
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from sqlglot import exp
from tests.core.oracles.compare import FIELDS, Engine, Generated, by_query, by_walk, cases, make_rule, make_world
from tests.plugins.training.compare import GENERATED as TRAINING

from disputekit.calendars import Calendar
from disputekit.core import Core
from disputekit.extension import RuleKind
from disputekit.outcomes import Verdict

SUBJECTS = 1000
"""Subjects of a register."""
RULES = 6
"""Rules that are asked of each register."""


def verdicts_in(query: exp.Select) -> Iterator[str]:
    """The verdicts that a query may give, as they stand in its text."""
    for text in query.find_all(exp.Literal):
        with suppress(ValueError):
            yield str(Verdict.read(str(text.this)))


def _of_core(kind: RuleKind) -> Generated:
    return Generated(lambda rng, subjects: (kind, make_world(rng, subjects)), cases, make_rule)


KINDS = {kind.name: _of_core(kind) for kind in Core().register_rule_kinds() if kind.name in FIELDS} | TRAINING


def compare(name: str, wanted: int, seed: int) -> tuple[int, Counter[str], Counter[tuple[str, str]]]:
    """How many cases were compared; how often each verdict came up (0: never, though a query has it); how often query and oracle differed."""
    engines: dict[Calendar, Engine] = {}
    done, verdicts, different = 0, Counter[str](), Counter[tuple[str, str]]()
    world_number = 0
    while done < wanted:
        rng = random.Random(f"{name} {seed} {world_number}")
        kind, world = KINDS[name].world(rng, SUBJECTS)
        if world.calendar not in engines:
            engines[world.calendar] = Engine(world.calendar)
        engine = engines[world.calendar]
        register, found = engine.load(world), list(KINDS[name].cases(world))
        for rule in (KINDS[name].rule(rng, kind, world) for _ in range(RULES)):
            said = by_query(engine, register, world, kind, rule, lambda query: verdicts.update(dict.fromkeys(verdicts_in(query), 0)))
            walked = by_walk(found, kind, rule)
            done += len(walked)
            verdicts.update(walked.values())
            wrong = Counter((said[subject], walked[subject]) for subject in walked if said[subject] != walked[subject])
            if wrong:
                different += wrong
                print(f"  register {world_number}: {rule.model_dump(exclude_none=True, exclude={'title', 'remedy'})}: {dict(wrong)}")
        world_number += 1
    return done, verdicts, different


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(KINDS))
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    total = 0
    for name in given.kinds if given.kinds else KINDS:
        begun = time.perf_counter()
        done, verdicts, different = compare(name, given.cases, given.seed)
        total += different.total()
        print(f"{name}: {done} cases, {different.total()} differences, {time.perf_counter() - begun:.0f} s", flush=True)
        print("  " + ", ".join(f"{verdict} {count}" for verdict, count in sorted(verdicts.items()) if count), flush=True)
        never = [verdict for verdict, count in sorted(verdicts.items()) if not count]
        if never:
            print(f"  never: {', '.join(never)}", flush=True)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())

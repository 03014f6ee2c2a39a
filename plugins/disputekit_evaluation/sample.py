"""A draw that nobody can steer: it follows from the hash of what was handed over and a seed that the assessor names afterwards.

Within each stratum the cases stand in the order of SHA-256 over three lines, the hash, the seed and the case's id, and the first are drawn. A
stranger repeats it: `printf '%s\\n%s\\n%s' HASH SEED ID | sha256sum`. A larger draw with the same seed holds the smaller one.

The population is everything: rows that couldn't be read, disputes withdrawn, merged or not concerned. Its strata are what the insurer itself says of the
cases: excused by a waiver or a disposition, in breach, unknown, withdrawn, merged into another, due soon, and clean (those that no rule concerns are among
them), where what nobody declared would hide.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from heapq import nsmallest
from pathlib import Path

from disputekit import DisputekitError, Phrase, Problem, Text, say
from disputekit_evaluation.sizing import Inferred, Stratum, infer, planned_sizes

STRATA: Mapping[str, Text] = {
    "rejected": Text(zh="无法读取", en="couldn't be read"), "excused": Text(zh="已豁免或处理", en="excused"), "breach": Text(zh="违规", en="in breach"),
    "unknown": Text(zh="无法判断", en="unknown"), "withdrawn": Text(zh="已撤回", en="withdrawn"), "merged": Text(zh="已并案", en="merged"),
    "warned": Text(zh="即将到期", en="due soon"), "clean": Text(zh="其余", en="the rest"),
}  # fmt: skip
VERDICTS = {"correct": "相符", "deviates": "有偏差", "cannot tell": "无法判断"}
"""What a reviewer may write, in either language or both. An empty cell counts as `cannot tell`, and that counts as a deviation."""
_WRITTEN = {text: code for code, zh in VERDICTS.items() for text in (code, zh, f"{code} {zh}")}
_COLUMNS = ("stratum 层", "case 案件", "verdict 结论", "note 备注")


@dataclass(frozen=True)
class Plan:
    """What the assessor asks for. planned: how many deviations the size allows for in each stratum."""

    confidence: Fraction
    tolerable: Fraction
    planned: int = 0


@dataclass(frozen=True)
class Draw:
    """The cases that were drawn, by stratum in the order of the draw, and how many there are of each."""

    sha256: str
    seed: str
    plan: Plan
    populations: dict[str, int]
    cases: tuple[tuple[str, str], ...]


def rank(sha256: str, seed: str, case: str) -> str:
    """The place of a case in the order of the draw."""
    return hashlib.sha256(f"{sha256}\n{seed}\n{case}".encode()).hexdigest()


def draw(population: Iterable[tuple[str, str]], sha256: str, seed: str, plan: Plan) -> Draw:
    """Draws from a population of cases with their strata. Raises DisputekitError for a seed that is empty or has a line break."""
    if not seed.strip() or "\n" in seed:
        raise DisputekitError.at("seed", say("the assessor's seed is one line that isn't empty"))
    by_stratum: dict[str, list[str]] = {s: [] for s in STRATA}
    for case, stratum in population:
        by_stratum[stratum].append(case)
    populations = {s: len(cases) for s, cases in by_stratum.items() if cases}
    sizes = planned_sizes(tuple(populations.values()), plan.confidence, plan.tolerable, plan.planned)
    drawn = [
        (s, case)
        for s, size in zip(populations, sizes, strict=True)
        for case in nsmallest(size, by_stratum[s], key=lambda c: (rank(sha256, seed, c), c))
    ]
    return Draw(sha256, seed, plan, populations, tuple(drawn))


def write_sheet(drawn: Draw, path: Path) -> None:
    """The sheet that goes out to the reviewer: a row for each case, a verdict to choose, and what the draw rests on."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet("review 复核")
        sheet.write_row(0, 0, _COLUMNS, book.add_format({"bold": True}))
        for number, (stratum, case) in enumerate(drawn.cases, 1):
            sheet.write_row(number, 0, (f"{stratum} {STRATA[stratum].zh}", case))
        sheet.data_validation(1, 2, max(len(drawn.cases), 1), 2, {"validate": "list", "source": [f"{code} {zh}" for code, zh in VERDICTS.items()]})
        sheet.set_column(1, 3, 30)
        about = book.add_worksheet("draw 抽样")
        rows = [("hash", drawn.sha256), ("seed", drawn.seed), ("confidence", str(drawn.plan.confidence)), ("tolerable", str(drawn.plan.tolerable)),
                ("planned", str(drawn.plan.planned)), *((s, str(n)) for s, n in drawn.populations.items())]  # fmt: skip
        for number, row in enumerate(rows):
            about.write_row(number, 0, row)


def read_sheet(path: Path, population: Sequence[tuple[str, str]], sha256: str) -> Inferred:
    """What a sheet that came back says of all. The draw is made again, and the sheet's cases must be those.

    Raises DisputekitError with everything that is wrong with it: another package, a case added, removed or twice, a verdict that isn't one.
    """
    wanted, rows, wrong = _read(path, population, sha256)
    wrong += [say("{case}: {verdict!r} is no verdict", case=row[1], verdict=row[2]) for row in rows if row[2] and row[2] not in _WRITTEN]
    if wrong:
        raise DisputekitError(*(Problem(str(path), w) for w in wrong))
    count = Counter((row[0], _WRITTEN.get(row[2], "")) for row in rows)
    strata = [
        Stratum(s, n, sum(k for (name, _), k in count.items() if name == s), count[s, "deviates"], count[s, "cannot tell"] + count[s, ""])
        for s, n in wanted.populations.items()
    ]
    return infer(strata, wanted.plan.confidence, wanted.plan.tolerable)


def drawn_in(path: Path, population: Sequence[tuple[str, str]], sha256: str) -> Draw:
    """The draw that a sheet is of, made again: whatever the sheet says, only what the hash and the seed come to is drawn.

    Raises DisputekitError where its cases aren't those.
    """
    wanted, _, wrong = _read(path, population, sha256)
    if wrong:
        raise DisputekitError(*(Problem(str(path), w) for w in wrong))
    return wanted


def _read(path: Path, population: Sequence[tuple[str, str]], sha256: str) -> tuple[Draw, list[tuple[str, ...]], list[Phrase]]:
    """The draw of a sheet, its rows, and which of them aren't of the draw."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        review, about = (book.get_sheet_by_index(n).to_python() for n in (0, 1))
        told = {str(row[0]): str(row[1]) for row in about}
        plan = Plan(Fraction(told["confidence"]), Fraction(told["tolerable"]), int(told["planned"]))
        rows = [tuple(str(cell).strip() for cell in row[:3]) for row in review[1:]]
        rows = [(stratum.partition(" ")[0], case, verdict) for stratum, case, verdict in rows]
    except (python_calamine.CalamineError, OSError, KeyError, IndexError, ValueError) as bad:
        raise DisputekitError.at(str(path), say("isn't a review sheet ({reason})", reason=bad)) from None
    if told["hash"] != sha256:
        raise DisputekitError.at(str(path), say("was drawn from something else, {hash}", hash=told["hash"]))
    wanted = draw(population, sha256, told["seed"], plan)
    drawn, given = set(wanted.cases), Counter((row[0], row[1]) for row in rows)
    wrong = [say("{case} was drawn and isn't in the sheet", case=c) for s, c in wanted.cases if (s, c) not in given]
    wrong += [say("{case} wasn't drawn, or stands here twice", case=c) for (s, c), n in given.items() if n > 1 or (s, c) not in drawn]
    return wanted, rows, wrong

"""The tables of the public variant: disputes counted by quasi-identifiers, and what each control came to, small counts suppressed.

Why nobody can put the tables together to learn more, although they share a dimension and totals: how many disputes each value of the first
quasi-identifier has is published, and so the same whatever is suppressed elsewhere. Given those numbers, whatever disputes there may be by all
quasi-identifiers goes with whatever a control may have come to by the first of them: within each value, the one can be dealt out to the other.
So each table is protected by itself (`disclosure`), and protected for all of them together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log2

from disputekit import Manifest, Tabulated
from disputekit_evaluation.disclosure import Cells, Sum, suppress
from disputekit_evaluation.profile import Publish

TOTAL, OTHER, NONE = "_T", "_O", "_U"
"""All values together, those that aren't named, and where there is none: the codes that SDMX has for them (cross-domain code lists, 2.1)."""
DISPUTES, ORGANISATION = "disputes", "organisation"
BREAKDOWN = ("fail", "unknown", "other")
REST = ("pass", "pending", "not_applicable")
"""What `other` is made of; only of all disputes together."""
_COSTS: Mapping[str, float] = {"fail": 4, "unknown": 3, "other": 1, "pass": 1, "pending": 3, "not_applicable": 8}
"""What it means to lose a count. That nothing applies is often the same for several controls, so it is the last to hide something behind."""
_EMPTY = 20.0
"""What it means to suppress a count of 0: often everybody knows that there can be none, so that nothing is hidden behind it."""
_ALL = 3.0
Counts = dict[tuple[str, ...], int]


@dataclass(frozen=True)
class Aggregates:
    """What is published; a count of None is suppressed.

    by: the quasi-identifiers that disputes are counted by; dropped: those that were named, too, and can't be published with them. merged: how many
    values of each went together. disputes: by their values. subjects: of each control. outcomes: control, value of the first of `by`, outcome.
    """

    by: tuple[str, ...]
    dropped: tuple[str, ...]
    merged: Mapping[str, int]
    disputes: Mapping[tuple[str, ...], int | None]
    subjects: Mapping[str, int | None]
    outcomes: Mapping[tuple[str, str, str], int | None]

    @property
    def counts(self) -> tuple[int | None, ...]:
        return (*self.disputes.values(), *self.outcomes.values())


def aggregates(found: Tabulated, manifest: Manifest, publish: Publish, names_somebody: Callable[[str], bool]) -> Aggregates | None:
    """The tables; None where there are too few disputes to say anything. names_somebody: whether a value is the name or number of a person."""
    if sum(n for _, n in found.disputes) < publish.group:
        return None
    put = [_merging(found, place, publish, names_somebody) for place in range(len(publish.by))]
    merged = {name: sum(1 for v in into.values() if v == OTHER) for name, into in zip(publish.by, put, strict=True)}
    several = [n for n, into in enumerate(put) if len(set(into.values())) > 1]
    while True:
        by, hidden = tuple(publish.by[n] for n in several), None
        cells = _counted(((tuple(put[n][values[n]] for n in several), count) for values, count in found.disputes), len(by))
        hidden = _cube(cells, publish)
        if hidden is not None:
            break
        # with so few, what the last one adds could be worked out of the totals
        several.pop()
    disputes = {key: None if key in hidden else n for key, n in cells.items()}
    totals = {key[0]: n for key, n in cells.items() if by and all(v == TOTAL for v in key[1:]) and key[0] != TOTAL}
    first = put[publish.by.index(by[0])] if by and by[0] == publish.by[0] else {}
    subjects: dict[str, int | None] = {}
    outcomes: dict[tuple[str, str, str], int | None] = {}
    for control in manifest.controls:
        counts = {o: control.count(o) for o in ("fail", "unknown", *REST)}  # type: ignore[arg-type]
        whole = sum(counts.values())
        small = whole < publish.group and control.subject != ORGANISATION
        subjects[control.id] = None if small else whole
        given: dict[tuple[str, str], int | None]
        if small:
            given = {(TOTAL, o): None for o in counts}
        elif control.subject == ORGANISATION:
            given = {(TOTAL, o): n for o, n in counts.items()}
        else:
            broken = _broken_down(found, control.id, first, totals) if control.subject == DISPUTES and first else None
            same = broken is not None and whole == sum(totals.values()) and all(broken[TOTAL, o] == counts[o] for o in ("fail", "unknown"))
            given = _outcomes(counts, broken if same and broken is not None else {}, totals, publish)
        outcomes |= {(control.id, value, outcome): n for (value, outcome), n in given.items()}
    return Aggregates(by, tuple(b for b in publish.by if b not in by), {b: merged[b] for b in by}, disputes, subjects, outcomes)


def _merging(found: Tabulated, place: int, publish: Publish, names_somebody: Callable[[str], bool]) -> dict[str | None, str]:
    """By what each value of a quasi-identifier is published: itself, or what stands for all that are rare or name somebody."""
    counts: dict[str | None, int] = {}
    for values, n in found.disputes:
        counts[values[place]] = counts.get(values[place], 0) + n
    in_order = sorted(counts, key=lambda v: (-counts[v], v or ""))
    named = [v for v in in_order if counts[v] >= publish.group and (v is None or not (v in (TOTAL, OTHER, NONE) or names_somebody(v)))]
    named = named[: publish.values]
    while named and 0 < sum(counts.values()) - sum(counts[v] for v in named) < publish.group:
        named.pop()
    return {v: (NONE if v is None else v) if v in named else OTHER for v in in_order}


def _counted(rows: Iterable[tuple[tuple[str, ...], int]], size: int) -> Counts:
    """Every combination of values, and of totals for any of them, with its count."""
    given = list(rows)
    values = [sorted({key[n] for key, _ in given}) for n in range(size)]
    cells: Counts = dict.fromkeys(product(*([*v, TOTAL] for v in values)), 0)
    for key, n in given:
        for above in product(*((v, TOTAL) for v in key)):
            cells[above] += n
    return cells


def _cube(cells: Counts, publish: Publish) -> frozenset[tuple[str, ...]] | None:
    """What is suppressed of the disputes by all quasi-identifiers; None where that can't be done and keep the totals by each of them."""
    keys = list(cells)
    at = {key: n for n, key in enumerate(keys)}
    sums = []
    for key in keys:
        for n, value in enumerate(key):
            if value == TOTAL:
                sums.append(Sum(at[key], tuple(at[k] for k in keys if k[n] != TOTAL and (*k[:n], TOTAL, *k[n + 1 :]) == key)))
    fixed = frozenset(at[key] for key in keys if sum(v != TOTAL for v in key) < 2)
    costs = [1 + log2(1 + n) if n else _EMPTY for n in cells.values()]
    hidden = suppress(Cells(tuple(cells.values()), costs, sums, fixed), max(publish.k, publish.smallest), publish.protection)
    return None if hidden is None else frozenset(keys[i] for i in hidden)


def _broken_down(found: Tabulated, control: str, first: Mapping[str | None, str], totals: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """What a control came to, by the first quasi-identifier and for all."""
    counts = dict.fromkeys(product((*totals, TOTAL), BREAKDOWN), 0)
    for name, value, outcome, n in found.outcomes:
        if name == control:
            counts[first[value], outcome] += n
    for value, n in totals.items():
        counts[value, "other"] = n - counts[value, "fail"] - counts[value, "unknown"]
    for value, outcome in product(totals, BREAKDOWN):
        counts[TOTAL, outcome] += counts[value, outcome]
    return counts


def _outcomes(
    whole: Mapping[str, int], broken: Mapping[tuple[str, str], int], totals: Mapping[str, int], publish: Publish
) -> dict[tuple[str, str], int | None]:
    """A control's counts, what must be suppressed of them, by value and outcome."""
    cells = {**broken, **{(TOTAL, o): n for o, n in whole.items()}}
    keys = list(cells)
    at = {key: n for n, key in enumerate(keys)}
    sums = list(_sums(at, totals if broken else {}, len(keys)))
    fixed = range(len(keys), len(keys) + (len(totals) + 1 if broken else 1))
    counts = [*cells.values(), *(totals.values() if broken else ()), sum(whole.values())]
    costs = [(_COSTS[outcome] * (_ALL if value == TOTAL and broken else 1)) if n else _EMPTY for (value, outcome), n in cells.items()]
    hidden = suppress(Cells(counts, [*costs, *(0.0 for _ in fixed)], sums, frozenset(fixed)), publish.smallest, publish.protection,
                      [at[key] for key in _of_everybody(cells, totals)] if broken else ())  # fmt: skip
    if hidden is None and broken:
        return _outcomes(whole, {}, totals, publish)
    return {key: None if hidden is None or at[key] in hidden else n for key, n in cells.items()}


def _of_everybody(cells: Mapping[tuple[str, str], int], totals: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """The counts that are a whole group: who is known to be of it would be known to have a breach, or to be one of whom it can't be told (homogeneity;
    Machanavajjhala et al., TKDD 1 (2007), 3). Where it is so of all groups, it is no group's.
    """
    everybody = sum(totals.values())
    for outcome in ("fail", "unknown"):
        if cells[TOTAL, outcome] < everybody:
            yield from ((value, outcome) for value, n in totals.items() if 0 < n == cells[value, outcome])


def _sums(at: Mapping[tuple[str, str], int], totals: Sequence[str] | Mapping[str, int], size: int) -> Iterator[Sum]:
    """Of the cells of a control; after them stand the totals of each value, and at the end that of all."""
    if not totals:
        yield Sum(size, tuple(at.values()))
        return
    for n, value in enumerate(totals):
        yield Sum(size + n, tuple(at[value, o] for o in BREAKDOWN))
    for outcome in BREAKDOWN:
        yield Sum(at[TOTAL, outcome], tuple(at[value, outcome] for value in totals))
    yield Sum(at[TOTAL, "other"], tuple(at[TOTAL, o] for o in REST))
    yield Sum(size + len(totals), tuple(at[TOTAL, o] for o in BREAKDOWN))

"""Which cells of tables of counts must not be published, so that nobody can work out those that are small.

A small cell is suppressed, and with it others, until for each suppressed cell two whole sets of tables are known, in whole numbers and with nothing
below zero, that agree with all that is published and differ in that cell by at least the protection width. Whoever solves the sums, by whatever
means, can't tell which of the two is true, and so can't bound the cell more narrowly. It is the cell suppression problem (Fischetti and
Salazar-González, Journal of the American Statistical Association 95 (2000) 916-928); each pair of tables is found as a cheapest move of records
(Kelly, Golden and Assad, Networks 22 (1992) 397-417), by the solver HiGHS.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from random import Random
from typing import Any

NODES = 500
"""How far the solver searches for one move in whole numbers; where it finds none, another is asked for."""
FREE = 0.001
"""What it costs to move a cell that is suppressed already: something, so that moves are short."""
ROUNDS = 2
"""How often in vain all cells are moved at once before one of them is looked at alone."""
Move = Mapping[int, int]
"""By how much each cell changes that changes; every sum stays true."""


@dataclass(frozen=True)
class Sum:
    """A cell that is the sum of others, all by their places."""

    whole: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Cells:
    """All cells of tables that hang together. costs: what it means to lose each. fixed: those that are published in any case."""

    counts: Sequence[int]
    costs: Sequence[float]
    sums: Sequence[Sum]
    fixed: frozenset[int] = frozenset()

    @cached_property
    def matrix(self) -> Any:
        """A row for each sum: its parts less the whole, which is 0 whatever may be moved."""
        from scipy.sparse import csc_array

        entries = [(row, i, v) for row, s in enumerate(self.sums) for i, v in ((s.whole, -1.0), *((p, 1.0) for p in s.parts))]
        rows, columns, values = zip(*entries, strict=True)
        return csc_array((values, (rows, columns)), shape=(len(self.sums), len(self.counts)))

    def holds(self, move: Move) -> bool:
        """Whether a move is one: the solver works in floating point, and isn't believed."""
        right = all(move.get(s.whole, 0) == sum(move.get(p, 0) for p in s.parts) for s in self.sums)
        return right and all(self.counts[i] + n >= 0 and i not in self.fixed for i, n in move.items())


def suppress(cells: Cells, smallest: int, width: int, telling: Collection[int] = ()) -> frozenset[int] | None:
    """The cells that are suppressed: those between 0 and `smallest`, those that are `telling` though they are large, and those that protect them and one
    another; None where no choice of cells protects them all without one that is fixed. width: how many whole numbers the bounds of a suppressed cell
    are apart at the least.
    """
    first = {i for i, n in enumerate(cells.counts) if 0 < n < smallest or i in telling}
    if first & cells.fixed:
        return None
    found = _Protection(cells, width, first)
    while found.narrow():
        found.shake()
        narrow = found.narrow()
        if narrow and not found.widen(narrow[0]):
            return None
    return frozenset(found.suppressed)


class _Protection:
    """What is suppressed so far, and the least and greatest value of each cell in the tables that were found."""

    def __init__(self, cells: Cells, width: int, suppressed: set[int]) -> None:
        self.cells, self.width, self.suppressed = cells, width, suppressed
        self.least, self.most = list(cells.counts), list(cells.counts)

    def narrow(self) -> list[int]:
        """Suppressed cells whose values don't lie far enough apart yet."""
        return [i for i in sorted(self.suppressed) if self.most[i] - self.least[i] < self.width]

    def shake(self) -> None:
        """Moves all such cells at once, up and down as it falls, among what is suppressed already."""
        rng, vain = Random(len(self.suppressed)), 0  # noqa: S311 — any directions will do, the same ones each time
        while vain < ROUNDS and (narrow := self.narrow()):
            wanted = {i: rng.uniform(0.5, 1) * rng.choice((-1, 1)) for i in narrow}
            among = sorted(self.suppressed)
            bounds = [(-min(self.cells.counts[i], self.width), self.width) for i in among]
            move = _solved(self.cells, among, [-wanted.get(i, 0.0) for i in among], bounds)
            if move:
                self._take(move)
            vain = vain + 1 if len(self.narrow()) == len(narrow) else 0

    def widen(self, cell: int) -> bool:
        """Finds tables in which a cell's values lie far enough apart, and suppresses what differs in them."""
        count = self.cells.counts[cell]
        for down in _ways_down(count, self.width):
            both = []
            for change, there in ((-down, count - self.least[cell]), (self.width - down, self.most[cell] - count)):
                if abs(change) > there:
                    move = self._cheapest(cell, change)
                    if move is None:
                        break
                    both.append(move)
            else:
                for move in both:
                    self._take(move)
                return True
        return False

    def _take(self, move: Move) -> None:
        for cell, change in move.items():
            self.suppressed.add(cell)
            self.least[cell] = min(self.least[cell], self.cells.counts[cell] + change)
            self.most[cell] = max(self.most[cell], self.cells.counts[cell] + change)

    def _cheapest(self, cell: int, change: int) -> Move | None:
        """The cheapest move that changes a cell by so much; None where none is found."""
        cells, size = self.cells, len(self.cells.counts)
        movable = [i for i in range(size) if i not in cells.fixed]
        costs = [FREE if i in self.suppressed else cells.costs[i] for i in movable]
        up: list[tuple[float, float]] = [(change, change) if i == cell and change > 0 else (0, 0.0 if i == cell else inf) for i in movable]
        down: list[tuple[float, float]] = [
            (-change, -change) if i == cell and change < 0 else (0, 0 if i == cell else cells.counts[i]) for i in movable
        ]
        return _solved(cells, movable, costs + costs, up + down, halves=True)


def _ways_down(count: int, width: int) -> Iterator[int]:
    """How far a cell may go down, the rest of the width being up: half of it, or else what is nearest to that."""
    yield from sorted(range(min(count, width) + 1), key=lambda down: (abs(down - width // 2), down))


def _solved(
    cells: Cells, among: Sequence[int], costs: Sequence[float], bounds: Iterable[tuple[float, float]], *, halves: bool = False
) -> Move | None:
    """The move among some cells that costs least, in whole numbers; None where there is none, or none is found.

    halves: what goes up and what goes down have variables of their own, one after the other.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import hstack

    matrix = cells.matrix[:, list(among)]
    if halves:
        matrix = hstack([matrix, -matrix], format="csc")
    least, most = zip(*bounds, strict=True)
    size = len(among)
    # the corners of most such problems are whole numbers; only where they aren't, whole ones are searched for
    for whole in (0, 1) if halves else (0,):
        done = milp(costs, integrality=[whole] * len(costs), bounds=Bounds(least, most), constraints=LinearConstraint(matrix, 0, 0),
                    options={"node_limit": NODES, "mip_rel_gap": 0.1})  # fmt: skip
        if done.x is None:
            return None
        change = [round(v) for v in done.x]
        moved = {i: n for k, i in enumerate(among) if (n := change[k] - change[size + k] if halves else change[k])}
        if cells.holds(moved):
            return moved
    return None

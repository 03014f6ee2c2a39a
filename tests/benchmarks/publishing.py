"""What sealing who is who, and hiding small counts, take, in seconds of the processor: `python tests/benchmarks/publishing.py`."""

import random
import tempfile
import time
from itertools import product
from pathlib import Path

from disputekit import rows_with
from disputekit_evaluation.aggregates import _counted, _cube
from disputekit_evaluation.profile import Publish
from disputekit_evaluation.sealed import ENTRIES, entry_key, list_key, seal, unseal

SHAPES = (((5, 8), 5_000), ((9, 9, 9), 2_000), ((9, 9, 9), 20_000), ((9, 9, 9), 1_000_000), ((12, 12, 12), 20_000))


def sealing(size: int) -> None:
    key = list_key(bytes(32), "salt", "recipient", "purpose")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "list"
        started = time.process_time()
        seal(((f"p{n:020x}", f"D2026-{n:07d}") for n in range(size)), key, folder)
        sealed = time.process_time()
        asked = [f"p{n:020x}" for n in range(0, size, max(size // 150, 1))]
        for case, text, lock in rows_with(folder / ENTRIES, "subject", asked):
            assert unseal(entry_key(key, case), case, text, lock) == f"D2026-{int(case[1:], 16):07d}"
        opened = time.process_time()
        megabytes = (folder / ENTRIES).stat().st_size / 1e6
    print(f"sealed {size:>9,}: {sealed - started:5.1f} s, {(sealed - started) / size * 1e6:4.1f} us each, {megabytes:5.1f} MB; "
          f"{len(asked)} opened in {opened - sealed:.2f} s")  # fmt: skip


def suppressing(shape: tuple[int, ...], size: int) -> None:
    rng = random.Random(1)
    weights = {key: rng.random() / (1 + sum(key)) ** 2 for key in product(*map(range, shape))}
    drawn = rng.choices(list(weights), list(weights.values()), k=min(size, 100_000))
    cells = _counted(((tuple(map(str, key)), max(size // 100_000, 1)) for key in drawn), len(shape))
    started = time.process_time()
    hidden = _cube(cells, Publish())
    small = sum(0 < n < 5 for n in cells.values())
    print(f"{' x '.join(map(str, shape)):>12} of {size:>9,}: {len(cells):5,} counts, {small:4} small, "
          f"{len(hidden) if hidden is not None else 'not to be'} suppressed: {time.process_time() - started:5.1f} s")  # fmt: skip


if __name__ == "__main__":
    for number in (100_000, 1_000_000):
        sealing(number)
    for shape, number in SHAPES:
        suppressing(shape, number)

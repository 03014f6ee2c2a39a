"""Each mistake that can be made about a source is told in words that say where it is, what was found and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from disputekit.errors import RegisterError

GALLERY = Path(__file__).parents[2] / "bad" / "register"


@pytest.mark.parametrize("case", sorted(GALLERY.iterdir()), ids=lambda c: c.name)
def test_a_broken_register_is_refused_in_these_words(case: Path, load: Callable[..., Any]) -> None:
    toml = (case / "register.toml").read_text(encoding="utf-8")
    words = toml.splitlines()[0].removeprefix("# expect: ").split(" | ")
    with pytest.raises(RegisterError) as caught:
        load(case, toml)
    for word in words:
        assert word in str(caught.value)
    assert all(p.where for p in caught.value.problems)


def test_all_mistakes_of_all_tables_are_told_at_once(tmp_path: Path, load: Callable[..., Any]) -> None:
    (tmp_path / "d.csv").write_text("dispute_id,opened\nD1,2026-01-05\n")
    with pytest.raises(RegisterError) as caught:
        load(tmp_path, '[disputes]\npath = "d.csv"\n[events]\npath = "e.csv"\n[evnts]\npath = "d.csv"\n')
    assert len(caught.value.problems) == 3

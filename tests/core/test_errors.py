"""One form of message: `where: what. hint`, and a hint that names what was meant."""

import pytest

from disputekit.errors import ConfigError, DisputekitError, PackError, Problem, nearest
from disputekit.text import say


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem("a.toml", "no key 'x' here", "Did you mean 'y'?"), "a.toml: no key 'x' here. Did you mean 'y'?"),
        (Problem("a.toml", "no key 'x' here"), "a.toml: no key 'x' here"),
        (Problem("", "no key 'x' here"), "no key 'x' here"),
    ],
)
def test_a_problem_reads_where_what_hint(problem: Problem, said: str) -> None:
    assert str(problem) == said


def test_a_problem_is_said_in_another_language_with_its_place_untouched() -> None:
    problem = Problem("a.toml: where", say("missing"), say("add it"))
    assert problem.said(lambda phrase: {"missing": "缺失。", "add it": "请补充"}[phrase]) == "a.toml: where: 缺失。请补充"


def test_an_error_holds_all_its_problems_and_shows_each_on_a_line() -> None:
    error = PackError(Problem("p", "one"), Problem("p", "two"))
    assert [p.what for p in error.problems] == ["one", "two"]
    assert str(error).splitlines() == ["p: one", "p: two"]
    assert isinstance(error, DisputekitError)


def test_at_makes_an_error_of_the_class_that_is_asked() -> None:
    assert isinstance(ConfigError.at("x", "y"), ConfigError)


def test_the_nearest_name_is_offered() -> None:
    assert nearest("recieved_at", ["received_at", "closed_at"]) == "Did you mean 'received_at'?"


def test_where_nothing_is_near_everything_is_listed_in_order() -> None:
    assert nearest("zzz", ["b", "a", "b"]) == "Known: a, b"


def test_a_long_list_is_cut() -> None:
    assert nearest("zzz", [f"name{i:03}" for i in range(41)]).endswith("name039 …")
    assert "…" not in nearest("zzz", [f"name{i:03}" for i in range(40)])


def test_where_nothing_is_allowed_that_is_said() -> None:
    assert nearest("x", []) == "Nothing of that kind is known here"

"""Dated values: which one holds on a day, what a pack must say about them, and what an organisation may change."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disputekit.policies.model import Override, Parameter
from disputekit.policies.parameters import flaws, overridden, override_flaws, value_at

LAW: dict[str, Any] = {
    "title": {"zh": "期限", "en": "Period"}, "basis": "law", "tighter": "smaller",
    "values": [{"from": date(2020, 3, 1), "value": "15 days", "cite": "law-1 art. 18"},
               {"from": date(2026, 7, 1), "value": "10 days", "cite": "law-1 art. 19"}],
}  # fmt: skip
PRACTICE: dict[str, Any] = {"title": {"zh": "期限", "en": "Period"}, "basis": "practice", "values": [{"value": "5 days"}]}


def parameter(base: dict[str, Any], **changed: Any) -> Parameter:
    return Parameter.model_validate({**base, **changed})


def override(value: Any, from_on: date | None = None) -> Override:
    return Override.model_validate({"value": value, "from": from_on} if from_on else {"value": value})


def refusal(base: Parameter, own: Override) -> str:
    return "\n".join(str(p) for p in override_flaws("p", base, own, "here"))


def test_before_the_first_value_there_is_none() -> None:
    assert value_at(parameter(LAW), date(2020, 2, 29)) is None


def test_a_value_holds_from_its_day_until_the_day_before_the_next() -> None:
    law = parameter(LAW)
    assert [value_at(law, date(2020, 3, 1)), value_at(law, date(2026, 6, 30)), value_at(law, date(2026, 7, 1))] == ["15 days", "15 days", "10 days"]


def test_a_practice_without_a_date_has_always_held() -> None:
    assert value_at(parameter(PRACTICE), date(1990, 1, 1)) == "5 days"


# ── what a pack must say ──


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([{"value": "15 days", "cite": "law-1"}], "needs `from`"),
        ([{"from": date(2020, 1, 1), "value": "15 days"}], "needs `cite`"),
        ([{"from": date(2020, 1, 1), "value": "15 days", "cite": "law-9 art. 1"}], "cites 'law-9'"),
        (
            [{"from": date(2021, 1, 1), "value": "1 day", "cite": "law-1"}, {"from": date(2020, 1, 1), "value": "2 days", "cite": "law-1"}],
            "in the order",
        ),
        (
            [{"from": date(2020, 1, 1), "value": "1 day", "cite": "law-1"}, {"from": date(2020, 1, 1), "value": "2 days", "cite": "law-1"}],
            "in the order",
        ),
        (
            [{"from": date(2020, 1, 1), "value": "1 day", "cite": "law-1"}, {"from": date(2021, 1, 1), "value": "2 weeks", "cite": "law-1"}],
            "days, weeks",
        ),
        ([{"from": date(2020, 1, 1), "value": 1, "cite": "law-1"}, {"from": date(2021, 1, 1), "value": "2 weeks", "cite": "law-1"}], "number, weeks"),
    ],
)
def test_a_flaw_of_the_law_as_the_pack_states_it_is_told(values: list[dict[str, Any]], words: str) -> None:
    found = flaws("p", parameter(LAW, values=values), ["law-1"], "pack.toml")
    assert len(found) == 1
    assert words in str(found[0])


def test_a_law_and_a_practice_as_they_should_be_have_no_flaw() -> None:
    assert flaws("p", parameter(LAW), ["law-1"], "x") == flaws("p", parameter(PRACTICE), [], "x") == []


# ── what an organisation may set ──


def test_the_law_may_be_tightened_and_what_was_decided_before_stays() -> None:
    own = override("8 days", date(2026, 1, 1))
    assert refusal(parameter(LAW), own) == ""
    changed = overridden(parameter(LAW), own)
    assert [value_at(changed, d) for d in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 7, 1))] == ["15 days", "8 days", "8 days"]


def test_the_same_value_as_the_law_is_not_looser() -> None:
    assert refusal(parameter(LAW), override("10 days", date(2026, 8, 1))) == ""


def test_a_loosened_law_is_refused_and_the_article_is_named() -> None:
    said = refusal(parameter(LAW), override("20 days", date(2026, 8, 1)))
    assert said == "here: 20 days loosens the law: law-1 art. 19 says 10 days, which may only be made smaller"


def test_a_value_that_a_later_law_overtakes_is_refused() -> None:
    # tighter than the law of its day, looser than the one that comes into force while it still holds
    assert "law-1 art. 19 says 10 days" in refusal(parameter(LAW), override("12 days", date(2026, 1, 1)))


def test_on_the_very_day_of_a_new_law_it_is_the_new_law_that_counts() -> None:
    law = parameter(LAW)
    assert "law-1 art. 19 says 10 days" in refusal(law, override("12 days", date(2026, 7, 1)))
    own = overridden(law, override("9 days", date(2026, 7, 1)))
    assert [v.from_on for v in own.values] == [date(2020, 3, 1), date(2026, 7, 1)]


def test_what_may_only_grow_may_not_shrink_and_what_is_fixed_may_not_change() -> None:
    assert "may only be made larger" in refusal(parameter(LAW, tighter="larger"), override("5 days", date(2026, 8, 1)))
    assert refusal(parameter(LAW, tighter="larger"), override("15 days", date(2026, 8, 1))) == ""
    assert "may not be changed" in refusal(parameter(LAW, tighter="fixed"), override("9 days", date(2026, 8, 1)))


def test_an_undated_override_of_the_law_would_rewrite_the_past() -> None:
    assert "needs `from`" in refusal(parameter(LAW), override("8 days"))


@pytest.mark.parametrize("value", ["1 week", "5 working days", 8])
def test_another_unit_is_refused_because_nobody_can_tell_which_is_tighter(value: Any) -> None:
    assert "differ in unit" in refusal(parameter(LAW), override(value, date(2026, 8, 1)))
    assert "Write it in days" in refusal(parameter(LAW), override(value, date(2026, 8, 1)))


def test_a_practice_may_be_changed_either_way_and_without_a_date() -> None:
    practice = parameter(PRACTICE)
    assert refusal(practice, override("9 days")) == refusal(practice, override("1 day")) == ""
    assert value_at(overridden(practice, override("9 days")), date(2000, 1, 1)) == "9 days"


@given(own=st.integers(0, 40), from_on=st.dates(date(2019, 1, 1), date(2027, 1, 1)))
def test_no_override_that_is_let_through_is_looser_than_the_law_on_any_day(own: int, from_on: date) -> None:
    law, mine = parameter(LAW), override(f"{own} days", from_on)
    if override_flaws("p", law, mine, ""):
        return
    changed = overridden(law, mine)
    for day in (date(2019, 6, 1), date(2020, 3, 1), date(2026, 6, 30), date(2026, 7, 1), from_on, date(2028, 1, 1)):
        theirs, ours = value_at(law, day), value_at(changed, day)
        assert theirs is None or (ours is not None and int(str(ours).split()[0]) <= int(str(theirs).split()[0]))

"""Phrases are English sentences that remember what they were made of; texts come in both languages."""

import pytest
from pydantic import ValidationError

from disputekit.text import Phrase, Text, listed, say, speaker


def test_a_phrase_is_the_english_sentence() -> None:
    phrase = say("no column {name!r}", name="cause")
    assert phrase == "no column 'cause'"
    assert f"{phrase}." == "no column 'cause'."


def test_a_phrase_remembers_its_template_and_what_stands_in_its_gaps() -> None:
    phrase = say("{count} rows of {table}", count=3, table="disputes")
    assert (phrase.template, phrase.values) == ("{count} rows of {table}", {"count": 3, "table": "disputes"})


def test_braces_in_a_phrase_without_gaps_stand_as_they_are() -> None:
    assert say("write { key = value }") == "write { key = value }"
    assert speaker("en")(say("write { key = value }")) == "write { key = value }"


def test_braces_in_a_value_are_not_taken_for_gaps() -> None:
    assert say("found {found}", found="{count}") == "found {count}"
    assert speaker("en")(say("found {found}", found="{count}")) == "found {count}"


def test_a_phrase_in_the_gap_of_a_phrase_is_said_too() -> None:
    inner = say("a number")
    assert isinstance(say("{wanted} is expected", wanted=inner).values["wanted"], Phrase)
    assert speaker("en")(say("{wanted} is expected", wanted=inner)) == "a number is expected"


def test_nothing_is_said_as_nothing() -> None:
    # gettext answers the empty text with the head of its catalogue
    assert speaker("en")("") == ""
    assert speaker("en")(say("")) == ""


@pytest.mark.parametrize("given", [{}, {"en": " "}, {"zh": " ", "en": "Blank"}, {"zh": None, "en": "x"}, {"zh": "中", "en": "x", "fr": "y"}])
def test_a_text_that_is_nowhere_empty_or_in_another_language_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Text.model_validate(given)


def test_a_text_in_one_language_stands_for_the_other_with_a_mark_that_a_reader_sees() -> None:
    english, chinese = Text.model_validate({"en": "Close it"}), Text.model_validate({"zh": "按期办结"})
    assert (english.absent, english.in_("en"), english.in_("zh")) == ("zh", "Close it", "［仅英文］Close it")
    assert (chinese.absent, chinese.in_("zh"), chinese.in_("en")) == ("en", "按期办结", "[Chinese only] 按期办结")
    assert Text.model_validate(english.model_dump()) == english
    assert Text(zh="期限", en="Period").absent is None


def test_a_text_in_a_gap_is_said_in_the_language_asked_for() -> None:
    phrase = say("no column {name!s}", name=Text(zh="期限", en="Period"))
    assert phrase == "no column Period"
    assert speaker("zh")(say("{names}, {name}", names=Text(zh="甲", en="A"), name="B")) == "甲、B"


def test_names_in_a_row_are_written_as_each_language_does_and_the_rest_is_counted() -> None:
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert speaker("zh")(listed(["a", "b", "c"])) == "a、b、c"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed([]) == ""


def test_a_text_is_said_in_the_language_asked_for() -> None:
    text = Text(zh="期限", en="Period")
    assert (text.in_("zh"), text.in_("en")) == ("期限", "Period")

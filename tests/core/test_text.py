"""Phrases are English sentences that remember what they were made of; texts come in both languages."""

import pytest
from pydantic import ValidationError

from disputekit.text import Phrase, Text, say, speaker


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


@pytest.mark.parametrize("given", [{"en": "Only English"}, {"zh": "只有中文"}, {"zh": " ", "en": "Blank"}, {"zh": "中", "en": "x", "fr": "y"}])
def test_a_text_must_be_there_in_both_languages_and_no_other(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Text.model_validate(given)


def test_a_text_is_said_in_the_language_asked_for() -> None:
    text = Text(zh="期限", en="Period")
    assert (text.in_("zh"), text.in_("en")) == ("期限", "Period")

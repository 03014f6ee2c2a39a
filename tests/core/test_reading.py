"""What a person wrote in TOML: every mistake, each with its place, what was found, and what was wanted."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field

from disputekit.errors import ConfigError
from disputekit.policies.model import AnyOf, Strict
from disputekit.reading import MistakeError, read_as, read_toml
from disputekit.text import Phrase, say


def _even(number: int) -> int:
    if number % 2:
        raise MistakeError(say("{number} is odd", number=number), say("Add one"))
    return number


class Street(Strict):
    name: str
    house: int = 1


class House(Strict):
    street: Street | None = None
    strict: Mapping[str, Street] = {}
    rooms: tuple[Street, ...] = ()
    size: Literal["small", "large"] = "small"
    by_size: Mapping[Literal["small", "large"], int] = {}
    built: date | None = None
    either: str | int | None = None
    first: str | AnyOf | None = None
    pick: Street | AnyOf | None = None
    even: Annotated[int, AfterValidator(_even)] = 0
    share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(0)
    many: Annotated[tuple[int, ...], Field(min_length=2)] = (1, 2)
    code: Annotated[str, Field(pattern="^[a-z]+$", min_length=1)] = "a"
    from_: str = Field(default="", alias="from")
    open: bool = True


def said(data: Any) -> list[str]:
    with pytest.raises(ConfigError) as bad:
        read_as(House, data, "house.toml", ConfigError)
    return [str(p) for p in bad.value.problems]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"stret": {}}, "house.toml: no key 'stret' here. Did you mean 'street'?"),
        ({"street": {"nmae": "x", "name": "y"}}, "house.toml: street: no key 'nmae' here. Did you mean 'name'?"),
        ({"street": {}}, "house.toml: street: 'name' is missing"),
        ({"street": {"name": 5}}, "house.toml: street.name: found 5; a text in quotes is expected"),
        ({"strict": {"str": {"name": "a", "hose": 1}}}, "house.toml: strict.str: no key 'hose' here. Did you mean 'house'?"),
        ({"rooms": [{"name": "a"}, {"name": "b", "hous": 1}]}, "house.toml: rooms[2]: no key 'hous' here. Did you mean 'house'?"),
        ({"rooms": "attic"}, "house.toml: rooms: found 'attic'; a list in square brackets is expected"),
        ({"size": "lrge"}, "house.toml: size: 'lrge' isn't one of the allowed values. Did you mean 'large'?"),
        ({"size": 3}, "house.toml: size: 3 isn't one of the allowed values. Known: large, small"),
        ({"by_size": {"smal": 1}}, "house.toml: by_size: no key 'smal' here. Did you mean 'small'?"),
        ({"built": "soon"}, "house.toml: built: found 'soon'; a date like 2026-01-31 is expected"),
        ({"either": [1]}, "house.toml: either: found [1]; a text in quotes or a whole number is expected"),
        ({"first": 3}, "house.toml: first: found 3; a text in quotes or a table like { key = value } is expected"),
        ({"first": {"any": ["a", 3]}}, "house.toml: first.any[2]: found 3; a text in quotes is expected"),
        ({"first": {"any": ["a"]}}, "house.toml: first.any: has 1, and at least 2 are needed"),
        ({"pick": {"any": ["a"]}}, "house.toml: pick.any: has 1, and at least 2 are needed"),
        ({"pick": {"nam": "a", "house": 2}}, "house.toml: pick: no key 'nam' here. Did you mean 'name'?"),
        ({"even": 3}, "house.toml: even: 3 is odd. Add one"),
        ({"share": 2}, "house.toml: share: 2 is more than 1"),
        ({"share": -1}, "house.toml: share: -1 is less than 0"),
        ({"many": []}, "house.toml: many: has 0, and at least 2 are needed"),
        ({"code": ""}, "house.toml: code: mustn't be empty"),
        ({"code": "A1"}, "house.toml: code: 'A1' doesn't have the form ^[a-z]+$"),
        ({"fron": "x"}, "house.toml: no key 'fron' here. Did you mean 'from'?"),
        ({"open": "maybe"}, "house.toml: open: found 'maybe'; true or false is expected"),
        ({"even": True, "built": False}, "house.toml: built: found false; a date like 2026-01-31 is expected"),
        ({"code": "A" * 300}, f"house.toml: code: '{'A' * 116}… doesn't have the form ^[a-z]+$"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_meant(data: dict[str, Any], message: str) -> None:
    assert message in said(data)


def test_each_mistake_is_told_and_told_once() -> None:
    assert said({"size": "x", "either": [], "street": {}, "zzz": 1}) == [
        "house.toml: street: 'name' is missing",
        "house.toml: size: 'x' isn't one of the allowed values. Known: large, small",
        "house.toml: either: found []; a text in quotes or a whole number is expected",
        "house.toml: no key 'zzz' here. Known: " + ", ".join(sorted(f.alias or n for n, f in House.model_fields.items())),
    ]


def test_both_mistakes_in_the_alternative_that_was_meant_are_told() -> None:
    assert said({"first": {"some": ["a", "b"]}}) == ["house.toml: first: 'any' is missing", "house.toml: first: no key 'some' here. Known: any"]


def test_messages_are_phrases_so_that_they_can_be_translated() -> None:
    with pytest.raises(ConfigError) as bad:
        read_as(House, {"either": []}, "house.toml", ConfigError)
    (problem,) = bad.value.problems
    assert isinstance(problem.what, Phrase)
    assert isinstance(problem.what.values["wanted"], Phrase)


TOML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*House.model_fields, "from", "name", "any", "zzz"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(TOML)
def test_whatever_was_written_is_read_or_refused_with_a_place(data: Any) -> None:
    found: list[str] | None = None
    try:
        read_as(House, data, "house.toml", ConfigError)
    except ConfigError as bad:
        found = [str(p) for p in bad.problems]
    assert found is None or (found and all(line.startswith("house.toml") and "Input should" not in line for line in found))


def test_a_validators_plain_error_is_told_as_it_stands() -> None:
    def never(value: int) -> int:
        raise ValueError("never right")

    class Model(BaseModel):
        a: Annotated[int, AfterValidator(never)]

    with pytest.raises(ConfigError, match=r"^f: a: never right$"):
        read_as(Model, {"a": 1}, "f", ConfigError)


# ── files ──


def reading(path: Path) -> str:
    with pytest.raises(ConfigError) as bad:
        read_toml(path, path.name, ConfigError)
    return str(bad.value)


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        (tmp_path / "a.toml").write_bytes(mark + 'a = "中"'.encode())
        assert read_toml(tmp_path / "a.toml", "a.toml", ConfigError) == {"a": "中"}


def test_broken_toml_is_told_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("a = 1\nb = \n")
    assert reading(tmp_path / "a.toml").startswith("a.toml: line 2, column 5: not valid TOML: ")


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("a = 1\na = 2\n")
    assert "line 2" in reading(tmp_path / "a.toml")


def test_a_missing_file_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "disputekit.toml").write_text("")
    assert reading(tmp_path / "disptuekit.toml") == "disptuekit.toml: there is no such file. Did you mean 'disputekit.toml'?"
    assert reading(tmp_path / "nowhere" / "a.toml") == "a.toml: there is no such file"


def test_a_file_in_another_encoding_is_told_with_the_byte(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes("a = '中'".encode("gb18030"))
    assert reading(tmp_path / "a.toml") == "a.toml: byte 5 isn't UTF-8. Save the file as UTF-8"


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    assert reading(tmp_path / "a.toml").startswith("a.toml: can't be read (")

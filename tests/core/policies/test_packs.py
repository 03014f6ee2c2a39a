"""Loading packs: what is offered, what is enabled, and every mistake of a pack named by control and field."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field
from tests.projects import DEADLINE, control, write_pack

from disputekit.blocks import put_together
from disputekit.core import Core
from disputekit.errors import PackError
from disputekit.extension import Reads, RuleKind
from disputekit.plugins import Plugins
from disputekit.policies.model import AnyOf, Moment, Override, PeriodText, Rule, Strict
from disputekit.policies.packs import Pack, load_pack, load_packs, offered_packs, parameters_used

BLOCKS = put_together(Plugins([("core", Core())]))
PARAMETER = """
[parameters.close]
title = { zh = "期限", en = "Time to close" }
basis = "practice"
values = [{ value = "15 days" }]
[parameters.often]
title = { zh = "次数", en = "How often" }
basis = "practice"
values = [{ value = 3 }]
"""


def load(folder: Path, **changed: Any) -> Pack:
    return load_pack(folder, "", BLOCKS.kinds, list(BLOCKS.tables), **changed)


def refused(folder: Path) -> list[str]:
    with pytest.raises(PackError) as bad:
        load(folder)
    return [str(p) for p in bad.value.problems]


def wanted(base: Path, *names: str, offered: Mapping[str, tuple[str, Path]] | None = None, **overrides: Any) -> tuple[Pack, ...]:
    own = {pack: {n: Override.model_validate(o) for n, o in named.items()} for pack, named in overrides.items()}
    return load_packs(names, offered or {}, base, BLOCKS.kinds, list(BLOCKS.tables), own, "disputekit.toml")


def test_a_pack_is_read_with_its_controls_in_their_order(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control("B"), control("A"))
    pack = load(tmp_path / "house")
    assert (pack.id, [r.id for r in pack.controls]) == ("house", ["B", "A"])


def test_the_hash_is_over_all_toml_files_of_the_pack_and_their_names(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control())
    before = load(tmp_path / "house").sha256
    (tmp_path / "house" / "README.md").write_text("x")
    assert load(tmp_path / "house").sha256 == before
    (tmp_path / "house" / "examples.toml").write_text("")
    with_examples = load(tmp_path / "house").sha256
    (tmp_path / "house" / "examples.toml").rename(tmp_path / "house" / "other.toml")
    assert len({before, with_examples, load(tmp_path / "house").sha256}) == 3


def test_every_mistake_in_every_control_is_told(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control("A", 'kind = "deadlin"'), control("B", DEADLINE.replace("15 days", "15 dayz")),
               control("C", DEADLINE + '\nsubject = "dispute"'), control("C"))  # fmt: skip
    said = refused(tmp_path / "house")
    assert [line.split(": ")[1] for line in said] == ["controls[1] A", "controls[2] B", "controls[3] C", "controls[4] C"]
    assert "Did you mean 'deadline'?" in said[0]
    assert "not a period: '15 dayz'" in said[1]
    assert "Did you mean 'disputes'?" in said[2]
    assert "has the same id" in said[3]


@pytest.mark.parametrize("kind", ["3", "[1]", "{ a = 1 }", '""', "true"])
def test_a_kind_that_is_no_text_is_refused_like_an_unknown_one(tmp_path: Path, kind: str) -> None:
    write_pack(tmp_path / "house", control("A", f"kind = {kind}"))
    (problem,) = refused(tmp_path / "house")
    assert problem.startswith("house/pack.toml: controls[1] A: kind: no kind ")


def test_a_pack_that_needs_what_no_plugin_brings_is_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", 'requires = { tables = ["adjusters"], kinds = ["dedline"] }')
    one, other = refused(tmp_path / "house")
    assert "no enabled plugin brings the table 'adjusters'" in one
    assert "no enabled plugin brings the kind 'dedline'. Did you mean 'deadline'?" in other


# ── parameters ──


def test_a_parameter_that_is_not_there_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", PARAMETER, control("A", DEADLINE.replace("15 days", "$clse")))
    assert refused(tmp_path / "house") == [
        "house/pack.toml: controls[1] A: within: no parameter 'clse' in this pack. Did you mean 'close'?"]  # fmt: skip


def test_a_number_where_a_period_is_wanted_and_the_other_way_round_are_refused(tmp_path: Path) -> None:
    number = 'kind = "occurrences"\nof = "contacted"\n'
    write_pack(tmp_path / "house", PARAMETER, control("A", DEADLINE.replace("15 days", "$often")), control("B", DEADLINE + '\nwarn = "$often"'),
               control("C", number + 'min = "$close"'), control("D", number + 'max = "$often"'))  # fmt: skip
    assert refused(tmp_path / "house") == [
        "house/pack.toml: controls[1] A: within: parameter 'often' isn't a period",
        "house/pack.toml: controls[2] B: warn: parameter 'often' isn't a period",
        "house/pack.toml: controls[3] C: min: parameter 'close' isn't a number",
    ]


HOURS = """
[instruments.law]
title = { zh = "法", en = "The act" }
in_force = 2020-01-01
reviewed_on = 2026-01-01
day = "working"
[parameters.soon]
title = { zh = "期限", en = "Soon" }
basis = "practice"
values = [{ value = "48 hours" }]
"""
RHYTHM = 'kind = "heartbeat"\nactivities = ["contacted"]\nfrom = "received"\nevery = "$close"'
CLOCK = 'kind = "deadline"\nfrom = "received"\nto = "closed"\n'


def test_periods_that_a_kind_cannot_count_are_refused_whether_written_or_named(tmp_path: Path) -> None:
    window = 'kind = "occurrences"\nof = "contacted"\nmin = 1\nfrom = "received"\nwithin = "48 hours"'
    write_pack(
        tmp_path / "house", HOURS, control("A", RHYTHM.replace("$close", "$soon")), control("B", window), control("C", CLOCK + 'within = "$soon"'),
        control("D", CLOCK + 'within = "$soon"\nrestart = ["reopened"]'), control("E", CLOCK + 'due = "received + $soon"'),
        control("F", CLOCK + 'steps = [{ within = "5 working days" }, { within = "10 days", requires = ["told"] }]'),
        control("G", CLOCK + 'due = { earliest = ["received + nonsense", "received + $sooon"] }'),
        control("H", CLOCK + 'cite = "law art. 1"\nsteps = [{ within = "5 working days" }, { within = "10 days", requires = ["told"] }]'),
    )  # fmt: skip
    units = "Write it in days / weeks / months / years / working days"
    assert refused(tmp_path / "house") == [
        f"house/pack.toml: controls[1] A: every: '$soon' is in hours, which can't be counted here. {units}",
        f"house/pack.toml: controls[2] B: within: '48 hours' is in hours, which can't be counted here. {units}",
        f"house/pack.toml: controls[4] D: within: '$soon' is in hours, which can't be counted here. {units}",
        "house/pack.toml: controls[5] E: due (received + $soon): '$soon' is in hours, which can't be counted here. "
        "Write it in days / weeks / months / years",
        "house/pack.toml: controls[6] F: steps[2].within: '10 days' is in days and '5 working days' in working days, which can't be counted together",
        "house/pack.toml: controls[7] G: due.earliest[2]: no parameter 'sooon' in this pack. Did you mean 'soon'?",
        "house/pack.toml: controls[7] G: due (received + nonsense): not a period: 'nonsense'; write a whole number and hours, days, working days, "
        "weeks, months or years",
    ]  # fmt: skip


def test_an_organisation_cannot_set_a_period_in_a_unit_that_the_kind_cannot_count(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", PARAMETER, control("A", RHYTHM))
    assert wanted(tmp_path, "./house", house={"close": {"value": "10 days"}})
    with pytest.raises(PackError, match="differ in unit"):
        wanted(tmp_path, "./house", house={"close": {"value": "48 hours"}})


class Step(Strict):
    within: PeriodText
    at_most: int | str = 1


class Ladder(Rule):
    plain: PeriodText
    optional: PeriodText | None = None
    steps: tuple[Step, ...] = ()
    first: Step | None = None
    one_or_many: Moment | AnyOf | None = None
    periods: tuple[PeriodText, ...] = ()
    by: Annotated[PeriodText | None, Field(alias="until")] = None
    words: tuple[str, ...] = ()


def test_parameters_are_found_wherever_a_period_or_a_number_may_stand() -> None:
    rule = Ladder.model_validate({
        "id": "A", "title": {"zh": "$a", "en": "$b"}, "remedy": {"zh": "$c", "en": "$d"}, "kind": "ladder", "severity": "low", "basis": "practice",
        "where": "$e", "plain": "$f", "optional": "$g", "steps": [{"within": "1 day"}, {"within": "$h", "at_most": "$i"}], "first": {"within": "$j"},
        "one_or_many": "$k", "periods": ["2 days", "$l"], "until": "$m", "words": ["$n"],
    })  # fmt: skip
    assert list(parameters_used(rule)) == [
        ("plain", "f", True), ("optional", "g", True), ("steps[2].within", "h", True), ("steps[2].at_most", "i", False), ("first.within", "j", True),
        ("periods[2]", "l", True), ("until", "m", True),
    ]  # fmt: skip


# ── what is offered and enabled ──


def test_a_plugin_offers_a_pack_or_a_folder_of_packs_by_the_folders_name(tmp_path: Path) -> None:
    write_pack(tmp_path / "one", id_="one")
    write_pack(tmp_path / "many" / "a", id_="a")
    write_pack(tmp_path / "many" / "b", id_="b")
    (tmp_path / "many" / "no-pack").mkdir()
    assert list(offered_packs([("p", tmp_path / "one"), ("q", tmp_path / "many")])) == ["one", "a", "b"]


def test_two_plugins_that_offer_the_same_pack_are_both_named(tmp_path: Path) -> None:
    for plugin in ("p", "q"):
        write_pack(tmp_path / plugin / "house")
    with pytest.raises(PackError, match=r"^house: two plugins offer this pack: p and q$"):
        offered_packs([("p", tmp_path / "p"), ("q", tmp_path / "q")])


def test_packs_are_enabled_by_id_or_folder_in_the_order_of_the_project(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control("A"))
    write_pack(tmp_path / "offered", control("B"), id_="offered")
    packs = wanted(tmp_path, "offered", "./house", offered={"offered": ("p", tmp_path / "offered")})
    assert [(p.id, p.plugin) for p in packs] == [("offered", "p"), ("house", "")]


def problems_of(base: Path, *names: str, **overrides: Any) -> list[str]:
    with pytest.raises(PackError) as bad:
        wanted(base, *names, offered={"cn-claims": ("p", base / "nowhere")}, **overrides)
    return [str(p) for p in bad.value.problems]


def test_packs_that_are_not_there_are_told_all_at_once(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "cn-clams", "./hous") == [
        "disputekit.toml: [policies] packs: no pack 'cn-clams'. Did you mean 'cn-claims'?",
        "disputekit.toml: [policies] packs: no pack.toml in './hous'",
    ]


def test_a_pack_enabled_twice_is_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control("A"))
    assert problems_of(tmp_path, "./house", "house/") == ["house/pack.toml: pack.id: another enabled pack is called 'house', too"]


def test_two_packs_with_the_same_control_are_refused_and_both_named(tmp_path: Path) -> None:
    write_pack(tmp_path / "a", control("A"), control("B"), id_="a")
    write_pack(tmp_path / "b", control("B"), id_="b")
    assert problems_of(tmp_path, "./a", "./b") == ["b/pack.toml: B: the pack 'a' has a control with this id"]


def test_an_override_is_applied_and_remembered(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", PARAMETER, control("A", DEADLINE.replace("15 days", "$close")))
    (pack,) = wanted(tmp_path, "./house", house={"close": {"value": "5 days"}})
    assert ([v.value for v in pack.parameters["close"].values], pack.overridden) == (["5 days"], ("close",))


def test_overrides_of_what_is_not_there_are_told(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", PARAMETER)
    assert problems_of(tmp_path, "./house", house={"closed": {"value": "5 days"}}) == [
        "disputekit.toml: [parameters.house] closed: no parameter 'closed' in this pack. Did you mean 'close'?"]  # fmt: skip
    assert problems_of(tmp_path, "./house", hous={"close": {"value": "5 days"}}) == [
        "disputekit.toml: [parameters.hous]: no pack 'hous' is enabled. Did you mean 'house'?"]  # fmt: skip


def test_an_override_of_an_unknown_pack_is_told_beside_other_mistakes_and_one_of_a_broken_pack_is_not_blamed(tmp_path: Path) -> None:
    write_pack(tmp_path / "broken", control("A", 'kind = "deadlin"'), id_="broken")
    said = problems_of(tmp_path, "./broken", broken={}, hous={"close": {"value": 1}})
    assert [line.split(": ")[1] for line in said] == ["controls[1] A", "[parameters.hous]"]


def test_what_a_plugin_failed_to_bring_is_told_before_what_is_missing_for_it(tmp_path: Path) -> None:
    from tests.projects import write_project

    from disputekit.blocks import packs_of
    from disputekit.config import load_project
    from disputekit.hookspecs import hookimpl

    class Broken:
        @hookimpl
        def register_rule_kinds(self) -> list[RuleKind]:
            raise OSError("no disk")

    write_pack(tmp_path / "house", control("A", 'kind = "mine"'))
    blocks = put_together(Plugins([("core", Core()), ("broken", Broken())]))
    with pytest.raises(PackError) as bad:
        packs_of(load_project(write_project(tmp_path)), blocks)
    first, second = map(str, bad.value.problems)
    assert first.startswith("broken: register_rule_kinds: raised OSError: no disk")
    assert "no kind 'mine'" in second


def test_reads_join_without_repeating() -> None:
    assert Reads("disputes", columns=("a",)) + Reads("disputes", columns=("a", "b")) == Reads("disputes", columns=("a", "b"))

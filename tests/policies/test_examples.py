"""The bundled packs do what their examples say, and the examples notice when a pack is changed."""

import shutil
from pathlib import Path

import pytest

from disputekit.blocks import put_together
from disputekit.core import Core
from disputekit.plugins import Plugins
from disputekit.policies.examples import Report, run_examples
from disputekit.policies.packs import load_pack
from disputekit_regulatory import Regulatory
from disputekit_training import Training
from disputekit_training.settings import Settings

BLOCKS = put_together(Plugins([("core", Core()), ("regulatory", Regulatory()), ("training", Training(Settings()))]))
FOLDER = Path(__file__).parents[2] / "policies"
PACKS = sorted(p.parent.name for p in FOLDER.glob("*/pack.toml"))
CANNOT_BE = {
    "mediation-practice": {
        # what counts from the receipt is unknown without it, never inapplicable
        "S1.1-file": ("not_applicable",), "S1.2-cause": ("not_applicable",), "S2.1-contact": ("not_applicable",),
        "S1.2-taxonomy": ("unknown",), "S2.3-handlers": ("not_applicable",), "S3.2-verified": ("not_applicable",),
        # pending until the meeting
        "S4.1-goal": ("not_applicable",), "S4.2-arranged": ("not_applicable",), "S4.3-papers": ("not_applicable",),
        "S5.2-agenda": ("not_applicable",),
    },
    "data-quality": {f"DQ-{name}": ("unknown",) for name in (
        "claimed-negative", "offered-negative", "agreed-negative", "paid-negative", "offer-above-claim", "claimed-currency", "paid-currency",
    )},
}  # fmt: skip
"""Outcomes that a control has no example of because it can't come to them; the packs' READMEs say why."""


def tried(folder: Path) -> Report:
    return run_examples([load_pack(folder, "", BLOCKS.kinds, list(BLOCKS.tables))], BLOCKS)


@pytest.fixture(scope="module", params=PACKS)
def pack(request: pytest.FixtureRequest) -> tuple[str, Report]:
    return request.param, tried(FOLDER / request.param)


def test_every_example_of_a_bundled_pack_holds(pack: tuple[str, Report]) -> None:
    _, report = pack
    assert report.results
    assert [(r.control, r.name, r.expected, r.found) for r in report.failed] == []


def test_every_outcome_that_a_control_can_come_to_has_an_example(pack: tuple[str, Report]) -> None:
    name, report = pack
    assert dict(report.unshown) == {}
    assert dict(report.untested) == CANNOT_BE.get(name, {})


@pytest.mark.parametrize("name", PACKS)
def test_a_bundled_pack_has_a_readme_in_both_languages(name: str) -> None:
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert "## 中文" in text
    assert "## English" in text


@pytest.mark.parametrize(("said", "instead", "control"), [
    ('value = "10 days"', 'value = "9 days"', "S1.2-cause"),
    ('value = "10 days"', 'value = "11 days"', "S1.2-cause"),
    ('value = "2 working days"', 'value = "2 days"', "S2.1-contact"),
    ("or_requested = true", "or_requested = false", "S1.1-file"),
    ("verified = true", "verified = false", "S3.2-verified"),
    ('then = "second_contact_attempt"\nsame_day = "refused"', 'then = "second_contact_attempt"', "S2.1-second"),
    ('then = "third_contact_attempt"\nsame_day = "refused"', 'then = "third_contact_attempt"', "S2.1-third"),
    ('stop = ["promise_released"]\n', "", "S2.3-promise"),
    ("values = [{ value = 1 }]", "values = [{ value = 2 }]", "S3.3-amount"),
    ("(1 - contract.coinsurance)", "contract.coinsurance", "S3.3-amount"),
    (" where = \"role = 'handler'\"", ' where = "true"', "S2.3-handlers"),
    ('value = "2 days"', 'value = "3 days"', "S4.2-notice"),
    ('"conflict", ', "", "S5.1-neutral"),
    ('value = "30 days"', 'value = "31 days"', "S6.1-answered"),
    ('restart = ["more_time_asked"]\n', "", "S6.1-answered"),
    ('due = "performance_due_on"', 'within = "20 days"', "S6.2-performed"),
])  # fmt: skip
def test_the_examples_notice_a_changed_control(said: str, instead: str, control: str, tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER / "mediation-practice", tmp_path / "mediation-practice")
    text = (folder / "pack.toml").read_text(encoding="utf-8")
    assert text.count(said) == 1
    (folder / "pack.toml").write_text(text.replace(said, instead), encoding="utf-8")
    items = (folder / "examples.toml").read_text(encoding="utf-8").split("[[example]]\n")[1:]
    kept = [i for i in items if i.startswith(f'control = "{control}"')]
    (folder / "examples.toml").write_text("".join(f"[[example]]\n{i}" for i in kept), encoding="utf-8")
    assert {r.control for r in tried(folder).failed} == {control}


def test_an_example_names_people_in_words_and_by_their_number(tmp_path: Path) -> None:
    """Whoever `decided_by` names by a number is the person of the example's other rows; a court stays a court."""
    (tmp_path / "pack.toml").write_text(
        '[pack]\nid = "house"\nversion = "1"\ntitle = { zh = "试", en = "test" }\nrequires = { kinds = ["qualification"] }\n[[controls]]\nid = "Q"\n'
        'title = { zh = "试", en = "test" }\nremedy = { zh = "试", en = "test" }\nseverity = "low"\nbasis = "practice"\nkind = "qualification"\n'
        'of = "decisions.refusal"\ncourses = "law"\nwhere = "cause <> \'x\'"\n', encoding="utf-8")  # fmt: skip
    one = '[[example]]\ncontrol = "Q"\nname = "{who}"\nas_of = 2026-06-01\nexpect = "{expect}"\ndispute = {{ received_at = 2026-03-01, cause = "y" }}\n' \
          'decisions = [{{ kind = "refusal", decided_at = 2026-03-09, decided_by = "{who}" }}]\n' \
          'training = [{{ staff_id = "A", course = "law", completed_at = 2026-03-01 }}]\n'  # fmt: skip
    examples = [("A", "pass"), ("B", "fail"), ("court", "fail")]
    (tmp_path / "examples.toml").write_text("".join(one.format(who=who, expect=expect) for who, expect in examples), encoding="utf-8")
    assert [(r.name, r.verdict.outcome) for r in tried(tmp_path).results] == examples

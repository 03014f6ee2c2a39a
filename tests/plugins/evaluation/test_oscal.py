"""What is written is OSCAL by the official schema, says no more than the assessment does, and is the same whenever the assessment is."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.projects import control, write_pack, write_project

from disputekit.assess import assess
from disputekit.assessment.manifest import Manifest, read_manifest
from disputekit.config import load_project
from disputekit_evaluation.oscal import assessment_results, token

jsonschema = pytest.importorskip("jsonschema", reason="install the `test` extra")
regex = pytest.importorskip("regex", reason="install the `test` extra")
SCHEMA = Path(__file__).parents[4] / "shared" / "data" / "oscal" / "release-schemas" / "oscal_assessment-results_schema.json"


def _pattern(validator: Any, pattern: str, instance: object, schema: Any) -> Any:  # the schema writes \p{L}, which `re` doesn't know
    if isinstance(instance, str) and regex.search(pattern, instance) is None:
        yield jsonschema.ValidationError(f"{instance!r} isn't {pattern}")


def mistakes(document: Any) -> list[str]:
    if not SCHEMA.is_file():
        pytest.skip(f"{SCHEMA.name} isn't beside the checkout")
    validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": _pattern})
    return [f"{list(e.absolute_path)}: {e.message:.200}" for e in validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(document)]


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, str]:
    folder = write_project(tmp_path_factory.mktemp("project"), plugins=("evaluation",))
    write_pack(folder / "house", control("H-1"), control("H-2", 'kind = "required"\nfields = ["received"]'),
               control("H-3", 'kind = "required"\nfields = ["cause"]\nwhere = "amount_claimed > 900"'),
               control("H-4", 'kind = "required"\nfields = ["notices.decision.sent"]'), control("H-5", 'kind = "required"\nfields = ["cause"]\nstatus = "draft"'))  # fmt: skip
    assess(load_project(folder), date(2026, 2, 1), folder / "out")
    return read_manifest(folder / "out")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_official_schema_takes_it(assessed: tuple[Manifest, str], language: str) -> None:
    assert mistakes(assessment_results(*assessed, language)) == []


def test_the_schema_can_refuse(assessed: tuple[Manifest, str]) -> None:
    document = assessment_results(*assessed)
    document["assessment-results"]["results"][0]["findings"][0]["target"]["target-id"] = "9 lives"
    assert len(mistakes(document)) == 1


def test_only_what_passed_is_satisfied(assessed: tuple[Manifest, str]) -> None:
    (result,) = assessment_results(*assessed, "en")["assessment-results"]["results"]
    status = {f["target"]["target-id"]: (f["target"]["status"]["state"], f["target"]["status"]["reason"]) for f in result["findings"]}
    assert {i: s for i, s in status.items() if i.startswith("H-")} == {
        "H-1": ("not-satisfied", "fail"), "H-2": ("satisfied", "pass"), "H-4": ("not-satisfied", "other"),
    }  # fmt: skip
    assert {r["title"].split()[0] for r in result["risks"]} == {"H-1"}


def test_what_was_not_checked_is_told(assessed: tuple[Manifest, str]) -> None:
    (result,) = assessment_results(*assessed, "en")["assessment-results"]["results"]
    excluded = {c["control-id"] for c in result["reviewed-controls"]["control-selections"][0]["exclude-controls"]}
    assert {"H-4", "H-5", "EVAL-RECONCILED"} <= excluded
    told = {p["value"] for o in result["observations"] for p in o["props"] if p["name"] == "not-checked"}
    assert {"H-4", "H-5", "H-3"} <= told  # H-3 leaves every subject out


def test_it_is_the_same_again_and_gives_no_uuid_twice(assessed: tuple[Manifest, str]) -> None:
    first, again = json.dumps(assessment_results(*assessed)), json.dumps(assessment_results(*assessed))
    assert first == again
    found: list[str] = []
    json.loads(first, object_hook=lambda d: found.append(d["uuid"]) if "uuid" in d else None)
    assert len(found) == len(set(found)) > 5
    assert {UUID(u).version for u in found} == {5}
    other = json.dumps(assessment_results(assessed[0], "0" * 64))
    assert not any(u in other for u in found)


@pytest.mark.parametrize(
    ("text", "written"), [("CN-CMP-18", "CN-CMP-18"), ("S2.1-contact", "S2.1-contact"), ("9x", "_9x"), ("争议", "争议"), ("a b", "a_20_b"), ("", "_")]
)
def test_identifiers_become_tokens(text: str, written: str) -> None:
    assert token(text) == written

"""The demo can be handed over as it stands: its profile makes a package that verifies, and whose every control comes to the same again."""

from datetime import date
from pathlib import Path

import duckdb
from tests.plugins.evaluation.conftest import allowed, new_key

from disputekit.assess import assess
from disputekit.config import load_project
from disputekit.demo.generate import write_demo
from disputekit_evaluation.made import Asked, make_package
from disputekit_evaluation.profile import read_profile
from disputekit_evaluation.verified import verify_package


def test_the_demo_is_handed_over_with_its_own_profile_and_verified(tmp_path: Path) -> None:
    made = write_demo(tmp_path / "demo", seed=1, disputes=300)
    assert any("export {assessment}" in c and "assessor.toml" in c for c in made.commands)
    project = load_project(made.folder)
    assessment = made.folder / "assessments" / made.as_of.isoformat()
    manifest = assess(project, made.as_of, assessment)
    key = new_key(tmp_path, "key")
    (tmp_path / "allowed").write_text(allowed(key))
    profile, sha256 = read_profile(made.folder / "assessor.toml")
    package = make_package(
        Asked(
            project,
            assessment,
            tmp_path / "package",
            profile,
            sha256,
            key,
            b"s" * 32,
            date(2026, 7, 1),
            sealed=tmp_path / "package.sealed",
            salt="salt",
        ),
        lambda *_: None,
    )
    assert [p for p in package.parts if p.error is not None] == []
    found = verify_package(tmp_path / "package", tmp_path / "allowed", None, again=True)
    assert found.problems == ()
    assert found.controls == len(manifest.controls) - len(profile.without)
    # the demo's tasks name an authority, and so does a plan that comes with the plugin: that is nobody's name
    assert "[name 姓名]" not in (tmp_path / "package/data/assessment/report.html").read_text("utf-8")
    names = {str(row["name"]) for row in made.tables["staff"] if len(str(row["name"])) > 1}
    texts = duckdb.read_csv(str(tmp_path / "package/data/tables/findings/*.csv"), header=True, all_varchar=True, union_by_name=True).fetchall()
    assert not [cell for row in texts for cell in row if cell in names]

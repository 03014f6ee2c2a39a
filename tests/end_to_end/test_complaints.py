"""3,186 complaints to American banks, month before day and without numbers: the figures that are known of them."""

from pathlib import Path

import pytest
from tests.end_to_end.conftest import MakeProject
from tests.end_to_end.running import called, rows, tallies

AS_OF = "2018-01-01"


@pytest.fixture(scope="module")
def found(make_project: MakeProject) -> Path:
    project = make_project("complaints", "cfpb_complaints")
    assert called("--project", project, "check", "--as-of", AS_OF).code == 1
    return project / "assessments" / AS_OF


def test_what_was_not_answered_in_time_and_what_was_sent_late_is_found(found: Path) -> None:
    assert tallies(found) == {
        "timely": {"fail: condition": 93, "pass": 3093},
        "sent-15": {"fail: late": 148, "pass": 3032, "unknown: contradictory": 6},
        "sent-30": {"fail: late": 62, "pass": 3118, "unknown: contradictory": 6},
        "sent-60": {"fail: late": 7, "pass": 3173, "unknown: contradictory": 6},
    }


def test_a_complaint_without_a_number_is_known_by_its_row(found: Path) -> None:
    lines = (found.parents[1] / "data" / "consumer_complaints.csv").read_text("utf-8").splitlines()
    for subject, sent in rows(found, "sent-60", "subject, done_at"):
        file, _, record = subject.rpartition(":")
        assert file == "data/consumer_complaints.csv"
        assert f",{sent.month}/{sent.day}/{sent.year}," in lines[int(record)]


def test_without_numbers_for_its_rows_the_file_is_refused_and_says_what_it_needs(make_project: MakeProject) -> None:
    project = make_project("complaints", "cfpb_complaints")
    toml = project / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace('number_rows = "dispute_id"\n', ""), encoding="utf-8")
    ended = called("--project", project, "check", "--as-of", AS_OF)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("disputekit.toml: [register.disputes]")
    assert "dispute_id" in ended.err
    assert "number_rows" in ended.err
    assert list((project / "assessments").glob("*")) == []

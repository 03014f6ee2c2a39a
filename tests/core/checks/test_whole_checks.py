"""Checks through the real loader: what only shows when nothing more is loaded than a control reads."""

from pathlib import Path

import pytest
from tests.projects import assessment, check, control, write_pack, write_project

DISPUTES = "dispute_id,received_at,amount_agreed,currency\nD-1,2026-01-05,100.00,CNY\nD-2,2026-01-05,100.00,CNY\n"
PAYMENTS = "payment_id,subject_id,kind,paid_at,amount,currency\nP-1,D-1,benefit,2026-01-08,100.00,CNY\nP-2,D-2,benefit,2026-01-08,100.00,USD\n"
PAID = 'kind = "deadline"\nfrom = "received"\nto = { sum = "payments.benefit", reaches = "amount_agreed" }\nwithin = "10 days"\n'


def tallies(folder: Path, rest: str, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    write_pack(folder / "house", control("H-1", rest))
    write_project(folder, more="\n[register.payments]\npath = 'payments.csv'\n")
    (folder / "disputes.csv").write_text(DISPUTES, encoding="utf-8")
    (folder / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    said = check(folder, capsys=capsys)
    assert (folder / "assessments").is_dir(), said.err
    return {f"{t['outcome']}: {t['reason']}".rstrip(": "): t["subjects"] for t in assessment(folder)["controls"][0]["tallies"]}


def test_money_of_another_currency_pays_nothing_even_where_no_other_control_reads_the_currency(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tallies(tmp_path, PAID, capsys) == {"pass": 1, "unknown: contradictory": 1}


def test_a_term_that_the_contract_may_set_is_none_where_its_column_is_not_supplied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tallies(tmp_path, PAID + 'override = "closed_at"\n', capsys) == {"pass": 1, "unknown: contradictory": 1}


def test_a_condition_on_whose_record_it_is_is_refused_and_not_compared_with_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(
        tmp_path / "house", control("H-1", 'kind = "condition"\nsubject = "payments"\nholds = "amount > 0"\nwhere = "subject = \'disputes\'"\n')
    )
    write_project(tmp_path, more="\n[register.payments]\npath = 'payments.csv'\n")
    (tmp_path / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    said = check(tmp_path, capsys=capsys)
    assert said.code == 2
    assert "'subject' can't be read in a condition" in said.err

"""Nobody's name, number or identifier is in a package; the same identifier is one pseudonym in it, and another for another recipient."""

import hmac
import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from tests.plugins.evaluation.conftest import CANARIES, Made, export, run

from disputekit_evaluation.masking import masks


def texts(package: Path) -> dict[str, str]:
    """Every file of a package as text: Parquet by its rows and metadata, workbooks and other archives by what is in them."""
    found = {}
    for path in sorted(p for p in package.rglob("*") if p.is_file()):
        name = path.relative_to(package).as_posix()
        if path.suffix == ".parquet":
            rows = duckdb.read_parquet(str(path))
            found[name] = f"{rows.columns} {rows.fetchall()}"
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found[name] = "\n".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist())
        found[name] = found.get(name, "") + path.read_bytes().decode("utf-8", "replace")
    return found


def leaks(package: Path) -> list[tuple[str, str]]:
    return [(name, canary) for name, text in texts(package).items() for canary in CANARIES if canary in text or canary in name]


def test_no_canary_is_anywhere_in_a_package(made: Made) -> None:
    assert leaks(made.package) == []


def test_no_canary_is_left_where_free_text_is_handed_over_masked(made: Made, tmp_path: Path) -> None:
    assert export(made, tmp_path / "out", more='[columns]\n"disputes.description" = "mask"') == 0
    assert leaks(tmp_path / "out") == []
    rows = duckdb.read_parquet(str(tmp_path / "out/data/assessment/register/disputes.parquet")).select("description").fetchall()
    assert ("[name 姓名] called from [phone 电话]",) in rows


def test_the_search_for_canaries_can_see_them(made: Made, tmp_path: Path) -> None:
    assert export(made, tmp_path / "out", more='[columns]\n"disputes.customer_id" = "keep"\n"customers.customer_id" = "keep"') == 0
    assert ("data/assessment/register/customers.parquet", "CUST-31") in leaks(tmp_path / "out")


def disputes(package: Path) -> list[tuple[str, str, str]]:
    return duckdb.read_parquet(str(package / "data/assessment/register/disputes.parquet")).select("dispute_id, handler_id, received_at").fetchall()


def test_a_pseudonym_is_the_hmac_of_the_identifier_and_stands_wherever_it_does(made: Made) -> None:
    secret = bytes.fromhex((made.project / "pseudonyms.key").read_text())
    key = hmac.digest(secret, json.dumps(["disputekit-package-1", "Assessors", "evaluation"]).encode(), "sha256")
    wanted = "p" + hmac.digest(key, b"KX-7782-B", "sha256").hex()[:20]
    rows = disputes(made.package)
    assert wanted in [r[0] for r in rows]
    findings = duckdb.read_parquet(str(made.package / "data/assessment/findings/H-1.parquet")).select("subject, handler").fetchall()
    assert set(findings) <= {(r[0], r[1]) for r in rows}
    assert wanted in [f[0] for f in findings]
    staff = duckdb.read_parquet(str(made.package / "data/assessment/register/staff.parquet")).select("staff_id").fetchall()
    assert {r[1] for r in rows} == {s for (s,) in staff}


def test_two_recipients_can_not_join_what_they_got_and_dates_are_kept(made: Made, tmp_path: Path) -> None:
    assert export(made, tmp_path / "out", recipient="Others") == 0
    one, other = disputes(made.package), disputes(tmp_path / "out")
    assert not {r[0] for r in one} & {r[0] for r in other}
    assert sorted(r[2] for r in one) == sorted(r[2] for r in other)


def test_the_same_recipient_gets_the_same_pseudonyms_again(made: Made, tmp_path: Path) -> None:
    assert export(made, tmp_path / "out") == 0
    assert sorted(disputes(made.package)) == sorted(disputes(tmp_path / "out"))


def test_birth_dates_become_years_and_free_text_only_tells_that_it_is_there(made: Made) -> None:
    folder = made.package / "data/assessment/register"
    assert str(duckdb.read_parquet(str(folder / "customers.parquet")).select("born_on").fetchall()) == "[(datetime.date(1949, 1, 1),)]"
    assert set(duckdb.read_parquet(str(folder / "disputes.parquet")).select("description").fetchall()) == {("…",)}


def test_a_literal_that_an_identifier_is_compared_with_becomes_its_pseudonym(made: Made) -> None:
    text = (made.package / "data/assessment/queries/H-2.sql").read_text("utf-8")
    clerk = next(r[1] for r in disputes(made.package) if "2026-01-07" in str(r[2]))
    assert f"'{clerk}'" in text


def test_what_the_profile_says_of_the_recipient_is_in_the_package(made: Made) -> None:
    package = json.loads((made.package / "data/package.json").read_bytes())
    assert package["profile"]["recipient"] == "Assessors"
    assert package["profile"]["legal_basis"] == "PIPL art. 21"
    assert "Expires-On: 2099-12-31" in (made.package / "bag-info.txt").read_text()
    assert [s["name"] for s in package["sources"]] == ["disputes-1.csv", "staff-1.csv", "customers-1.csv"]


def test_an_expired_profile_is_refused(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "p.toml"
    profile.write_text("recipient='a'\npurpose='b'\nlegal_basis='c'\nexpires_on=2020-01-01\nconfidentiality='d'\n")
    assert (
        run("--project", made.project, "export", made.project / "assessments/2026-02-01", tmp_path / "out", "--profile", profile, "--key", made.key)
        == 2
    )
    assert "the profile ended on 2020-01-01" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "masked"), [
    ("客户张三丰，身份证11010519491231002X，电话13812345678。", "客户[name 姓名]，身份证[identity number 证件号]，电话[phone 电话]。"),
    ("+86 138-1234-5678 a.b@c.cn", "[phone 电话] [e-mail 邮箱]"), ("１３８１２３４５６７８", "[phone 电话]"), ("010-62345678", "[phone 电话]"),
    ("编号20260101000001，金额12345678.90元", "编号20260101000001，金额12345678.90元"), ("2026-01-01 2026-03-04T10:00:00", "2026-01-01 2026-03-04T10:00:00"),
    ("6222 0212 3456 7890 128", "[card 卡号]"), ("Al said also", "[name 姓名] said also"), ("91110000600037341L", "[credit code 统一社会信用代码]"),
])  # fmt: skip
def test_what_identifies_people_is_masked_in_free_text_and_nothing_else(text: str, masked: str) -> None:
    assert masks(frozenset({"张三丰", "Al"}))(text) == masked

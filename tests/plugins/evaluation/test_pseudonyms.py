"""Nobody's name, number or identifier is in a package; the same identifier is one pseudonym in it, and another for another recipient."""

import hmac
import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from tests.plugins.evaluation.conftest import CANARIES, CUSTOMERS, DISPUTES, FILE, NAMES, NUMBERS, PROJECT, STAFF, Made, export, run
from tests.plugins.evaluation.full import PARAMETER
from tests.projects import control, write_pack

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


def test_no_canary_is_left_of_what_the_insurers_own_pack_says_to_its_readers_or_compares_with(made: Made, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name, text in {FILE: DISPUTES, "staff.csv": STAFF, "customers.csv": CUSTOMERS, "disputekit.toml": PROJECT}.items():
        project.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    titled = control().replace("按期办结", f"问{NAMES[0]}或CLERK-12").replace("Close it", f"Call {NUMBERS[1]} or {NAMES[1]}")
    compared = f"kind = \"required\"\nfields = ['closed_at']\nwhere = \"channel <> '{NAMES[1]}' and channel <> '{NUMBERS[1]}'\""
    draft = control("H-3", "kind = \"required\"\nfields = ['closed_at']\nstatus = 'draft'").replace("按期办结", f"{NAMES[0]}")
    write_pack(project / "house", PARAMETER.replace("期限", NAMES[0]), titled, control("H-2", compared), draft)
    assert run("--project", project, "check", "--as-of", "2026-02-01") == 1
    assert NAMES[1] in (project / "assessments/2026-02-01/report.html").read_text("utf-8")
    assert export(made._replace(project=project), tmp_path / "out") == 0
    assert leaks(tmp_path / "out") == []
    assert run("verify", tmp_path / "out", "--signers", made.signers, "--rerun") == 0
    document = json.loads((tmp_path / "out/data/assessment/assessment.json").read_bytes())
    assert [c["remedy"]["en"] for c in document["controls"] if c["id"] == "H-1"] == ["Call [phone 电话] or [name 姓名]"]


@pytest.mark.parametrize(("more", "told"), [
    ('[columns]\n"disputes.descripton" = "mask"', "columns: disputes.descripton: no such column. Did you mean 'disputes.description'?"),
    ('without = ["H-11"]', "without: H-11: no such control. Did you mean 'H-1'?"),
])  # fmt: skip
def test_a_name_in_the_profile_that_nothing_has_is_refused(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, told: str
) -> None:
    assert export(made, tmp_path / "out", more=more) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_numbers_that_identify_people_are_refused_where_they_are_no_text(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "project"
    project.mkdir()
    head, *rows = DISPUTES.splitlines()
    lines = [f"{head},reached_by,agent_id,points", *(f"{row},{NUMBERS[1]},7,5" for row in rows)]
    (project / "disputes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    toml = PROJECT.replace(FILE, "disputes.csv").split("[register.staff]", maxsplit=1)[0]
    toml += "types = { reached_by = 'integer', agent_id = 'integer', points = 'integer' }\n"
    (project / "disputekit.toml").write_text(toml, encoding="utf-8")
    write_pack(project / "house", control("H-1", 'kind = "required"\nfields = ["reached_by", "agent_id", "points"]'))
    assert run("--project", project, "check", "--as-of", "2026-02-01") in (0, 1)
    assert export(made._replace(project=project), tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert "disputes.reached_by: holds numbers that identify people, and a number can't be masked" in told
    assert "disputes.agent_id: holds numbers" in told
    assert "points" not in told
    (project / "disputekit.toml").write_text(toml.replace("'integer'", "'text'"), encoding="utf-8")
    assert run("--project", project, "check", "--as-of", "2026-02-01", "--replace") in (0, 1)
    assert export(made._replace(project=project), tmp_path / "out") == 0
    assert [name for name, canary in leaks(tmp_path / "out") if canary == NUMBERS[1]] == []


def test_the_name_of_a_source_that_a_pack_tells_stops_the_export(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "cases of branch nine.csv").write_text(DISPUTES, encoding="utf-8")
    toml = PROJECT.replace(FILE, "cases of branch nine.csv").split("[register.staff]", maxsplit=1)[0]
    (project / "disputekit.toml").write_text(toml, encoding="utf-8")
    write_pack(project / "house", "# columns as in cases of branch nine.csv\n", control())
    assert run("--project", project, "check", "--as-of", "2026-02-01") in (0, 1)
    assert export(made._replace(project=project), tmp_path / "out") == 2
    assert "packs/house/pack.toml: the name of the source cases of branch nine.csv would be handed over. Take it out there" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_source_that_is_called_as_its_table_is_can_be_handed_over(made: Made, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "own.csv").write_text(DISPUTES, encoding="utf-8")
    duckdb.sql(f"copy (from read_csv('{project / 'own.csv'}', all_varchar = true)) to '{project / 'disputes.parquet'}' (format parquet)")
    toml = PROJECT.replace(FILE, "disputes.parquet").split("[register.staff]", maxsplit=1)[0]
    (project / "disputekit.toml").write_text(toml, encoding="utf-8")
    write_pack(project / "house", control())
    assert run("--project", project, "check", "--as-of", "2026-02-01") in (0, 1)
    assert export(made._replace(project=project), tmp_path / "out") == 0


@pytest.mark.parametrize(("text", "masked"), [
    ("张 三 丰来电", "[name 姓名]来电"), ("张　三丰来电", "[name 姓名]来电"), ("CANARY  JONES rang", "[name 姓名] rang"), ("Ｃａｎａｒｙ Ｊｏｎｅｓ", "[name 姓名]"),
    ("买买提·艾力", "[name 姓名]"), ("买买提艾力", "[name 姓名]"), ("阿 里", "[name 姓名]"), ("Canaryjonesville", "Canaryjonesville"),
    ("138　1234　5678", "[phone 电话]"), ("138–1234–5678", "[phone 电话]"), ("１１０１０５１９４９１２３１００２Ｘ", "[identity number 证件号]"),
    ("张三", "张三"),
])  # fmt: skip
def test_a_name_or_number_is_known_however_it_is_set(text: str, masked: str) -> None:
    assert masks(frozenset({"张三丰", "Canary Jones", "买买提•艾力", "阿　里"}))(text) == masked


@pytest.mark.parametrize(("text", "masked"), [
    ("客户张三丰，身份证11010519491231002X，电话13812345678。", "客户[name 姓名]，身份证[identity number 证件号]，电话[phone 电话]。"),
    ("+86 138-1234-5678 a.b@c.cn", "[phone 电话] [e-mail 邮箱]"), ("１３８１２３４５６７８", "[phone 电话]"), ("010-62345678", "[phone 电话]"),
    ("编号20260101000001，金额12345678.90元", "编号20260101000001，金额12345678.90元"), ("2026-01-01 2026-03-04T10:00:00", "2026-01-01 2026-03-04T10:00:00"),
    ("6222 0212 3456 7890 128", "[card 卡号]"), ("Al said also", "[name 姓名] said also"), ("91110000600037341L", "[credit code 统一社会信用代码]"),
])  # fmt: skip
def test_what_identifies_people_is_masked_in_free_text_and_nothing_else(text: str, masked: str) -> None:
    assert masks(frozenset({"张三丰", "Al"}))(text) == masked

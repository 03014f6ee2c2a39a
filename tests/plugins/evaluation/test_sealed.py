"""From a package to its review and back: drawn after its hash is fixed, who is who opened for the cases that were drawn and for no other."""

import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
import python_calamine
import xlsxwriter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.plugins.evaluation.conftest import PROFILE, new_key, run
from tests.projects import control, write_pack

from disputekit_evaluation.sealed import ENTRIES, OPENINGS, RECEIPT, entry_key, list_key, seal, unseal
from disputekit_evaluation.secret import secret_in

SIZE = 60
STATED = dict.fromkeys((11, 12, 13), "withdrawn") | dict.fromkeys((21, 22), "merged")


class Handed(NamedTuple):
    """A package, its sealed list, and the project of the insurer who made both."""

    project: Path
    package: Path
    sealed: Path

    @property
    def sha256(self) -> str:
        return hashlib.sha256((self.package / "tagmanifest-sha256.txt").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Sixty disputes: some withdrawn, merged or not concerned by any rule, one excused by a waiver, two rows that can't be read."""
    folder = tmp_path_factory.mktemp("sealed")
    project = folder / "project"
    lines = ["dispute_id,received_at,closed_at,channel,status"]
    for n in range(SIZE):
        closed = "2026-01-30T10:00:00" if n % 9 == 4 else "" if n == 7 else "2026-01-12T10:00:00"
        lines.append(f"WIE-{n:03d},2026-01-05T09:00:00,{closed},{'internal' if n in (30, 31) else 'phone'},{STATED.get(n, 'closed')}")
    lines += [",2026-01-07T09:00:00,,phone,open", "WIE-090,yesterday,,phone,open", ",2026-01-08T09:00:00,,phone,open"]
    write_pack(
        project / "house", control("H-1", 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "15 days"\nwhere = "channel = \'phone\'"')
    )
    (project / "register of 王小明.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (project / "disputekit.toml").write_text(
        "[organisation]\nname = 'X'\nlanguage = 'en'\n[policies]\npacks = ['./house']\n[plugins]\nenabled = ['evaluation']\n"
        "[plugins.evaluation.completeness]\nsources = []\n[register.disputes]\npath = 'register of 王小明.csv'\n", encoding="utf-8",
    )  # fmt: skip
    assert run("--project", project, "check", "--as-of", "2026-02-01") in (0, 1, 2)
    profile = folder / "profile.toml"
    profile.write_text(PROFILE.format(recipient="Assessors", more=""), encoding="utf-8")
    package = folder / "package"
    assert (
        run("--project", project, "export", project / "assessments/2026-02-01", package, "--profile", profile, "--key", new_key(folder, "key")) == 0
    )
    return Handed(project, package, folder / "package.sealed")


@pytest.fixture
def handed(original: Handed, tmp_path: Path) -> Handed:
    """A copy whose list wasn't opened yet, and that a test may spoil."""
    for path in (original.package, original.sealed):
        shutil.copytree(path, tmp_path / path.name)
    return Handed(original.project, tmp_path / "package", tmp_path / "package.sealed")


def drawn(handed: Handed, out: Path, seed: str = "lottery 3 11 19", *more: str) -> list[tuple[str, str]]:
    assert run("--project", handed.project, "sample", "draw", handed.package, "--seed", seed, "--out", out, *more) == 0
    rows = python_calamine.CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()
    return [(str(r[0]).split()[0], str(r[1])) for r in rows[1:]]


def opened(handed: Handed, sheet: Path, out: Path, *more: str) -> tuple[int, list[dict[str, str]]]:
    code = run("--project", handed.project, "sample", "open", handed.package, sheet, "--sealed", handed.sealed, "--out", out, *more)
    if not out.exists():
        return code, []
    with out.open(encoding="utf-8-sig", newline="") as file:
        return code, list(csv.DictReader(file))


def filled(sheet: Path, verdicts: dict[str, str]) -> None:
    """The sheet as a reviewer sends it back, written by a program that isn't ours."""
    book = python_calamine.CalamineWorkbook.from_path(sheet)
    review, about = (book.get_sheet_by_index(n).to_python() for n in (0, 1))
    with xlsxwriter.Workbook(sheet) as new:
        for rows in ([review[0], *([r[0], r[1], verdicts.get(str(r[1]), "correct"), ""] for r in review[1:])], about):
            page = new.add_worksheet()
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)


LESS = ("--confidence", "0.8", "--tolerable", "0.3")


def test_from_export_to_inference(handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "review.xlsx"
    cases = drawn(handed, sheet, "lottery 3 11 19", *LESS)
    about = {str(r[0]): str(r[1]) for r in python_calamine.CalamineWorkbook.from_path(sheet).get_sheet_by_index(1).to_python()}
    assert (about["hash"], about["seed"]) == (handed.sha256, "lottery 3 11 19")
    populations = {k: int(v) for k, v in about.items() if k in ("rejected", "breach", "unknown", "withdrawn", "merged", "clean")}
    assert sum(populations.values()) == SIZE + 3  # the row whose date can't be read is loaded, and unknown; the two without an id are rejected
    assert populations["rejected"] == 2
    assert (populations["withdrawn"], populations["merged"]) == (2, 1)  # one more of each is in breach, and stays there
    code, rows = opened(handed, sheet, tmp_path / "opened.csv")
    assert code == 0
    names = {r["case"]: r["original"] for r in rows}
    assert set(names) == {c for _, c in cases}
    assert {n for n in names.values() if "#" in n} == {"register of 王小明.csv#61", "register of 王小明.csv#63"}
    breaches = [c for s, c in cases if s == "breach"]
    assert all(int(names[c][4:]) % 9 == 4 or names[c] == "WIE-007" for c in breaches)
    capsys.readouterr()
    filled(sheet, {})
    assert run("--project", handed.project, "sample", "read", handed.package, sheet) == 0
    assert "The rate lies below the tolerable one" in capsys.readouterr().out
    filled(sheet, dict.fromkeys((c for s, c in cases if s == "clean"), "deviates"))
    assert run("--project", handed.project, "sample", "read", handed.package, sheet) == 1


def test_what_concerns_no_rule_can_be_drawn_as_well(handed: Handed, tmp_path: Path) -> None:
    drawn(handed, tmp_path / "review.xlsx", "s", "--tolerable", "0.01")
    _, rows = opened(handed, tmp_path / "review.xlsx", tmp_path / "opened.csv")
    assert {"WIE-030", "WIE-031"} <= {r["original"] for r in rows if r["stratum"] == "clean"}
    assert len(rows) == SIZE + 3


def test_the_list_names_nobody_until_it_is_opened_and_then_only_who_was_drawn(handed: Handed, tmp_path: Path) -> None:
    raw = b"".join(p.read_bytes() for p in sorted(handed.sealed.iterdir()))
    rows = duckdb.read_parquet(str(handed.sealed / ENTRIES)).fetchall()
    assert len(rows) == SIZE + 3
    for name in (b"WIE-", "王小明".encode()):
        assert name not in raw
        assert not any(name in bytes(sealed) for _, sealed, _ in rows)
    assert len({len(sealed) for _, sealed, _ in rows}) == 1
    cases = drawn(handed, tmp_path / "review.xlsx", "s", *LESS)
    _, found = opened(handed, tmp_path / "review.xlsx", tmp_path / "opened.csv")
    assert {r["case"] for r in found} == {c for _, c in cases} < {c for c, _, _ in rows}


def test_a_case_that_was_not_drawn_is_refused_and_nothing_is_opened(handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = drawn(handed, tmp_path / "review.xlsx", "s", *LESS)
    (other, *_) = sorted({c for (c,) in duckdb.read_parquet(str(handed.sealed / ENTRIES)).select("subject").fetchall()} - {c for _, c in cases})
    assert opened(handed, tmp_path / "review.xlsx", tmp_path / "opened.csv", "--case", cases[0][1], "--case", other) == (2, [])
    assert f"{other}: wasn't drawn, and isn't opened" in capsys.readouterr().err
    assert not (handed.sealed / OPENINGS).exists()
    code, rows = opened(handed, tmp_path / "review.xlsx", tmp_path / "opened.csv", "--case", cases[0][1])
    assert (code, [r["case"] for r in rows]) == (0, [cases[0][1]])


def test_who_has_no_project_is_told_to_name_the_secret(
    handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "review.xlsx"
    drawn(handed, sheet, "s", *LESS)
    monkeypatch.chdir(tmp_path)
    given = ("sample", "open", handed.package, sheet, "--sealed", handed.sealed, "--out", tmp_path / "opened.csv")
    assert run(*given) == 2
    assert "--secret: isn't said, and there is no project to find it beside. Name the secret" in capsys.readouterr().err
    assert run(*given, "--secret", handed.project / "pseudonyms.key") == 0


def test_a_sheet_with_a_case_put_in_is_refused(handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "review.xlsx"
    cases = drawn(handed, sheet, "s", *LESS)
    other = next(c for (c,) in duckdb.read_parquet(str(handed.sealed / ENTRIES)).select("subject").fetchall() if c not in {c for _, c in cases})
    book = python_calamine.CalamineWorkbook.from_path(sheet)
    pages = [book.get_sheet_by_index(n).to_python() for n in (0, 1)]
    pages[0].append(["clean", other, "", ""])
    with xlsxwriter.Workbook(sheet) as new:
        for rows in pages:
            page = new.add_worksheet()
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
    assert opened(handed, sheet, tmp_path / "opened.csv") == (2, [])
    assert f"{other} wasn't drawn" in capsys.readouterr().err


def test_a_package_whose_tables_were_changed_draws_nobody_else(handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn(handed, tmp_path / "review.xlsx", "s", *LESS)
    part = handed.package / "data/assessment/register/disputes.parquet"
    part.write_bytes(part.read_bytes() + b"x")
    assert opened(handed, tmp_path / "review.xlsx", tmp_path / "opened.csv") == (2, [])
    assert "data/assessment/register/disputes.parquet: was changed" in capsys.readouterr().err


def test_each_opening_is_written_down_and_a_second_seed_is_refused(handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = drawn(handed, tmp_path / "one.xlsx", "s", *LESS)
    assert opened(handed, tmp_path / "one.xlsx", tmp_path / "one.csv")[0] == 0
    drawn(handed, tmp_path / "more.xlsx", "s")
    assert opened(handed, tmp_path / "more.xlsx", tmp_path / "more.csv")[0] == 0
    lines = (handed.sealed / OPENINGS).read_bytes().splitlines()
    first, second = (json.loads(line) for line in lines)
    assert first["cases"] == sorted(c for _, c in cases)
    assert set(first["cases"]) < set(second["cases"])
    assert (first["before"], second["before"]) == ("", hashlib.sha256(lines[0]).hexdigest())
    drawn(handed, tmp_path / "other.xlsx", "another", *LESS)
    assert opened(handed, tmp_path / "other.xlsx", tmp_path / "other.csv") == (2, [])
    assert "was opened for the seed 's', and isn't for another" in capsys.readouterr().err
    (handed.sealed / OPENINGS).write_bytes(lines[0].replace(b'"s"', b'"t"') + b"\n" + lines[1] + b"\n")
    assert opened(handed, tmp_path / "one.xlsx", tmp_path / "again.csv") == (2, [])
    assert "the record of openings was changed" in capsys.readouterr().err


def test_a_list_that_was_changed_or_is_of_another_package_and_another_secret_are_refused(
    handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "review.xlsx"
    drawn(handed, sheet, "s", *LESS)
    (tmp_path / "other.key").write_text("ab" * 32 + "\n")
    assert opened(handed, sheet, tmp_path / "opened.csv", "--secret", str(tmp_path / "other.key")) == (2, [])
    assert "its entry can't be opened (another key)" in capsys.readouterr().err
    assert opened(handed, sheet, tmp_path / "opened.csv", "--secret", str(tmp_path / "none.key")) == (2, [])
    assert not (tmp_path / "none.key").exists()
    receipt = handed.sealed / RECEIPT
    before = receipt.read_text("utf-8")
    receipt.write_text(before.replace(handed.sha256, "0" * 64))
    assert opened(handed, sheet, tmp_path / "opened.csv") == (2, [])
    assert "is the list of another package" in capsys.readouterr().err
    entries = handed.sealed / ENTRIES
    duckdb.read_parquet(str(entries)).limit(5).write_parquet(str(entries.with_name("fewer")))
    entries.with_name("fewer").replace(entries)
    receipt.write_text(before.replace(json.loads(before)["entries_sha256"], hashlib.sha256(entries.read_bytes()).hexdigest()))
    assert opened(handed, sheet, tmp_path / "opened.csv") == (2, [])
    assert "isn't as it was sealed" in capsys.readouterr().err  # its receipt agrees with it, and the signed package doesn't


def test_with_the_key_of_an_entry_a_stranger_opens_it_and_no_other(handed: Handed, tmp_path: Path) -> None:
    drawn(handed, tmp_path / "review.xlsx", "s", *LESS)
    _, found = opened(handed, tmp_path / "review.xlsx", tmp_path / "opened.csv")
    entries = {case: (sealed, lock) for case, sealed, lock in duckdb.read_parquet(str(handed.sealed / ENTRIES)).fetchall()}
    for row in found:
        sealed, lock = entries[row["case"]]
        key = bytes.fromhex(row["key"])
        assert hashlib.sha256(key).digest() == lock
        text = AESGCM(key).decrypt(bytes(12), sealed, row["case"].encode())
        assert text[: -text[-1]].decode() == row["original"]
        for other, (theirs, locked) in entries.items():
            if other != row["case"]:
                with pytest.raises(ValueError, match="another"):
                    unseal(key, other, theirs, locked)


def test_an_entry_moved_to_another_case_does_not_open(tmp_path: Path) -> None:
    key = list_key(b"k" * 32, "s", "r", "p")
    seal([("p1", "A"), ("p2", "B")], key, tmp_path / "list")
    one, two = duckdb.read_parquet(str(tmp_path / "list" / ENTRIES)).fetchall()
    assert unseal(entry_key(key, "p1"), "p1", one[1], one[2]) == "A"
    with pytest.raises(ValueError, match="another entry"):
        unseal(entry_key(key, "p2"), "p2", one[1], two[2])
    assert list_key(b"k" * 32, "t", "r", "p") != key != list_key(b"k" * 32, "s", "r", "q")


def test_the_secret_alone_makes_no_list_of_another_export_open(original: Handed) -> None:
    receipt = json.loads((original.sealed / RECEIPT).read_text("utf-8"))
    assert len(receipt["salt"]) == 64
    given = secret_in(original.project / "pseudonyms.key", made=False)
    assert list_key(given, receipt["salt"], "Assessors", "evaluation") != list_key(given, "0" * 64, "Assessors", "evaluation")

"""What plugins hand over names nobody: in text, JSON, CSV and Parquet, in the names of files, and where identifiers are bare numbers."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from disputekit import Rewording
from disputekit_evaluation.masking import masks
from disputekit_evaluation.parts import reword_parts

KEY = b"k" * 32
NAME, PHONE = "欧阳金丝雀", "13800138000"
IDS = ("KX-7781-A", "104233", "12")


def pseudonym(identifier: str) -> str:
    from disputekit.register.reworded import pseudonym as made

    return made(identifier, KEY)


@pytest.fixture
def assessment(tmp_path: Path) -> Path:
    """As much of an assessment that was made again as tells whom its register names."""
    folder = tmp_path / "assessment"
    (folder / "register").mkdir(parents=True)
    rows = ", ".join(f"('{pseudonym(i)}')" for i in IDS)
    duckdb.sql(f"copy (select * from (values {rows}) as t(staff_id)) to '{folder / 'register/staff.parquet'}' (format parquet)")
    (folder / "register/columns.json").write_text(json.dumps([{"table": "staff", "column": "staff_id", "treatment": "pseudonym", "type": "text"}]))
    return folder


@pytest.fixture
def handed(tmp_path: Path, assessment: Path) -> Callable[[str, str | bytes], tuple[str | None, str]]:
    """What becomes of a file with this name and text: what is handed over, or why nothing is."""

    def give(name: str, text: str | bytes) -> tuple[str | None, str]:
        path = tmp_path / "parts" / "own" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        rewording = Rewording(KEY, lambda *_: "keep", masks)
        _, refused = reword_parts(tmp_path / "parts", assessment, rewording, masks(frozenset({NAME})))
        return (path.read_text("utf-8") if path.exists() else None), str(refused.get("own", ""))

    return give


Give = Callable[[str, "str | bytes"], tuple["str | None", str]]


@pytest.mark.parametrize(("name", "text", "wanted"), [
    ("a.txt", f"told {NAME} of KX-7781-A", "told [name 姓名] of {0}"), ("a.txt", "问KX-7781-A的经办", "问{0}的经办"), ("a.txt", "NKX-7781-AB", "NKX-7781-AB"),
    ("a.csv", "staff,hours\n12,12\n104233,7\n", "staff,hours\n{2},{2}\n{1},7\n"),
    ("a.json", '{"staff_id": 12, "hours": 12, "note": "12"}', '{"staff_id": "{2}", "hours": 12, "note": "{2}"}'),
    ("a.json", '{"who": [104233, 12], "rate": 0.5}', '{"who": ["{1}", 12], "rate": 0.5}'),
    ("a.json", '{"by": "\\u6b27\\u9633\\u91d1\\u4e1d\\u96c0"}', '{"by": "[name 姓名]"}'),
    ("a.jsonl", '{"body": "{\\"by\\": \\"KX-7781-A\\"}"}\n{"staff_id": 12}\n', '{"body": "{\\"by\\": \\"{0}\\"}"}\n{"staff_id": "{2}"}\n'),
])  # fmt: skip
def test_identifiers_become_pseudonyms_and_json_stays_json(handed: Give, name: str, text: str, wanted: str) -> None:
    found, why = handed(name, text)
    assert why == ""
    assert found is not None
    want = re.sub(r"\{(\d)\}", lambda m: pseudonym(IDS[int(m.group(1))]), wanted)
    if name.endswith(".json"):
        assert json.loads(found) == json.loads(want)
    elif name.endswith(".jsonl"):
        assert [json.loads(line) for line in found.splitlines()] == [json.loads(line) for line in want.splitlines()]
    else:
        assert found == want


@pytest.mark.parametrize("name", [f"{NAME}.csv", f"{NAME}/a.csv", f"of {PHONE}.txt", "KX-7781-A.json", "KX-7781-A/a.json", "KX-7781-A-2026.txt"])
def test_a_file_that_is_named_after_somebody_is_not_handed_over(handed: Give, name: str) -> None:
    found, why = handed(name, "{}")
    assert (found, why) == (None, "the name of one of its files names people or cases") if name != "KX-7781-A-2026.txt" else (found, why)


def parquet(tmp_path: Path, query: str, more: str = "") -> bytes:
    duckdb.sql(f"copy ({query}) to '{tmp_path / 'own.parquet'}' (format parquet{more})")
    return (tmp_path / "own.parquet").read_bytes()


@pytest.mark.parametrize(("query", "more"), [
    ("select 'KX-7781-A' as a", ""), ("select 'told KX-7781-A' as a", ""), (f"select ['{NAME}'] as a", ""), ("select {'a': 'KX-7781-A'} as a", ""),
    ("select map {'KX-7781-A': 1} as a", ""), ("select 12 as staff_id", ""), ("select 104233 as a", ""), (f"select {PHONE} as a", ""),
    (f"select 1 as \"{NAME}\"", ""), ("select 1 as a", f", kv_metadata {{author: '{NAME}'}}"),
])  # fmt: skip
def test_parquet_that_names_somebody_is_not_handed_over(handed: Give, tmp_path: Path, query: str, more: str) -> None:
    assert handed("a.parquet", parquet(tmp_path, query, more)) == (None, "a.parquet names people or cases as they are")


@pytest.mark.parametrize("query", ["select 12 as hours", "select 'late' as a, 1.5 as b, date '2026-01-01' as c, 104234 as n", "select ['x'] as a"])
def test_parquet_that_names_nobody_is(tmp_path: Path, assessment: Path, query: str) -> None:
    (tmp_path / "parts/own").mkdir(parents=True)
    (tmp_path / "parts/own/a.parquet").write_bytes(parquet(tmp_path, query))
    rewording = Rewording(KEY, lambda *_: "keep", masks)
    assert reword_parts(tmp_path / "parts", assessment, rewording, masks(frozenset({NAME}))) == ((), {})


def test_what_is_neither_text_nor_parquet_is_not_handed_over(handed: Give) -> None:
    assert handed("a.bin", b"\xff\xfe\x00") == (None, "a.bin is neither text nor Parquet: nobody can tell whom it names")

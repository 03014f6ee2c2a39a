"""What is published names nobody and lets nobody be worked out: attacked with all sums that hang together, by linear programs in whole numbers."""

import csv
import json
import random
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.plugins.evaluation.conftest import CANARIES, NAMES, NUMBERS, PROFILE, Made, new_key, run
from tests.plugins.evaluation.test_agreement import signed_again
from tests.plugins.evaluation.test_package import run_lines
from tests.plugins.evaluation.test_pseudonyms import leaks, texts
from tests.projects import control, write_pack

from disputekit_evaluation.aggregates import BREAKDOWN, OTHER, REST, TOTAL
from disputekit_evaluation.disclosure import Cells, Sum, suppress

PUBLISH = '[publish]\nby = ["channel", "product", "region"]\nsmallest = 4\nk = 5\nwidth = 6\n'
ID = "ZB-{:04d}-Q"
ORGANISATION = "示例财产保险股份有限公司"
STAFF = f"staff_id,name,unit_id,joined_on\nHANDLER-99,{NAMES[0]},BRANCH-55,2020-01-01\nCLERK-12,{NAMES[1]},BRANCH-55,2021-02-03\n"


def register(seed: int = 3, size: int = 320) -> tuple[str, dict[str, dict[str, str]]]:
    """Disputes with canaries in every place, and rare combinations of channel, product and region."""
    rng = random.Random(seed)
    lines, rows = ["dispute_id,received_at,closed_at,channel,product,region,cause,handler_id,unit_id,description"], {}
    for n in range(size):
        channel = rng.choices(("phone", "letter", "web", "visit"), (10, 5, 2, 0.1))[0]
        product_ = rng.choices(("motor", "health", "property", NAMES[0], NAMES[1], "ZB-0007-Q"), (10, 5, 3, 0.3, 6, 4))[0]
        region = rng.choices(("north", "south", NUMBERS[1], "赵钱孙"), (5, 5, 4, 0.1))[0]
        closed = rng.choices(("2026-01-12T10:00:00", "2026-01-30T10:00:00", "", "2026-01-01T10:00:00"), (30, 2 if channel == "web" else 6, 1, 1))[0]
        row = {"dispute_id": ID.format(n), "received_at": "2026-01-05T09:00:00", "closed_at": closed, "channel": channel, "product": product_,
               "region": region, "cause": f"asked by {rng.choice(NAMES)}", "handler_id": rng.choice(("HANDLER-99", "CLERK-12")),
               "unit_id": "BRANCH-55", "description": f"{rng.choice(NAMES)} {rng.choice(NUMBERS)}"}  # fmt: skip
        rows[row["dispute_id"]] = row
        lines.append(",".join(row.values()))
    return "\n".join(lines) + "\n", rows


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A project whose files are named after people, too."""
    folder = tmp_path_factory.mktemp("public")
    home = folder / "project"
    home.mkdir()
    (home / "disputes-欧阳金丝雀.csv").write_text(register()[0], encoding="utf-8")
    (home / "staff.csv").write_text(STAFF, encoding="utf-8")
    (home / "disputekit.toml").write_text(
        "[organisation]\nname = 'X'\nlanguage = 'en'\n[policies]\npacks = ['./house']\n[plugins]\nenabled = ['evaluation']\n"
        "[plugins.evaluation.completeness]\nsources = []\n[register.disputes]\npath = 'disputes-欧阳金丝雀.csv'\n[register.staff]\npath = 'staff.csv'\n",
        encoding="utf-8",
    )
    named = control("H-2", "kind = \"condition\"\nholds = \"handler_id <> 'CLERK-12' or region = 'south'\"")
    titled = control("H-3", 'kind = "required"\nfields = ["description", "closed_at", "handler.name"]').replace("按期办结", f"问{NAMES[0]}或CLERK-12")
    write_pack(home / "house", f"# ask {NAMES[0]} {NUMBERS[1]}\n", control(), named, titled,
               control("H-4", 'kind = "required"\nfields = ["channel"]\nwhere = "product = \'motor\'"'))  # fmt: skip
    assert run("--project", home, "check", "--as-of", "2026-02-01") in (0, 1)
    key = new_key(folder, "key")
    signers = folder / "allowed_signers"
    signers.write_text(f'insurer@example namespaces="disputekit-evaluation" {key.with_suffix(".pub").read_text()}')
    return Made(home, folder / "package", key, signers)


def publish(made: Made, out: Path, more: str = PUBLISH) -> int:
    profile = out.with_name(f"{out.name}.toml")
    profile.write_text(PROFILE.format(recipient="the public", more=more), encoding="utf-8")
    return run(
        "--project", made.project, "export", made.project / "assessments" / "2026-02-01", out, "--profile", profile, "--key", made.key, "--publish"
    )


@pytest.fixture(scope="module")
def package(project: Made) -> Path:
    assert publish(project, project.package) == 0
    return project.package


def table(package: Path, name: str) -> list[dict[str, str]]:
    with (package / "data" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ── what stands in it ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_canary_stands_anywhere_in_it(package: Path) -> None:
    assert leaks(package) == []
    every = "\n".join(f"{name}\n{text}" for name, text in texts(package).items())
    for canary in (*CANARIES, "赵钱孙", "ZB-", "asked by", "BRANCH", "handler_id", ".sql"):
        assert canary not in every, canary
    assert "motor" in every


def test_it_holds_counts_alone_and_no_row_of_anything(package: Path) -> None:
    assert sorted(p.relative_to(package).as_posix() for p in (package / "data").rglob("*") if p.is_file()) == [
        "data/datapackage.json", "data/package.json", *sorted(f"data/tables/{n}.{e}" for n in ("controls", "disputes", "outcomes") for e in ("csv", "parquet")),
        "data/tables/tables.xlsx",
    ]  # fmt: skip
    columns = [f["name"] for r in json.loads((package / "data/datapackage.json").read_text("utf-8"))["resources"] for f in r["schema"]["fields"]]
    assert not {c for c in columns if c.endswith("_id")}
    assert all(
        "description" in f for r in json.loads((package / "data/datapackage.json").read_text("utf-8"))["resources"] for f in r["schema"]["fields"]
    )


def test_its_readme_opens_with_what_was_not_checked_in_both_languages(package: Path) -> None:
    text = (package / "README.md").read_text("utf-8")
    assert text.split("\n## ")[1].startswith("What was not checked · 未检查的内容")
    assert "no program can see that" in text
    assert "# 中文说明" in text
    assert "It can't be run again" in text
    assert "6 or more apart" in text


def test_it_verifies_with_the_lines_of_its_readme_and_with_the_command_which_says_what_it_is(
    project: Made, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["cp", "-r", package, tmp_path / "package"], check=True)
    assert run_lines(tmp_path / "package", project.signers) == 0
    assert run("--project", project.project, "verify", package, "--signers", project.signers) == 0
    assert "The variant for the public: it holds counts only, and can't be run again" in capsys.readouterr().out
    assert run("--project", project.project, "verify", package, "--signers", project.signers, "--rerun") == 2


@pytest.mark.parametrize(("file", "line", "what"), [
    ("tables/outcomes.csv", "H-1,phone,fail,1,published", "a count of 1 is published, and those below 4 mustn't be"),
    ("tables/outcomes.csv", "H-1,phone,fail,9,suppressed", "a count isn't what its status says"),
    ("tables/outcomes.csv", "H-1,phone,fail,many,published", "a count isn't what its status says"),
    ("tables/outcomes.csv", "H-1,phone,fail,200,published", "isn't the same as the CSV files"),
    ("tables/outcomes.csv", "H-1,phone,fail,200,published", "outcomes.parquet: isn't the same as the CSV file"),
    ("register.csv", "KX-1", "doesn't belong in a public variant"), ("tables/staff.csv", "KX-1", "doesn't belong in a public variant"),
])  # fmt: skip
def test_one_that_tells_too_much_does_not_verify_though_it_is_signed(
    project: Made, package: Path, tmp_path: Path, file: str, line: str, what: str
) -> None:
    import bagit

    from disputekit_evaluation.signing import sign
    from disputekit_evaluation.verified import verify_package

    copy = tmp_path / "package"
    subprocess.run(["cp", "-r", package, copy], check=True)
    path = copy / "data" / file
    head, _, *rest = path.read_text("utf-8").splitlines() if path.exists() else ("id", "")
    path.write_text("\n".join([head, line, *rest]) + "\n", encoding="utf-8")
    bagit.Bag(str(copy)).save(manifests=True)
    (copy / "tagmanifest-sha256.txt.sig").unlink()
    sign(copy, project.key)
    assert any(what in str(p) for p in verify_package(copy, project.signers, None, again=False).problems)


def columns_more(tables: Path) -> None:
    duckdb.sql(f"copy (select *, 'KX-7781-A' as dispute_id from '{tables / 'controls.parquet'}') to '{tables / 'new'}' (format parquet)")
    (tables / "new").replace(tables / "controls.parquet")
    duckdb.sql(f"copy (from '{tables / 'controls.parquet'}') to '{tables / 'controls.csv'}' (format csv, header)")


def sheet_more(tables: Path) -> None:
    import python_calamine
    import xlsxwriter

    book = python_calamine.CalamineWorkbook.from_path(tables / "tables.xlsx")
    sheets = {n: book.get_sheet_by_name(n).to_python() for n in book.sheet_names}
    with xlsxwriter.Workbook(tables / "tables.xlsx") as new:
        for name, rows in (*sheets.items(), ("who", [["KX-7781-A"]])):
            page = new.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)


@pytest.mark.parametrize(("change", "what"), [
    (columns_more, "data/tables/controls.csv: has other columns than a public variant"), (sheet_more, "data/tables/tables.xlsx: isn't the same as the CSV files"),
    (lambda tables: (tables / "tables.xlsx").unlink(), "data/tables/tables.xlsx: is missing"),
    (lambda tables: (tables / "tables.xlsx").write_text("KX-7781-A"), "data/tables/tables.xlsx: isn't the same as the CSV files"),
    (lambda tables: (tables / "disputes.parquet").write_bytes((tables / "outcomes.parquet").read_bytes()),
     "data/tables/disputes.parquet: isn't the same as the CSV file"),
])  # fmt: skip
def test_a_table_that_is_not_the_same_in_each_form_does_not_verify(
    project: Made, package: Path, tmp_path: Path, change: Callable[[Path], object], what: str
) -> None:
    from disputekit_evaluation.verified import verify_package

    copy = tmp_path / "package"
    subprocess.run(["cp", "-r", package, copy], check=True)
    change(copy / "data" / "tables")
    signed_again(copy, project)
    assert what in [str(p) for p in verify_package(copy, project.signers, None, again=False).problems]


# ── what can be worked out of it ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_published_count_is_true(package: Path) -> None:
    _, rows = register()
    for row in table(package, "disputes"):
        if row["status"] == "published" and not {OTHER} & set(row.values()):
            want = {c: row[c] for c in ("channel", "product", "region") if row[c] != TOTAL}
            assert int(row["disputes"]) == sum(all(r[c] == v for c, v in want.items()) for r in rows.values()), row
    late = {c: sum(r["channel"] == c and r["closed_at"] in ("", "2026-01-30T10:00:00") for r in rows.values()) for c in ("phone", "letter")}
    told = {r["value"]: r for r in table(package, "outcomes") if (r["control"], r["outcome"]) == ("H-1", "fail")}
    assert all(told[c]["subjects"] in ("", str(n)) for c, n in late.items())
    unknown = sum(r["closed_at"] == "2026-01-01T10:00:00" for r in rows.values())
    assert [r["subjects"] for r in table(package, "outcomes") if (r["control"], r["value"], r["outcome"]) == ("H-1", TOTAL, "unknown")] == [
        str(unknown)
    ]


def test_small_counts_and_rare_values_are_not_there_and_something_is(package: Path) -> None:
    for name, count, least in (("disputes", "disputes", 5), ("outcomes", "subjects", 4), ("controls", "subjects", 4)):
        counts = [r[count] for r in table(package, name)]
        assert [n for n in counts if n and 0 < int(n) < least] == []
        assert sum(n != "" for n in counts) > len(counts) / 3
    rows = table(package, "disputes")
    assert {r["channel"] for r in rows} == {"phone", "letter", OTHER, TOTAL}
    assert {r["product"] for r in rows} == {"motor", "health", "property", OTHER, TOTAL}
    assert {r["region"] for r in rows} == {"north", "south", OTHER, TOTAL}
    suppression = json.loads((package / "data/package.json").read_text("utf-8"))["suppression"]
    assert suppression["merged"]["product"] == 2  # two names read the same once they are masked
    assert suppression["suppressed"] == sum(r["status"] == "suppressed" for n in ("disputes", "outcomes") for r in table(package, n)) > 0


class Attack:
    """Whoever has the package, and knows that counts are whole numbers that aren't negative, and all that hangs together: what each control came to by
    all quasi-identifiers at once adds up to the disputes by them, and to what is told of the control."""

    def __init__(self, package: Path) -> None:
        self.size, self.rows, self.right, self.at = 0, [], [], {}  # type: int, list[dict[int, float]], list[float], dict[tuple[str, ...], int]
        disputes = table(package, "disputes")
        by = [c for c in disputes[0] if c not in ("disputes", "status")]
        self.values = [sorted({r[c] for r in disputes} - {TOTAL}) for c in by]
        self.suppressed: dict[tuple[str, ...], dict[int, float]] = {}
        self.base = {key: self.new() for key in product(*self.values)}
        for row in disputes:
            key = tuple(row[c] for c in by)
            self.say(("disputes", *key), dict.fromkeys((v for k, v in self.base.items() if all(a in (b, TOTAL) for a, b in zip(key, k, strict=True))), 1.0),
                     row["disputes"])  # fmt: skip
        outcomes = table(package, "outcomes")
        for name in dict.fromkeys(r["control"] for r in outcomes):
            mine = {(r["value"], r["outcome"]): r["subjects"] for r in outcomes if r["control"] == name}
            broken = any(v != TOTAL for v, _ in mine)
            rest = {o: self.new() for o in REST}
            latent = {(o, *key): self.new() for o in BREAKDOWN for key in self.base} if broken else {(o,): self.new() for o in BREAKDOWN}
            if broken:
                for key, whole in self.base.items():
                    self.equal({whole: -1.0, **{latent[(o, *key)]: 1.0 for o in BREAKDOWN}}, 0)
            else:
                total = next(r["subjects"] for r in table(package, "controls") if r["control"] == name)
                if total:
                    self.equal(dict.fromkeys(latent.values(), 1.0), float(total))
            self.equal({**dict.fromkeys(rest.values(), 1.0), **{v: -1.0 for k, v in latent.items() if k[0] == "other"}}, 0)
            for (value, outcome), told in mine.items():
                terms = {rest[outcome]: 1.0} if outcome in rest else {
                    v: 1.0 for k, v in latent.items() if k[0] == outcome and (value == TOTAL or k[1] == value)}  # fmt: skip
                self.say((name, value, outcome), terms, told)

    def new(self) -> int:
        self.size += 1
        return self.size - 1

    def equal(self, terms: dict[int, float], right: float) -> None:
        self.rows.append(terms)
        self.right.append(right)

    def say(self, key: tuple[str, ...], terms: dict[int, float], told: str) -> None:
        if told == "":
            self.suppressed[key] = terms
        else:
            self.equal(terms, float(told))

    def bounds(self, whole: int) -> dict[tuple[str, ...], tuple[float, float]]:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        entries = [(n, i, v) for n, row in enumerate(self.rows) for i, v in row.items()]
        where = LinearConstraint(csr_array(([e[2] for e in entries], ([e[0] for e in entries], [e[1] for e in entries])),
                                           shape=(len(self.rows), self.size)), self.right, self.right)  # fmt: skip
        found = {}
        for key, terms in self.suppressed.items():
            ends = []
            for sign in (1, -1):
                done = milp(
                    [sign * terms.get(i, 0.0) for i in range(self.size)], integrality=[whole] * self.size, bounds=Bounds(0, 10_000), constraints=where
                )
                assert done.status == 0, done.message
                ends.append(sign * done.fun)
            found[key] = (ends[0], ends[1])
        return found


def test_no_suppressed_count_can_be_bounded_more_narrowly_than_is_stated(package: Path) -> None:
    attack = Attack(package)
    assert len(attack.suppressed) >= 8
    for whole in (0, 1):
        assert {k: b for k, b in attack.bounds(whole).items() if b[1] - b[0] < 6 - 1e-6} == {}


def test_the_attack_would_see_small_counts_that_are_hidden_alone(
    project: Made, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from disputekit_evaluation import aggregates

    def alone(cells: Cells, smallest: int, width: int, _: object = ()) -> frozenset[int]:
        return frozenset(i for i, n in enumerate(cells.counts) if 0 < n < smallest)

    monkeypatch.setattr(aggregates, "suppress", alone)
    assert publish(project, tmp_path / "out") == 0
    assert [k for k, b in Attack(tmp_path / "out").bounds(0).items() if b[1] - b[0] < 0.5]


# ── what is so of everybody in a group ─────────────────────────────────────────────────────────────────────────────────────────────────

LATE, IN_TIME = "2026-01-30T10:00:00", "2026-01-12T10:00:00"


def homogeneous(project: Made, folder: Path, late: dict[str, int], whole: dict[str, int]) -> Made:
    """A project in which so many of a channel's disputes are late, and a package of its public variant."""
    home = folder / "project"
    home.mkdir(parents=True)
    lines = ["dispute_id,received_at,closed_at,channel"]
    for channel, n in whole.items():
        lines += [f"{channel}-{i},2026-01-05T09:00:00,{LATE if i < late[channel] else IN_TIME},{channel}" for i in range(n)]
    (home / "disputes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (home / "disputekit.toml").write_text(
        "[organisation]\nname = '示例'\nlanguage = 'en'\n[policies]\npacks = ['./house']\n[plugins]\nenabled = ['evaluation']\n"
        "[plugins.evaluation.completeness]\nsources = []\n[register.disputes]\npath = 'disputes.csv'\n", encoding="utf-8")  # fmt: skip
    write_pack(home / "house", control())
    assert run("--project", home, "check", "--as-of", "2026-02-01") in (0, 1)
    found = project._replace(project=home, package=folder / "package")
    assert publish(found, found.package, '[publish]\nby = ["channel"]\n') == 0
    return found


def breaches(package: Path) -> dict[str, str]:
    return {r["value"]: r["subjects"] for r in table(package, "outcomes") if (r["control"], r["outcome"]) == ("H-1", "fail")}


def test_that_everybody_in_a_group_has_a_breach_is_not_told_and_can_not_be_worked_out(project: Made, tmp_path: Path) -> None:
    made = homogeneous(project, tmp_path, {"web": 12, "phone": 30, "letter": 0}, {"web": 12, "phone": 60, "letter": 40})
    assert breaches(made.package)["web"] == ""
    found = Attack(made.package).bounds(0)
    assert found["H-1", "web", "fail"][0] <= 7  # of 12
    assert all(most - least >= 5 - 1e-6 for least, most in found.values())
    assert run("verify", made.package, "--signers", made.signers) == 0


def test_what_is_so_of_all_groups_is_told(project: Made, tmp_path: Path) -> None:
    made = homogeneous(project, tmp_path, {"web": 12, "phone": 30}, {"web": 12, "phone": 30})
    assert breaches(made.package) == {"web": "12", "phone": "30", TOTAL: "42"}
    assert run("verify", made.package, "--signers", made.signers) == 0


def test_one_that_tells_of_everybody_in_a_group_does_not_verify(
    project: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from disputekit_evaluation import aggregates

    monkeypatch.setattr(aggregates, "_of_everybody", lambda *_: ())
    made = homogeneous(project, tmp_path, {"web": 12, "phone": 30, "letter": 0}, {"web": 12, "phone": 60, "letter": 40})
    assert breaches(made.package)["web"] == "12"
    assert run("verify", made.package, "--signers", made.signers) == 1
    assert "data/tables/outcomes.csv: H-1, web: it is told of everybody in the group" in capsys.readouterr().err


def test_the_organisation_is_named_though_its_payments_name_it(project: Made, tmp_path: Path) -> None:
    home = tmp_path / "project"
    subprocess.run(["cp", "-r", project.project, home], check=True)
    toml = home / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("name = 'X'", f"name = '{ORGANISATION}'"), encoding="utf-8")
    with (home / "staff.csv").open("a", encoding="utf-8") as file:
        file.write(f"TRUSTEE,{ORGANISATION},BRANCH-55,2020-01-01\n")
    assert run("--project", home, "check", "--as-of", "2026-02-01", "--replace") in (0, 1)
    assert publish(project._replace(project=home), tmp_path / "out") == 0
    assert (tmp_path / "out/README.md").read_text("utf-8").startswith(f"# Evaluation, public variant · 评估结果（公开版）: {ORGANISATION}, ")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.sampled_from([0, 0, 1, 2, 3, 5, 8, 20]), min_size=4, max_size=4), min_size=3, max_size=5),
    st.integers(2, 6),
    st.integers(2, 6),
)
def test_whatever_a_table_holds_its_suppressed_cells_are_protected(table: list[list[int]], smallest: int, width: int) -> None:
    from scipy.optimize import linprog

    height = len(table)
    counts = [n for row in table for n in row] + [sum(r) for r in table] + [sum(c) for c in zip(*table, strict=True)] + [sum(map(sum, table))]
    rows = [Sum(height * 4 + r, tuple(r * 4 + c for c in range(4))) for r in range(height)]
    columns = [Sum(height * 5 + c, tuple(r * 4 + c for r in range(height))) for c in range(4)]
    whole = len(counts) - 1
    sums = [*rows, *columns, Sum(whole, tuple(range(height * 4, height * 5))), Sum(whole, tuple(range(height * 5, height * 5 + 4)))]
    hidden = suppress(Cells(counts, [1.0] * len(counts), sums), smallest, max(width, smallest))
    assert hidden is not None  # with everything suppressible there is a way
    assert {i for i, n in enumerate(counts) if 0 < n < smallest} <= hidden
    matrix = [[1.0 if i in s.parts else -1.0 if i == s.whole else 0.0 for i in range(len(counts))] for s in sums]
    bounds = [(0, None) if i in hidden else (n, n) for i, n in enumerate(counts)]
    for cell in hidden:
        ends = [sign * linprog([sign * float(i == cell) for i in range(len(counts))], A_eq=matrix, b_eq=[0.0] * len(sums), bounds=bounds).fun
                if sign == 1 or not _unbounded(matrix, bounds, cell) else float("inf") for sign in (1, -1)]  # fmt: skip
        assert ends[1] - ends[0] >= max(width, smallest) - 1e-6


def _unbounded(matrix: list[list[float]], bounds: list[tuple[int, int | None]], cell: int) -> bool:
    from scipy.optimize import linprog

    done = linprog([-float(i == cell) for i in range(len(bounds))], A_eq=matrix, b_eq=[0.0] * len(matrix), bounds=bounds)
    return bool(done.status == 3)


def test_with_everything_fixed_that_could_hide_it_no_choice_is_made() -> None:
    assert suppress(Cells((1, 9, 10), (1.0, 1.0, 1.0), (Sum(2, (0, 1)),), frozenset({1, 2})), 5, 5) is None
    assert suppress(Cells((1, 9, 10), (1.0, 1.0, 1.0), (Sum(2, (0, 1)),), frozenset({2})), 5, 5) == {0, 1}


# ── what can't be published ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_too_few_nothing_is_published(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(made, tmp_path / "out", "") == 2
    assert "there are fewer disputes than the 5 that a published number must stand for" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_column_that_nobody_supplies_is_named(project: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(project, tmp_path / "out", '[publish]\nby = ["line"]\n') == 2
    assert "disputes.line: nobody supplies it" in capsys.readouterr().err


def test_by_one_column_everything_may_be_told_but_the_rare(project: Made, tmp_path: Path) -> None:
    assert publish(project, tmp_path / "out", '[publish]\nby = ["region"]\n') == 0
    assert [r["status"] for r in table(tmp_path / "out", "disputes")] == ["published"] * 4

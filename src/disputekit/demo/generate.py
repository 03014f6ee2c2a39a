"""Writes the demo: a company, its disputes as they should have been handled, and the defects planted among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

from disputekit.demo import people
from disputekit.demo.days import AS_OF, DAY, DISSOLVED, arrivals, load_days
from disputekit.demo.defects import lose, plant
from disputekit.demo.files import COLUMNS, Row, columns_of, write_tables
from disputekit.demo.part import Planted
from disputekit.demo.parts import demo_parts
from disputekit.demo.story import FILING_ENDS, FILING_OPENS, Life, Teller, dispute, file_creditor_claim, tell

PROJECT = "disputekit.toml"


@dataclass(frozen=True)
class Demo:
    """What was written.

    tables: every row by table, as typed values. columns: of each table. planted: what a check must find, and nothing else. commands: what its
    parts offer to try next.
    """

    folder: Path
    as_of: date
    tables: Mapping[str, Sequence[Row]]
    columns: Mapping[str, tuple[str, ...]]
    planted: tuple[Planted, ...]
    commands: tuple[str, ...] = ()


def write_demo(folder: Path, seed: int, disputes: int = 3000, until: date = AS_OF) -> Demo:
    """Writes a project (disputekit.toml and data/) into a folder: the same bytes for the same seed, wherever and whenever.

    The plugins that it enables each bring their part. `disputes`: how many, at least 600, so that there is room for every defect. until: the
    register as it was exported at the end of this day, without the disputes that came later. Existing files of these names are overwritten.
    """
    tables, planted = generate(seed, disputes)
    project = (Path(__file__).parent / PROJECT).read_text(encoding="utf-8")
    parts = list(demo_parts(project, seed, tables))
    for part in parts:
        tables |= {name: [*tables.get(name, ()), *rows] for name, rows in part.tables.items()}
    tables = _exported(tables, until)
    columns = columns_of(tables)
    write_tables(folder, tables, columns)
    for name, data in [(n, d) for part in parts for n, d in part.files.items()]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / PROJECT).write_text("\n".join([project, *(part.toml for part in parts if part.toml)]), encoding="utf-8", newline="\n")
    return Demo(folder, AS_OF, tables, columns, tuple(sorted([*planted, *(p for part in parts for p in part.planted)])),
                tuple(c for part in parts for c in part.commands))  # fmt: skip


def _exported(tables: Mapping[str, list[Row]], until: date) -> dict[str, list[Row]]:
    """The tables without the disputes received after a day, whatever is about one of them, and whatever is about that."""
    kept = dict(tables)
    gone: set[object] = {d["dispute_id"] for d in kept["disputes"] if isinstance(at := d["received_at"], datetime) and at.date() > until}
    while gone:
        further: set[object] = set()
        for name, rows in kept.items():
            kept[name] = [row for row in rows if not any(column.endswith("_id") and row[column] in gone for column in row)]
            own = COLUMNS[name][0] if name in COLUMNS else ""
            if own.endswith("_id") and len(kept[name]) < len(rows):
                further |= {row[own] for row in rows} - {row[own] for row in kept[name]} - gone
        gone = further
    return kept


def generate(seed: int, disputes: int) -> tuple[dict[str, list[Row]], tuple[Planted, ...]]:
    """The tables, and what is planted in them."""
    rng = Random(seed)  # noqa: S311 — a story, not a secret
    units, staff, lives = _lives(rng, disputes)
    links = _links(rng, lives)
    planted = plant(rng, lives, load_days())
    lost, orphaned = lose(lives, links, planted)
    tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    tables |= {"units": units, "staff": staff, "phases": _phases(), "links": links}
    for name, column in (("customers", "customer_id"), ("contracts", "contract_id"), ("claims", "claim_id")):
        rows = [getattr(life, name.removesuffix("s")) for life in lives]
        tables[name] = list({row[column]: row for row in rows if row}.values())
    for life in lives:
        tables["disputes"] += [life.dispute] if life is not lost else []
        for name, rows in life.rows.items():
            tables[name] += rows
    for name, prefix in (("events", "V"), ("documents", "F"), ("requests", "R"), ("parties", "T")):
        for n, row in enumerate(tables[name], 1):
            # a promise has its number already, by which what keeps it refers to it
            row.setdefault(COLUMNS[name][0], f"{prefix}{n:06}")
    return tables, (*planted, *orphaned)


def _lives(rng: Random, disputes: int) -> tuple[list[Row], list[Row], list[Life]]:
    days = load_days()
    units, staff, offices = people.company(rng)
    teller = Teller(rng, days)
    lives: list[Life] = []
    for n, received in enumerate(arrivals(rng, days, disputes), 1):
        again = lives and rng.random() < 0.05
        if again:
            # the same customer about another claim
            before = rng.choice(lives)
            customer, line, office = before.customer, str(before.contract["line"]), before.office
        else:
            line = people.line(rng)
            customer, office = people.customer(rng, n, line), people.office(rng, offices)
            if customer["kind"] == "person" and rng.random() < 0.006:
                customer["deceased_on"] = received.date() - rng.randint(5, 35) * DAY  # the heirs go on with it
        contract = people.contract(rng, n, customer, line, received)
        claim = people.claim(rng, n, contract, days, received)
        row = dispute(rng, n, received, not days.is_working(received.date()), customer, contract, claim, office)
        life = Life(row, customer, contract, claim, office)
        tell(teller, life)
        file_creditor_claim(teller, life)
        lives.append(life)
    return units, staff, lives


def _phases() -> list[Row]:
    return [
        {"phase": "run_off", "starts_on": date(2025, 9, 1), "ends_on": DISSOLVED - DAY},
        {"phase": "dissolution_approved", "starts_on": DISSOLVED},
        {"phase": "filing_window", "starts_on": FILING_OPENS, "ends_on": FILING_ENDS},
    ]


def _links(rng: Random, lives: Sequence[Life]) -> list[Row]:
    """Each dispute is about its claim; a few of the same office are about one matter."""
    links: list[Row] = [
        {"kind": "about_claim", "source": "disputes", "source_id": life.id, "target": "claims", "target_id": life.claim["claim_id"],
         "linked_at": life.received, "linked_by": life.dispute["handler_id"]} for life in lives
    ]  # fmt: skip
    for life, other in pairwise(lives):
        if life.office is other.office and rng.random() < 0.2:
            links.append({"kind": "related_to", "source": "disputes", "source_id": other.id, "target": "disputes", "target_id": life.id,
                          "linked_at": other.received, "linked_by": other.dispute["handler_id"]})  # fmt: skip
    return links

"""The register's tables keep the names that packs, mappings and plugins were promised, and names that every engine takes unquoted."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import sqlglot
from pydantic import BaseModel
from sqlglot import exp

from disputekit.register.entities import CreditorClaim
from disputekit.register.records import Payment
from disputekit.register.schema import Column, Row, Table, column, columns_of
from disputekit.register.tables import TABLES, parent_name

PROVENANCE = ["recorded_at", "recorded_by", "source_ref"]
# The table of names, as agreed: `?` an optional key, `-` none.
AGREED = """
organisation | organisation_id | name, jurisdiction, legal_form, lines
units | unit_id | name, parent_id, level, opened_on, closed_on
staff | staff_id | name, unit_id, department, role, joined_on, left_on
customers | customer_id | kind, born_on, deceased_on, vulnerable, segment, contact_channel
contracts | contract_id | customer_id, product, line, concluded_on, starts_on, ends_on, amount_limit, amount_deductible, coinsurance, currency, \
standard_version
claims | claim_id | contract_id, customer_id, line, occurred_on, received_at, documents_completed_at, amount_claimed, currency, determine_due_on, \
pay_due_on, standard_version, channel
disputes | dispute_id | customer_id, contract_id, claim_id, unit_id, handler_id, product, line, region, channel, cause, complexity, expectation, \
amount_claimed, amount_offered, amount_agreed, currency, group_id, status, received_at, registered_at, closed_at, description
mediations | mediation_id | dispute_id, forum, goal, scheduled_at, place, held_at, outcome, record_signed_at, customer_signed_at, \
insurer_signed_at, performance_due_on, performed_at
creditor_claims | creditor_claim_id | customer_id, contract_id, claim_id, dispute_id, class, notified_at, filed_at, filing_ends_on, amount_filed, \
amount_admitted, determined_at, objected_at
incidents | incident_id | kind, severity, occurred_at, detected_at, closed_at, affected, description
events | event_id? | subject, subject_id, activity, occurred_at, due_at, direction, actor_id, unit_id, note
documents | document_id? | subject, subject_id, kind, received_at, submitted_by, verified_at, verified_by, sha256, uri
decisions | decision_id? | subject, subject_id, kind, decided_at, result, grounds, clauses, amount, decided_by, automated
notices | notice_id? | subject, subject_id, kind, party_id, channel, sent_at, delivered_at, contents, document_id
payments | payment_id? | subject, subject_id, kind, class, paid_at, amount, currency, payee_id
requests | request_id? | subject, subject_id, kind, asked_at, already_held, fulfilled_at, notice_id
parties | party_id? | subject, subject_id, person_id, name, role, organisation, authority_document_id, conflict, starts_on, ends_on, face_to_face
assignments | - | subject, subject_id, staff_id, role, starts_at, ends_at
links | - | kind, source, source_id, target, target_id, linked_at, linked_by
phases | - | phase, starts_on, ends_on, document_id
training | - | staff_id, course, completed_at, expires_on, hours, score, evidence
feedback | feedback_id? | subject, subject_id, sent_at, answered_at, score, comment
mentions | mention_id? | published_at, source, reach, sentiment, needs_answer, responded_at, text
actions | action_id? | kind, cause, subject, subject_id, owner_id, opened_at, due_at, done_at
filings | - | authority, kind, period, subject, subject_id, due_at, filed_at, receipt
transfers | transfer_id? | contract_id, transferee, agreed_on, approved_on, effective_on, customer_notified_at
reconciliations | - | source, period, theirs, ours, explained, explained_by
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in AGREED.strip().splitlines()]
# Words of standard SQL that Spark's ANSI mode reserves, and a few that it may yet.
SPARK_RESERVED = """all and any as at authorization between both case cast check collate column constraint create cross current_date current_time
current_timestamp current_user distinct else end escape except execute exists false fetch filter for foreign from full grant group having in
inner intersect into is join lateral leading left like limit natural not null offset on only or order outer overlaps primary references right
select session_user set some sql start table then time to trailing union unique unknown user using values when where with within"""


def every_column() -> list[tuple[Table, Column]]:
    return [(table, found) for table in TABLES.values() for found in table.columns.values()]


def named(wrong: list[tuple[Table, Column]]) -> list[str]:
    return [f"{table.name}.{found.name}" for table, found in wrong]


def test_the_tables_are_the_agreed_ones_in_the_agreed_order() -> None:
    assert list(TABLES) == [name for name, _, _ in ROWS]
    assert [table.name for table in TABLES.values()] == list(TABLES)


@pytest.mark.parametrize(("name", "key", "columns"), ROWS, ids=[row[0] for row in ROWS])
def test_a_table_has_the_agreed_columns_and_key_and_no_others(name: str, key: str, columns: str) -> None:
    table = TABLES[name]
    agreed_key = None if key == "-" else key.removesuffix("?")
    assert (table.key, table.key_optional) == (agreed_key, key.endswith("?"))
    expected = {*columns.split(", "), *PROVENANCE, *([agreed_key] if agreed_key else [])}
    assert sorted(table.columns) == sorted(expected)
    assert list(table.columns)[-3:] == PROVENANCE


def test_no_name_is_reserved_in_duckdb_or_spark() -> None:
    with duckdb.connect() as engine:
        reserved = engine.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')").fetchall()
    words = {str(word).lower() for (word,) in reserved} | set(SPARK_RESERVED.split())
    assert {"from", "to", "at", "group", "order", "end"} <= words
    assert sorted({*TABLES, *(c.name for _, c in every_column())} & words) == []


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_name_can_be_written_without_quotes(table: Table) -> None:
    plain = f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE " + " AND ".join(f"{name} IS NOT NULL" for name in table.columns)
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE {table.name} ({', '.join(f'{name} VARCHAR' for name in table.columns)})")
        assert [told[0] for told in engine.execute(plain).description or []] == list(table.columns)
    for dialect in ("duckdb", "spark"):
        tree = sqlglot.parse_one(plain, read=dialect)
        assert {found.name for found in tree.find_all(exp.Column)} == set(table.columns)


def test_names_are_plain_snake_case() -> None:
    assert [name for name in [*TABLES, *(c.name for _, c in every_column())] if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)] == []


@pytest.mark.parametrize(("ending", "kind"), [("_at", "instant"), ("_on", "date")])
def test_the_ending_of_a_name_tells_instants_and_dates_and_the_type_tells_the_ending(ending: str, kind: str) -> None:
    assert named([(t, c) for t, c in every_column() if c.name.endswith(ending) != (c.type == kind)]) == []


def test_identifiers_are_text_and_amounts_are_decimals() -> None:
    assert named([(t, c) for t, c in every_column() if c.name.endswith("_id") and c.type != "text"]) == []
    assert named([(t, c) for t, c in every_column() if c.name.startswith("amount") and (c.type, c.scale) != ("decimal", 2)]) == []


def test_columns_that_are_neither_text_nor_told_by_their_names_have_the_agreed_types() -> None:
    found = {f"{t.name}.{c.name}": c.type for t, c in every_column()
             if c.type != "text" and not c.name.endswith(("_at", "_on")) and not c.name.startswith("amount")}  # fmt: skip
    assert found == {
        "organisation.lines": "list", "units.level": "integer", "customers.vulnerable": "boolean", "contracts.coinsurance": "decimal",
        "incidents.affected": "integer", "decisions.grounds": "list", "decisions.clauses": "list", "decisions.automated": "boolean",
        "notices.contents": "list", "requests.already_held": "boolean", "parties.conflict": "boolean", "parties.face_to_face": "boolean",
        "training.hours": "decimal", "training.score": "decimal", "feedback.score": "decimal", "mentions.reach": "integer",
        "mentions.needs_answer": "boolean", "reconciliations.theirs": "decimal", "reconciliations.ours": "decimal",
    }  # fmt: skip
    assert {f"{t.name}.{c.name}" for t, c in every_column() if c.scale != 2} == {"contracts.coinsurance"}
    assert TABLES["contracts"].columns["coinsurance"].scale == 4


def test_references_lead_from_a_column_that_exists_to_a_table_with_a_key() -> None:
    for table in TABLES.values():
        for name, parent in table.refers.items():
            assert name in table.columns and parent in TABLES, f"{table.name}.{name} -> {parent}"
            assert TABLES[parent].key in TABLES[parent].columns, f"{table.name}.{name} -> {parent}"


def test_a_column_that_holds_another_tables_key_refers_to_that_table() -> None:
    owners = {table.key: table.name for table in TABLES.values()} | {
        "handler_id": "staff", "actor_id": "staff", "owner_id": "staff", "parent_id": "units", "authority_document_id": "documents",
    }  # fmt: skip
    left_out = {("notices", "party_id")}  # may be a person whom no table of parties lists
    missing = [(t.name, c.name) for t, c in every_column() if c.name != t.key and c.name in owners and t.refers.get(c.name) != owners[c.name]]
    assert set(missing) == left_out


@pytest.mark.parametrize("fact", ["key", "kind", "moment", "begins"])
def test_what_a_table_says_about_its_columns_names_columns_of_the_right_type(fact: str) -> None:
    types = {"key": {"text"}, "kind": {"text"}, "moment": {"instant", "date"}, "begins": {"instant", "date"}}[fact]
    told = {table.name: getattr(table, fact) for table in TABLES.values() if getattr(table, fact) is not None}
    assert told
    assert {table: name for table, name in told.items() if name not in TABLES[table].columns or TABLES[table].columns[name].type not in types} == {}


def test_a_dispute_or_claim_begins_when_it_is_received() -> None:
    assert (TABLES["disputes"].begins, TABLES["claims"].begins) == ("received_at", "received_at")


def test_an_export_of_entities_with_only_key_and_receipt_lacks_nothing_required() -> None:
    entities = [t for t in TABLES.values() if t.key and not t.key_optional]
    assert len(entities) == 10
    for table in entities:
        assert {c.name for c in table.columns.values() if c.required} <= {table.key, "received_at"}
        assert table.key is not None and table.columns[table.key].required


def test_an_optional_key_is_not_required() -> None:
    assert [t.name for t in TABLES.values() if t.key_optional and (t.key is None or t.columns[t.key].required)] == []


def test_records_carry_their_subject_and_events_their_activity_and_time() -> None:
    records = [t.name for t in TABLES.values() if t.is_record]
    assert records == ["events", "documents", "decisions", "notices", "payments", "requests", "parties", "assignments", "feedback", "actions",
                       "filings"]  # fmt: skip
    assert [name for name in records if not TABLES[name].columns["subject_id"].required] == ["actions", "filings"]
    assert {c.name for c in TABLES["events"].columns.values() if c.required} == {"subject_id", "activity", "occurred_at"}


def test_descriptions_are_there_in_both_languages_and_differ() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for table in TABLES.values():
        zh, _, en = (table.model.__doc__ or "").partition(" · ")
        for text in (table.title, *(c.description for c in table.columns.values())):
            assert chinese.search(text.zh) and not chinese.search(text.en), f"{table.name}: {text}"
        assert chinese.search(zh) and en.strip() and not chinese.search(en), table.name


def test_within_a_table_no_two_columns_have_the_same_description() -> None:
    for table in TABLES.values():
        for language in ("zh", "en"):
            told = [getattr(c.description, language) for c in table.columns.values()]
            assert len(set(told)) == len(told), f"{table.name}: {language}"


def test_a_row_is_called_by_its_key_or_else_by_its_table() -> None:
    assert [parent_name(TABLES[name]) for name in ("disputes", "creditor_claims", "staff", "parties", "links")] == [
        "dispute", "creditor_claim", "staff", "party", "links",
    ]  # fmt: skip


def test_a_column_that_python_cannot_name_is_read_and_written_by_its_own_name() -> None:
    assert CreditorClaim.model_validate({"creditor_claim_id": "C1", "class": "2"}).class_ == "2"
    assert Payment(subject_id="D1", class_="1").model_dump(exclude_none=True) == {"subject_id": "D1", "class": "1"}


def test_a_list_of_texts_is_a_list_whether_or_not_it_may_be_absent() -> None:
    class Both(Row):
        maybe: tuple[str, ...] | None = column("甲", "one")
        always: tuple[str, ...] = column("乙", "two")

    assert [c.type for c in columns_of(Both).values()][:2] == ["list", "list"]


@pytest.mark.parametrize("annotation", [float, str | int, tuple[int, ...], list[str], dict[str, str], Decimal | datetime | None])
def test_a_type_that_no_source_can_give_is_refused(annotation: Any) -> None:
    model = type("Wrong", (Row,), {"__annotations__": {"odd": annotation}, "odd": column("怪", "odd"), "__module__": __name__})
    with pytest.raises(TypeError, match=r"Wrong\.odd"):
        columns_of(model)


def test_a_field_that_is_not_made_with_column_is_refused() -> None:
    class Plain(BaseModel):
        bare: str | None = None

    with pytest.raises(TypeError, match=r"Plain\.bare"):
        columns_of(Plain)

"""Packs and decisions in the words of a reworded register: what they say of an identifier, they say of its pseudonym."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import sqlglot
from pydantic import BaseModel
from sqlglot import exp

from disputekit import sql
from disputekit.assessment.folder import part_of
from disputekit.checks.beside import facts_of
from disputekit.checks.names import parent
from disputekit.policies.packs import Pack
from disputekit.register.loaded import SuppliedColumn
from disputekit.register.reworded import Rewording, pseudonym
from disputekit.register.schema import Table
from disputekit.text import Text
from disputekit.waivers import Decisions, Disposition, Waiver

_COMPARED = (exp.EQ, exp.NEQ, exp.In)
_NONE: Mapping[str, str] = MappingProxyType({})
_NO_FACTS = "0" * 64
"""The facts of a finding that isn't as it was approved."""


def reword_condition(text: str, subject: Table, specs: Mapping[str, Table], rewording: Rewording, words: Mapping[str, str] = _NONE) -> str:
    """A condition in which each text that an identifier is compared with is its pseudonym, and any other what `words` has for it."""
    for raw, new in {**words, **_compared(text, subject, specs, rewording)}.items():
        text = text.replace(sql.written(sql.text(raw)), sql.written(sql.text(new)))
    return text


def _compared(text: str, subject: Table, specs: Mapping[str, Table], rewording: Rewording) -> dict[str, str]:
    """The texts that a condition compares identifiers with, each with its pseudonym."""
    changed: dict[str, str] = {}
    for node in sqlglot.parse_one(text, dialect=sql.DIALECT).find_all(*_COMPARED):
        if not any(_treated(column, subject, specs, rewording) for column in node.find_all(exp.Column)):
            continue
        for literal in node.find_all(exp.Literal):
            if literal.is_string:
                changed[literal.this] = pseudonym(literal.this, rewording.key)
    return changed


_CONDITIONS = ("where", "holds")


def identifiers_in(packs: Sequence[Pack], specs: Mapping[str, Table], rewording: Rewording) -> dict[str, str]:
    """The identifiers that the conditions of packs name, each with its pseudonym."""
    found: dict[str, str] = {}
    for rule in (r for p in packs for r in p.controls if r.subject in specs):
        for text in (t for f in _CONDITIONS if isinstance(t := getattr(rule, f, None), str)):
            found |= _compared(text, specs[rule.subject], specs, rewording)
    return found


def _treated(column: exp.Column, subject: Table, specs: Mapping[str, Table], rewording: Rewording) -> bool:
    """Whether a column holds pseudonyms once it is reworded."""
    name = f"{column.table}.{column.name}" if column.table else column.name
    above = parent(name, subject, specs)
    table, own = (above[1], above[2]) if above is not None else (subject, name)
    kind = table.columns[own].type if own in table.columns else "text"
    return rewording.treatment(table, SuppliedColumn(own, kind, "")) in ("pseudonym", "name")


def reword_packs(
    packs: Sequence[Pack], specs: Mapping[str, Table], rewording: Rewording, words: Mapping[str, str] = _NONE
) -> tuple[Pack, ...]:  # fmt: skip
    """Packs whose controls' conditions are reworded; everything else of them is as it was, their hash too. words: what stands for whole texts of them."""
    found = []
    for pack in packs:
        rules = []
        for rule in pack.controls:
            texts = {f: t for f in _CONDITIONS if isinstance(t := getattr(rule, f, None), str)}
            new = {f: reword_condition(t, specs[rule.subject], specs, rewording, words) for f, t in texts.items()} if rule.subject in specs else {}
            rules.append(in_words(rule, words).model_copy(update=new))
        told = {n: in_words(getattr(pack, n), words) for n in ("head", "instruments", "parameters", "conflicts")}
        found.append(replace(pack, controls=tuple(rules), **told))
    return tuple(found)


def texts_of(pack: Pack, specs: Mapping[str, Table], rewording: Rewording) -> tuple[frozenset[str], frozenset[str]]:
    """What a pack says to its readers, and the texts in its conditions that aren't compared with identifiers."""
    told = frozenset(_said((pack.head, pack.instruments, pack.parameters, pack.conflicts, pack.controls)))
    literals: set[str] = set()
    for rule in (r for r in pack.controls if r.subject in specs):
        for text in (t for f in _CONDITIONS if isinstance(t := getattr(rule, f, None), str)):
            found = {n.this for n in sqlglot.parse_one(text, dialect=sql.DIALECT).find_all(exp.Literal) if n.is_string}
            literals |= found - set(_compared(text, specs[rule.subject], specs, rewording))
    return told, frozenset(literals)


def _said(value: object) -> Iterator[str]:
    if isinstance(value, Text):
        yield from (value.zh, value.en)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _said(getattr(value, name))
    elif isinstance(value, (Mapping, tuple, list)):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _said(one)


def in_words(value: Any, words: Mapping[str, str]) -> Any:
    """The same with other words for its texts for readers."""
    if not words:
        return value
    if isinstance(value, Text):
        return Text(zh=words.get(value.zh, value.zh), en=words.get(value.en, value.en))
    if isinstance(value, BaseModel):
        return value.model_copy(update={n: in_words(getattr(value, n), words) for n in type(value).model_fields})
    if isinstance(value, Mapping):
        return MappingProxyType({n: in_words(one, words) for n, one in value.items()})
    return tuple(in_words(one, words) for one in value) if isinstance(value, (tuple, list)) else value


def as_approved(db: duckdb.DuckDBPyConnection, decisions: Decisions, assessment: Path) -> dict[tuple[str, str], tuple[int | None, ...]]:
    """By waiver (its id) and subject, which of the subject's findings in an assessment each approved hash is of; None: of none any more."""
    found: dict[tuple[str, str], tuple[int | None, ...]] = {}
    for waiver in decisions.waivers:
        part = assessment / part_of(waiver.control)
        if part.is_file():
            facts = facts_of(db, waiver.control, part, list(waiver.facts))
            for subject, approved in waiver.facts.items():
                known = facts.get(subject, ())
                found[waiver.id, subject] = tuple(known.index(one) if one in known else None for one in approved)
    return found


def reword_decisions(
    decisions: Decisions, approved: Mapping[tuple[str, str], tuple[int | None, ...]], facts: Mapping[str, Mapping[str, tuple[str, ...]]],
    subjects: Mapping[str, Table], specs: Mapping[str, Table], rewording: Rewording, mask: Callable[[str], str],
) -> Decisions:  # fmt: skip
    """Waivers and dispositions of pseudonyms. facts: by control and subject, the hashes of the reworded findings' facts. subjects: the table of each control.

    What a waiver was approved for keeps being approved, what wasn't doesn't become so.
    """

    def of(value: str) -> str:
        return pseudonym(value, rewording.key)

    def waiver(w: Waiver) -> Waiver:
        known = facts.get(w.control, {})
        new = {of(s): _again(known.get(of(s), ()), approved.get((w.id, s), (None,))) for s in w.facts}
        where = reword_condition(w.where, subjects[w.control], specs, rewording) if w.where is not None and w.control in subjects else w.where
        return w.model_copy(update={"facts": MappingProxyType(new), "where": where, "reason": mask(w.reason), "requested_by": of(w.requested_by),
                                    "approved_by": of(w.approved_by)})  # fmt: skip

    def disposition(d: Disposition) -> Disposition:
        texts = {n: mask(t) for n in ("correction", "opinion", "root_cause", "redress", "reported_why") if (t := getattr(d, n)) is not None}
        owner = {"owner": of(d.owner)} if d.owner is not None else {}
        return d.model_copy(update={**texts, **owner, "subject": of(d.subject), "requested_by": of(d.requested_by), "decided_by": of(d.decided_by)})

    return replace(decisions, waivers=tuple(map(waiver, decisions.waivers)), dispositions=tuple(map(disposition, decisions.dispositions)))


def _again(facts: tuple[str, ...], places: tuple[int | None, ...]) -> tuple[str, ...]:
    return tuple(facts[n] if n is not None and n < len(facts) else _NO_FACTS for n in places)

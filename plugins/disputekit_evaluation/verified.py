"""Verifying a package: the signature first, then every file, then whether what it says is in it is in it, and, if asked, its SQL again."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from disputekit import DisputekitError, Manifest, Problem, measure, read_json, rerun, say
from disputekit_evaluation.aggregates import ORGANISATION
from disputekit_evaluation.bag import bag_problems
from disputekit_evaluation.package import (
    ASSESSMENT,
    DATAPACKAGE,
    MANIFEST,
    PAYLOAD,
    PUBLIC,
    README,
    SIGNATURE,
    TABLES,
    TAGMANIFEST,
    WORKBOOK,
    Package,
)
from disputekit_evaluation.signing import signer_of


@dataclass(frozen=True)
class Verified:
    """What was found: who signed, what is wrong, how many files are hashed, tables counted and controls run again."""

    signer: str | None
    problems: tuple[Problem, ...]
    package: Package | None = None
    files: int = 0
    tables: int = 0
    controls: int | None = None


def verify_package(folder: Path, signers: Path, wanted: str | None, *, again: bool) -> Verified:
    """Verifies a package. Nothing in it is read before its signature holds and its files are as they were signed."""
    signer, unsigned = signer_of(folder, signers, wanted)
    wrong = [] if unsigned is None else [unsigned]
    wrong += bag_problems(folder)
    if wrong:
        return Verified(signer, tuple(wrong))
    try:
        package = read_json(Package, folder / MANIFEST)
        manifest = read_json(Manifest, folder / ASSESSMENT / "assessment.json") if not package.public else None
        wrong += _incomplete(folder, package, manifest)
        if package.public:
            wrong += _disclosing(folder, package)
        controls = None
        if again and not wrong and not package.public:
            controls, different = rerun(folder / ASSESSMENT)
            wrong += different
    except DisputekitError as bad:
        return Verified(signer, bad.problems)
    files = sum(1 for p in folder.rglob("*") if p.is_file())
    return Verified(signer, tuple(wrong), package, files, len(package.tables), controls)


def _incomplete(folder: Path, package: Package, manifest: Manifest | None) -> Iterator[Problem]:
    """Tables that lack rows, or whose dates lie elsewhere; counts that don't agree with one another."""
    there = sorted(p.relative_to(folder / PAYLOAD).as_posix() for p in (folder / PAYLOAD).rglob("*.parquet"))
    told = {t.path: t for t in package.tables}
    for path in there:
        if path not in told:
            yield Problem(path, say("isn't in the package's manifest"))
    for path in told:
        if path not in there:
            yield Problem(path, say("is missing"))
    both = [p for p in there if p in told]
    for path, found in zip(both, measure([folder / PAYLOAD / p for p in both]), strict=True):
        if found.rows != told[path].rows:
            yield Problem(path, say("has {found} rows, and the manifest says {told}", found=found.rows, told=told[path].rows))
        ranges = {r.column: (r.least, r.most) for r in told[path].ranges}
        if dict(found.ranges) != ranges:
            yield Problem(path, say("its dates aren't those of the manifest"))
    if manifest is None:
        return
    base = ASSESSMENT.relative_to(PAYLOAD)
    for control in manifest.controls:
        part = f"{base.as_posix()}/findings/{control.id}.parquet"
        if control.findings_sha256 is not None and (part not in told or told[part].rows != control.findings):
            yield Problem(control.id, say("has {told} findings, and another number of them is here", told=control.findings))
        if sum(t.subjects for t in control.tallies) != control.subjects:
            yield Problem(control.id, say("its tallies don't add up to its subjects"))
    for table in manifest.tables:
        part = f"{base.as_posix()}/register/{table.table}.parquet"
        if part not in told or told[part].rows != table.rows_loaded:
            yield Problem(part, say("doesn't have the {rows} rows that were loaded", rows=table.rows_loaded))
        if table.rows_read != table.rows_loaded + table.rows_rejected:
            yield Problem(table.table, say("its rows read aren't those loaded and those rejected"))


def _disclosing(folder: Path, package: Package) -> Iterator[Problem]:
    """What a public variant mustn't hold: other files than its tables, counts that are small, a count where it is said to be suppressed."""
    tables = [folder / TABLES / f"{name}.csv" for name in PUBLIC]
    allowed = {folder / MANIFEST, folder / DATAPACKAGE, folder / WORKBOOK, *tables, *(t.with_suffix(".parquet") for t in tables)}
    allowed |= {folder / name for name in (README, TAGMANIFEST, SIGNATURE, "bagit.txt", "bag-info.txt", "manifest-sha256.txt")}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p not in allowed):
        yield Problem(path.relative_to(folder).as_posix(), say("doesn't belong in a public variant"))
    if package.suppression is None:
        yield Problem(MANIFEST.as_posix(), say("doesn't say what was suppressed"))
        return
    least, counts, suppressed = package.suppression.smallest, 0, 0
    read = {p.stem: list(_rows(p)) for p in tables if p.is_file()}
    its_own = {row["control"] for row in read.get("controls", ()) if row.get("counted_in") == ORGANISATION}
    for name, rows in read.items():
        where = (TABLES / f"{name}.csv").as_posix()
        for row in rows:
            told = row.get("disputes", row.get("subjects")) or ""
            if (told == "") is not (row.get("status") == "suppressed") or (told and not told.isdecimal()):
                yield Problem(where, say("a count isn't what its status says"))
            elif told and 0 < int(told) < least and row.get("control") not in its_own:
                yield Problem(where, say("a count of {count} is published, and those below {least} mustn't be", count=told, least=least))
        if name != "controls":
            counts, suppressed = counts + len(rows), suppressed + sum(row.get("status") == "suppressed" for row in rows)
    if (counts, suppressed) != (package.suppression.counts, package.suppression.suppressed):
        yield Problem(MANIFEST.as_posix(), say("tells of other numbers of counts than are in the tables"))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)

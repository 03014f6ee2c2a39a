"""Whether what a package says in several places is the same everywhere: its two manifests, the hashes of its files, its tables and what repeats them.

Whoever has the key can sign anything. So a signature alone doesn't show that the table which somebody reads is the one that the arithmetic was done on.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from disputekit import Manifest, Measured, Problem, as_csv, measure, say
from disputekit_evaluation.package import ASSESSMENT, DATAPACKAGE, OSCAL, PARTS, PAYLOAD, TABLES, Package
from disputekit_evaluation.sealed import file_sha256
from disputekit_evaluation.tables import COLUMNS, oscal_of, write_tables

_BASE = ASSESSMENT.relative_to(PAYLOAD).as_posix()
_DISPUTES = "disputes"


def rows_and_dates(folder: Path, package: Package) -> Iterator[Problem]:
    """Tables that lack rows, or whose dates lie elsewhere than the package says; tables that it doesn't name; a data dictionary of other tables."""
    there = sorted(p.relative_to(folder / PAYLOAD).as_posix() for p in (folder / PAYLOAD).rglob("*.parquet"))
    told = {t.path: t for t in package.tables}
    for path in there:
        if path not in told:
            yield Problem(path, say("isn't in the package's manifest"))
    for path in told:
        if path not in there:
            yield Problem(path, say("is missing"))
    both = [p for p in there if p in told]
    found = dict(zip(both, measure([folder / PAYLOAD / p for p in both]), strict=True))
    for path, measured in found.items():
        if measured.rows != told[path].rows:
            yield Problem(path, say("has {found} rows, and the manifest says {told}", found=measured.rows, told=told[path].rows))
        ranges = {r.column: (r.least, r.most) for r in told[path].ranges}
        if dict(measured.ranges) != ranges:
            yield Problem(path, say("its dates aren't those of the manifest"))
    yield from _dictionary(folder, found)


def _dictionary(folder: Path, found: Mapping[str, Measured]) -> Iterator[Problem]:
    try:
        resources = {r["path"]: r for r in json.loads((folder / DATAPACKAGE).read_bytes())["resources"]}
        told = {path: (r["rows"], [f["name"] for f in r["schema"]["fields"]]) for path, r in resources.items() if path.endswith(".parquet")}
    except (OSError, ValueError, KeyError, TypeError):
        yield Problem(DATAPACKAGE.as_posix(), say("isn't a data package"))
        return
    if told != {path: (m.rows, list(m.columns)) for path, m in found.items()}:
        yield Problem(DATAPACKAGE.as_posix(), say("tells of other tables, rows or columns than are here"))
    for path in resources:
        if not (folder / PAYLOAD / path).is_file():
            yield Problem(path, say("is missing"))


def disagreements(folder: Path, package: Package, manifest: Manifest) -> Iterator[Problem]:
    """Counts that don't agree with one another, and files that aren't those that the assessment's manifest was written with."""
    told = {t.path: t.rows for t in package.tables}
    yield from _manifests(package, manifest)
    yield from _files(folder, manifest)
    for control in manifest.controls:
        part = f"{_BASE}/findings/{control.id}.parquet"
        if control.findings_sha256 is not None and told.get(part) != control.findings:
            yield Problem(control.id, say("has {told} findings, and another number of them is here", told=control.findings))
        if control.findings_sha256 is None and control.error is None:
            yield Problem(control.id, say("has no findings, and no reason why"))
        if sum(t.subjects for t in control.tallies) != control.subjects:
            yield Problem(control.id, say("its tallies don't add up to its subjects"))
    for table in manifest.tables:
        part = f"{_BASE}/register/{table.table}.parquet"
        if told.get(part) != table.rows_loaded:
            yield Problem(part, say("doesn't have the {rows} rows that were loaded", rows=table.rows_loaded))
        if table.rows_read != table.rows_loaded + table.rows_rejected:
            yield Problem(table.table, say("its rows read aren't those loaded and those rejected"))
    loaded = {t.table: t.rows_loaded for t in manifest.tables}
    for one in manifest.subjects:
        if told.get(f"{_BASE}/{one.part}") != one.rows or (one.table == _DISPUTES and one.rows != loaded.get(_DISPUTES)):
            yield Problem(one.part, say("doesn't have the {rows} rows that were loaded", rows=loaded.get(one.table, one.rows)))
    rejected = sum(t.rows_rejected + sum(t.cells_rejected.values()) for t in manifest.tables)
    if told.get(f"{_BASE}/rejects.parquet", 0) < rejected:
        yield Problem(f"{_BASE}/rejects.parquet", say("doesn't have the {rows} rows and cells that couldn't be read", rows=rejected))
    yield from _parts(folder, package)
    yield from _repeated(folder, manifest)


def _manifests(package: Package, manifest: Manifest) -> Iterator[Problem]:
    """What the package's own manifest repeats of the assessment's."""
    previous = manifest.previous.sha256 if manifest.previous is not None else None
    sources = tuple((t.table, f.name, f.sha256, f.rows) for t in manifest.tables for f in t.files)
    for name, one, other in (
        ("as_of", package.as_of, manifest.as_of), ("organisation", package.organisation, manifest.organisation),
        ("versions", package.versions, manifest.versions), ("previous_sha256", package.previous_sha256, previous),
        ("packs", package.packs, {p.id: p.sha256 for p in manifest.packs}), ("findings", package.findings, {c.id: c.findings for c in manifest.controls}),
        ("sources", tuple((s.table, s.name, s.sha256, s.rows) for s in package.sources), sources),
    ):  # fmt: skip
        if one != other:
            yield Problem("package.json", say("{name} isn't what assessment.json says", name=name))


def _files(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """Files of which the assessment's manifest has the hash. What hash each has is known: the bag's manifest was verified."""
    lines = (folder / "manifest-sha256.txt").read_text("utf-8").splitlines()
    hashes = {line[66:]: line[:64] for line in lines}
    wanted = {f"findings/{c.id}.parquet": c.findings_sha256 for c in manifest.controls} | {
        f"queries/{c.id}.sql": c.query_sha256 for c in manifest.controls
    }
    wanted |= {f"judged/{c.id}.parquet": c.judged_sha256 for c in manifest.controls} | {s.part: s.sha256 for s in manifest.subjects}
    wanted |= {f"queries/95_risk_{d.name}.sql": d.query_sha256 for d in manifest.risk_detectors} | {"rejects.parquet": manifest.rejects_sha256}
    for name, sha256 in wanted.items():
        if sha256 is not None and hashes.get((ASSESSMENT / name).as_posix()) != sha256:
            yield Problem(name, say("isn't the file that assessment.json was written with"))


def _parts(folder: Path, package: Package) -> Iterator[Problem]:
    """What plugins handed over, counted."""
    there = {p.name: sum(1 for f in p.rglob("*") if f.is_file()) for p in (folder / PARTS).iterdir()} if (folder / PARTS).is_dir() else {}
    if {name: n for name, n in there.items() if n} != {p.name: p.files for p in package.parts if p.files}:
        yield Problem(PARTS.as_posix(), say("has other files than the package's manifest says"))


def _repeated(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """The tables and the OSCAL document are made again of the manifest."""
    with tempfile.TemporaryDirectory(prefix="disputekit-") as name:
        write_tables(manifest, Path(name))
        for table in COLUMNS:
            again = (Path(name) / f"{table}.csv").read_bytes()
            as_csv({folder / TABLES / f"{table}.parquet": Path(name) / "own.csv"})
            for path, found in ((folder / TABLES / f"{table}.csv", None), (folder / TABLES / f"{table}.parquet", Path(name) / "own.csv")):
                if not path.is_file() or (found or path).read_bytes() != again:
                    yield Problem(path.relative_to(folder).as_posix(), say("doesn't say what assessment.json does"))
    sha256 = file_sha256(folder / ASSESSMENT / "assessment.json")
    if not (folder / OSCAL).is_file() or (folder / OSCAL).read_text("utf-8") not in {
        oscal_of(manifest, sha256, language) for language in ("zh", "en")
    }:
        yield Problem(OSCAL.as_posix(), say("doesn't say what assessment.json does"))


def unlike_their_parquet(folder: Path) -> Iterator[Problem]:
    """Findings as CSV that aren't those of the Parquet beside: who reads a table by hand reads the CSV."""
    parts = {p.stem: p for p in sorted((folder / ASSESSMENT / "findings").glob("*.parquet"))}
    for path in sorted((folder / TABLES / "findings").iterdir()):
        if path.stem not in parts or path.suffix != ".csv":
            yield Problem(path.relative_to(folder).as_posix(), say("isn't in the package's manifest"))
    with tempfile.TemporaryDirectory(prefix="disputekit-") as name:
        for stem, part in parts.items():
            path, again = folder / TABLES / "findings" / f"{stem}.csv", Path(name) / "again.csv"
            as_csv({part: again})
            if not path.is_file() or file_sha256(path) != file_sha256(again):
                yield Problem(path.relative_to(folder).as_posix(), say("isn't the same as the Parquet file"))

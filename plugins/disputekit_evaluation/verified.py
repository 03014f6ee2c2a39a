"""Verifying a package: the signature first, then every file, then whether what it says is in it is in it, and, if asked, its SQL again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from disputekit import DisputekitError, Manifest, Problem, measure, read_json, rerun, say
from disputekit_evaluation.bag import bag_problems
from disputekit_evaluation.package import ASSESSMENT, MANIFEST, PAYLOAD, Package
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

"""Verifying a package: the signature first, then every file, then whether what it says is in it is in it, and, if asked, its SQL again."""

from dataclasses import dataclass
from pathlib import Path

from disputekit import DisputekitError, Manifest, Problem, read_json, rerun
from disputekit_evaluation.agreement import disagreements, rows_and_dates, unlike_their_parquet
from disputekit_evaluation.bag import bag_problems
from disputekit_evaluation.disclosing import disclosing
from disputekit_evaluation.package import ASSESSMENT, MANIFEST, Package
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
        wrong += rows_and_dates(folder, package)
        if manifest is not None:
            wrong += disagreements(folder, package, manifest)
        else:
            wrong += disclosing(folder, package)
        controls = None
        if again and not wrong and not package.public:
            controls, different = rerun(folder / ASSESSMENT)
            wrong += (*different, *unlike_their_parquet(folder))
    except DisputekitError as bad:
        return Verified(signer, bad.problems)
    files = sum(1 for p in folder.rglob("*") if p.is_file())
    return Verified(signer, tuple(wrong), package, files, len(package.tables), controls)

"""Making a package: the assessment made again of a pseudonymised register, its tables, packs and parts, put into a bag and signed."""

import hmac
import json
import mmap
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from disputekit import (
    DisputekitError,
    Manifest,
    Rewording,
    as_csv,
    export_parts,
    folders_of_packs,
    measure,
    new_folder,
    originals,
    remake,
    rewritten,
    say,
    tables_of,
    write_report,
)
from disputekit_evaluation.bag import make_bag
from disputekit_evaluation.columns import check_columns, treatments
from disputekit_evaluation.datapackage import datapackage
from disputekit_evaluation.masking import masks
from disputekit_evaluation.package import (
    ASSESSMENT,
    DATAPACKAGE,
    FORMAT,
    MANIFEST,
    OSCAL,
    PACKS,
    PARTS,
    PAYLOAD,
    TABLES,
    TAGMANIFEST,
    ColumnTreated,
    Package,
    Part,
    Range,
    Source,
    TableGiven,
)
from disputekit_evaluation.parts import reword_parts
from disputekit_evaluation.profile import Profile
from disputekit_evaluation.readme import readme
from disputekit_evaluation.sealed import RECEIPT, Receipt, file_sha256, list_key, seal
from disputekit_evaluation.signing import sign
from disputekit_evaluation.tables import oscal_of, write_tables

SHORT = 4
"""From how many characters on a text says whose it is, wherever it stands."""


@dataclass(frozen=True)
class Asked:
    """What a package is made of.

    secret: of the insurer, from which each recipient's pseudonyms come. day: today. project: as the session has it. only_tried: everything is
    made and looked at, and thrown away unsigned. sealed: where the list of who is who goes, and salt: what makes its key its own; a public variant has none.
    """

    project: Any
    assessment: Path
    out: Path
    profile: Profile
    profile_sha256: str
    key: Path
    secret: bytes
    day: date
    only_tried: bool = False
    sealed: Path = Path()
    salt: str = ""


def pseudonym_key(secret: bytes, profile: Profile) -> bytes:
    """The key of a recipient's pseudonyms: another one for each recipient and purpose, so that two of them can't join what they got."""
    return hmac.digest(secret, json.dumps([FORMAT, profile.recipient, profile.purpose]).encode(), "sha256")


def rewording_of(asked: Asked) -> Rewording:
    """How the register is put for a recipient. The name of the organisation itself is no person's, though payments name it."""
    own = asked.project.file.organisation.name
    return Rewording(pseudonym_key(asked.secret, asked.profile), treatments(asked.profile), lambda names: masks(names - {own}))


def make_package(asked: Asked, progress: Callable[..., None]) -> Package:
    """Writes the package. Raises DisputekitError where the sources aren't those of the assessment any more, or the key doesn't sign."""
    rewording = rewording_of(asked)
    language = asked.project.file.organisation.language
    kept = not asked.only_tried
    with new_folder(asked.out, kept=kept) as folder, new_folder(asked.sealed, kept=kept) as sealed:
        inside = {name: folder / name.relative_to(PAYLOAD) for name in (ASSESSMENT, PACKS, PARTS, TABLES, OSCAL, MANIFEST, DATAPACKAGE)}
        first, sha256, mask = remake(asked.project, asked.assessment, inside[ASSESSMENT], rewording, progress=progress, without=asked.profile.without)
        tables = tables_of(asked.project)
        check_columns(asked.profile, tables, [c.id for c in first.controls], inside[ASSESSMENT], mask)
        second = Manifest.model_validate_json((inside[ASSESSMENT] / "assessment.json").read_bytes())
        second = second.model_copy(update={"errors": tuple(e.model_copy(update={"what": mask(e.what)}) for e in second.errors)})
        (inside[ASSESSMENT] / "assessment.json").write_text(second.written(), encoding="utf-8")
        (inside[ASSESSMENT] / "run.json").unlink()

        def in_words(texts: Sequence[str]) -> list[str]:
            return rewritten(texts, inside[ASSESSMENT], rewording, mask)

        progress(say("Making the report"), 0, 0)
        csv = {p: inside[TABLES] / "findings" / f"{p.stem}.csv" for p in sorted((inside[ASSESSMENT] / "findings").glob("*.parquet"))}
        (inside[TABLES] / "findings").mkdir(parents=True)
        with ThreadPoolExecutor(2) as pool:
            # millions of findings as text take as long as the report, and sealing a million names longer than the tables: neither needs the others,
            # but the queries before would wait for the sealing, which holds the interpreter
            written = pool.submit(as_csv, csv)
            sealing = pool.submit(_sealed, asked, rewording.key, sealed)
            failed = write_report(inside[ASSESSMENT], inside[ASSESSMENT] / "report.html", ("html", "xlsx"), language, asked.project, in_words)
            written.result()
            handed, lacking = export_parts(asked.project, inside[ASSESSMENT], inside[PARTS])
            reworded, refused = reword_parts(inside[PARTS], inside[ASSESSMENT], rewording, mask)
            redacted = (*_packs(asked, second, rewording, inside[PACKS], mask), *reworded)
            progress(say("Writing the tables"), 0, 0)
            write_tables(second, inside[TABLES])
            inside[OSCAL].parent.mkdir()
            inside[OSCAL].write_text(oscal_of(second, file_sha256(inside[ASSESSMENT] / "assessment.json"), language), encoding="utf-8")
            parquet = sorted(p for p in folder.rglob("*.parquet"))
            measured = dict(zip((p.relative_to(folder).as_posix() for p in parquet), measure(parquet), strict=True))
            beside = {p.relative_to(folder).as_posix(): c.relative_to(folder).as_posix() for p, c in csv.items()}
            beside |= {n: n.removesuffix("parquet") + "csv" for n in measured if (folder / n).with_suffix(".csv").is_file()}
            inside[DATAPACKAGE].write_text(
                datapackage("evaluation-package", f"{first.organisation} {first.as_of}", measured, beside, tables), encoding="utf-8"
            )
            progress(say("Sealing the list of who is who"), 0, 0)
            count, entries_sha256 = sealing.result()
        package = Package(
            as_of=first.as_of, organisation=first.organisation, assessment_sha256=sha256,
            previous_sha256=first.previous.sha256 if first.previous is not None else None, versions=first.versions, profile=asked.profile,
            profile_sha256=asked.profile_sha256, public=False, sealed_sha256=entries_sha256,
            tables=tuple(TableGiven(path=n, rows=m.rows, ranges=tuple(Range(column=c, least=a, most=b) for c, (a, b) in m.ranges.items()))
                         for n, m in measured.items()),
            findings={c.id: c.findings for c in second.controls},
            columns=tuple(ColumnTreated.model_validate(c) for c in json.loads((inside[ASSESSMENT] / "register" / "columns.json").read_bytes())),
            sources=tuple(Source(table=t.table, name=f.name, sha256=f.sha256, rows=f.rows) for t in second.tables for f in t.files),
            packs={p.id: p.sha256 for p in first.packs}, redacted=redacted,
            parts=(*(Part(plugin=h.plugin, name=h.name, files=len(h.files) if h.name not in refused else 0,
                          error=str(refused[h.name]) if h.name in refused else None) for h in handed),
                   *(Part(plugin=f.plugin, name=f.where, files=0, error=mask(str(f.what))) for f in (*lacking, *failed))),
        )  # fmt: skip
        inside[MANIFEST].write_text(package.written(), encoding="utf-8")
        # a file that is called as its table is tells nothing by its name
        _free_of(folder, tuple(f.name for t in first.tables for f in t.files if Path(f.name).stem not in tables))
        if asked.only_tried:
            return package
        progress(say("Hashing and signing"), 0, 0)
        make_bag(folder, _info(package), readme(package, second), asked.day)
        sign(folder, asked.key.resolve())
        receipt = Receipt(salt=asked.salt, recipient=asked.profile.recipient, purpose=asked.profile.purpose, as_of=first.as_of, entries=count,
                          entries_sha256=entries_sha256, package_sha256=file_sha256(folder / TAGMANIFEST))  # fmt: skip
        (sealed / RECEIPT).write_text(receipt.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return package


def _sealed(asked: Asked, key: bytes, out: Path) -> tuple[int, str]:
    """Seals who is who: how many cases, and the hash of the list. It is no part of the package."""
    own = list_key(asked.secret, asked.salt, asked.profile.recipient, asked.profile.purpose)
    return seal(originals(asked.assessment, key), own, out)


def _packs(asked: Asked, manifest: Manifest, rewording: Rewording, folder: Path, mask: Callable[[str], str]) -> tuple[str, ...]:
    """Copies the packs' files, identifiers and what else identifies people replaced in those of the insurer; gives the files that aren't as they were."""
    folders, identifiers = folders_of_packs(asked.project, rewording)
    bundled = {p.name for p in manifest.plugins if p.distribution == "disputekit"}
    own = {p.id for p in manifest.packs if p.plugin not in bundled}
    texts: dict[Path, str] = {}
    for pack, source in folders.items():
        for path in sorted(p for p in source.rglob("*") if p.is_file() and p.suffix in (".toml", ".md")):
            target = folder / pack / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            if pack in own:
                texts[target] = path.read_text("utf-8")
    assessment = folder.parent / ASSESSMENT.name
    changed = []
    for (target, text), new in zip(
        texts.items(), rewritten([_named(t, identifiers) for t in texts.values()], assessment, rewording, mask), strict=True
    ):
        if new != text:
            target.write_text(new, encoding="utf-8")
            changed.append(f"{PACKS.name}/{target.relative_to(folder).as_posix()}")
    return tuple(changed)


def _named(text: str, identifiers: Mapping[str, str]) -> str:
    """The text of a pack with pseudonyms for what its conditions name."""
    for raw, pseudonym in identifiers.items():
        # a short one may stand in other words
        text = text.replace(raw, pseudonym) if len(raw) >= SHORT else text.replace(f"'{raw}'", f"'{pseudonym}'")
    return text


def _free_of(folder: Path, names: tuple[str, ...]) -> None:
    """No name of a source's file may stand in a text of the package: files are named after people, too. Raises DisputekitError."""
    wanted = [(n, n.encode()) for n in names if len(n) > SHORT]
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".sql", ".html", ".csv", ".toml", ".md") and p.stat().st_size):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            found = next((name for name, coded in wanted if text.find(coded) >= 0), None)
        if found is not None:
            what = say("the name of the source {name} would be handed over", name=found)
            raise DisputekitError.at(path.relative_to(folder).as_posix(), what, say("Take it out there, or call the file as its table is called"))


def _info(package: Package) -> dict[str, str]:
    p = package.profile
    return {"Source-Organization": package.organisation, "External-Description": f"Evaluation package, as of {package.as_of}",
            "External-Identifier": package.assessment_sha256, "Recipient": p.recipient, "Purpose": p.purpose, "Legal-Basis": p.legal_basis,
            "Expires-On": p.expires_on.isoformat(), "Confidentiality": p.confidentiality, "Bag-Software-Agent": "disputekit"}  # fmt: skip

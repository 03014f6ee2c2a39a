"""The sealed list of who is who: for each case of a package its own name, sealed by itself, and opened only for cases that were drawn.

It lies outside the package, which holds its hash: what it says was settled before anybody drew. Each entry is encrypted by AES-256-GCM (NIST SP 800-38D)
with the case's name in the package as associated data and a key of its own, HMAC-SHA256 of that name by the key of the list, as HKDF expands one
(RFC 5869, 2.3). Each key seals one text, so that the nonce may always be zeros. Whoever is given one entry's key opens that entry and no other. Beside it stands the key's
SHA-256, because GCM alone doesn't commit to its key: with it no second key opens the entry to another name (Albertini et al., USENIX Security 2022).
Texts are filled up to 32 bytes (PKCS #7, RFC 5652, 6.3), so that their lengths tell little.

A list is opened for one seed: a second draw would choose again. Every opening is written down, each with the hash of the line before it.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from disputekit import DisputekitError, Problem, read_json, rows_with, say, write_bytes
from disputekit_evaluation.sample import Draw

ENTRIES, RECEIPT, OPENINGS = "entries.parquet", "sealed.json", "openings.jsonl"
FORMAT: Literal["disputekit-sealed-1"] = "disputekit-sealed-1"
BLOCK = 32
NONCE = bytes(12)


class Receipt(BaseModel):
    """`sealed.json`: of which package the list is (the hash of its tag manifest), its own hash, and what makes its key another than other lists'."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["disputekit-sealed-1"] = FORMAT
    salt: str
    recipient: str
    purpose: str
    as_of: date
    entries: int
    entries_sha256: str
    package_sha256: str


class Opening(BaseModel):
    """A line of `openings.jsonl`. before: the SHA-256 of the line before it, empty in the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    seed: str
    confidence: str
    tolerable: str
    planned: int
    cases: tuple[str, ...]
    before: str


@dataclass(frozen=True)
class Opened:
    """A case, its own name, and the key that opens its entry, in hexadecimal digits: with it anybody who has the list can see that it says so."""

    stratum: str
    case: str
    original: str
    key: str


def list_key(secret: bytes, salt: str, recipient: str, purpose: str) -> bytes:
    """The key of a list, from the insurer's secret."""
    return hmac.digest(secret, json.dumps([FORMAT, salt, recipient, purpose]).encode(), "sha256")


def entry_key(key: bytes, case: str) -> bytes:
    """The key of one entry; it says nothing of any other's."""
    return hmac.digest(key, case.encode() + b"\x01", "sha256")


def seal(cases: Iterable[tuple[str, str]], key: bytes, folder: Path) -> tuple[int, str]:
    """Writes the entries of cases, each with its own name, into a folder; gives how many, and the file's hash."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    def entries() -> Iterator[Sequence[bytes]]:
        for case, original in cases:
            own, text = entry_key(key, case), original.encode()
            fill = BLOCK - len(text) % BLOCK
            name = case.encode()
            yield name, AESGCM(own).encrypt(NONCE, text + bytes([fill]) * fill, name), hashlib.sha256(own).digest()

    folder.mkdir(parents=True, exist_ok=True)
    count = write_bytes(entries(), {"subject": "text", "sealed": "bytes", "lock": "bytes"}, folder / ENTRIES)
    return count, file_sha256(folder / ENTRIES)


def unseal(own: bytes, case: str, sealed: bytes, lock: bytes) -> str:
    """What an entry says, opened by its key. Raises ValueError where that isn't its key, or the entry isn't as it was sealed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not hmac.compare_digest(hashlib.sha256(own).digest(), lock):
        raise ValueError("another key")
    try:
        text = AESGCM(own).decrypt(NONCE, sealed, case.encode())
    except InvalidTag:
        raise ValueError("another entry") from None
    return text[: -text[-1]].decode()


def sealed_list(folder: Path, package_sha256: str, told: str | None) -> Receipt:
    """The receipt of a list that is of a package and as it was sealed. told: the hash that the package tells of it. Raises DisputekitError."""
    receipt = read_json(Receipt, folder / RECEIPT)
    wrong = []
    if receipt.package_sha256 != package_sha256:
        wrong.append(Problem(str(folder), say("is the list of another package, {hash}", hash=receipt.package_sha256)))
    found = file_sha256(folder / ENTRIES) if (folder / ENTRIES).is_file() else None
    if found is None or found != receipt.entries_sha256 or found != told:
        wrong.append(Problem(str(folder / ENTRIES), say("isn't as it was sealed")))
    if wrong:
        raise DisputekitError(*wrong)
    return receipt


def open_drawn(folder: Path, receipt: Receipt, drawn: Draw, only: Sequence[str], secret: bytes, at: datetime) -> tuple[Opened, ...]:
    """Opens the entries of cases that were drawn, all of them or `only` some, and writes that down before it gives them.

    Raises DisputekitError for a case that wasn't drawn, for another seed than the list was opened for before, for a record that was changed, and for a
    secret that isn't the list's.
    """
    strata = {case: stratum for stratum, case in drawn.cases}
    wrong = [Problem(case, say("wasn't drawn, and isn't opened")) for case in only if case not in strata]
    before = _openings(folder)
    if before and before[0].seed != drawn.seed:
        why = say("was opened for the seed {seed!r}, and isn't for another", seed=before[0].seed)
        wrong.append(Problem(str(folder), why, say("Make a new package for another draw")))
    if wrong:
        raise DisputekitError(*wrong)
    asked = sorted(dict.fromkeys(only)) if only else sorted(strata)
    key = list_key(secret, receipt.salt, receipt.recipient, receipt.purpose)
    entries = {case: (sealed, lock) for case, sealed, lock in rows_with(folder / ENTRIES, "subject", asked)}
    found = []
    for case in asked:
        own = entry_key(key, case)
        try:
            if case not in entries:
                raise ValueError("no entry")
            found.append(Opened(strata[case], case, unseal(own, case, *entries[case]), own.hex()))
        except ValueError as bad:
            hint = say("Name the secret that the package was made with by --secret") if str(bad) == "another key" else ""
            raise DisputekitError.at(case, say("its entry can't be opened ({reason})", reason=bad), hint) from None
    last = (folder / OPENINGS).read_bytes().splitlines()[-1] if before else b""
    opening = Opening(at=at, seed=drawn.seed, confidence=str(drawn.plan.confidence), tolerable=str(drawn.plan.tolerable), planned=drawn.plan.planned,
                      cases=tuple(asked), before=hashlib.sha256(last).hexdigest() if before else "")  # fmt: skip
    with (folder / OPENINGS).open("ab") as file:
        file.write(opening.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return tuple(found)


def _openings(folder: Path) -> tuple[Opening, ...]:
    """What was opened before. Raises DisputekitError for a record whose lines don't follow from one another."""
    if not (folder / OPENINGS).is_file():
        return ()
    lines, found, before = (folder / OPENINGS).read_bytes().splitlines(), [], ""
    for number, line in enumerate(lines, 1):
        try:
            found.append(Opening.model_validate_json(line))
        except ValidationError:
            found = []
        if not found or found[-1].before != before:
            raise DisputekitError.at(f"{folder / OPENINGS}: {number}", say("the record of openings was changed"))
        before = hashlib.sha256(line).hexdigest()
    return tuple(found)


def write_opened(found: Sequence[Opened], path: Path) -> None:
    """Writes who is who as CSV: UTF-8 with a mark at its start, so that spreadsheets read the Chinese in it."""
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("stratum", "case", "original", "key"))
        writer.writerows((o.stratum, o.case, o.original, o.key) for o in found)


def file_sha256(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The insurer's own secret, from which every recipient's pseudonyms come. Whoever has it and the register can tell who is who."""

import os
import secrets
from pathlib import Path

from disputekit import DisputekitError, say

BYTES = 32


def secret_in(path: Path, *, made: bool = True) -> bytes:
    """The secret in a file of its hexadecimal digits; where there is no file a new one is made, if it may be, which only the owner can read.

    Raises DisputekitError for a file that holds something else.
    """
    if not path.exists() and not made:
        raise DisputekitError.at(str(path), say("there is no such file"), say("Name the secret that the package was made with by --secret"))
    if not path.exists():
        new = secrets.token_bytes(BYTES)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(new.hex() + "\n")
        return new
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except (ValueError, OSError):
        found = b""
    if len(found) < BYTES:
        raise DisputekitError.at(
            str(path), say("isn't a secret of {count} hexadecimal digits", count=2 * BYTES), say("Name another file; one that isn't there is made")
        )
    return found

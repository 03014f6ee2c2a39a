"""The insurer's own secret, from which every recipient's pseudonyms come. Whoever has it and the register can tell who is who."""

import os
import secrets
from pathlib import Path

from disputekit import DisputekitError, say

BYTES = 32


def secret_in(path: Path) -> bytes:
    """The secret in a file of its hexadecimal digits; a new one, which only the owner can read, where there is no file.

    Raises DisputekitError for a file that holds something else.
    """
    if not path.exists():
        made = secrets.token_bytes(BYTES)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(made.hex() + "\n")
        return made
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except (ValueError, OSError):
        found = b""
    if len(found) < BYTES:
        raise DisputekitError.at(
            str(path), say("isn't a secret of {count} hexadecimal digits", count=2 * BYTES), say("Name another file; one that isn't there is made")
        )
    return found

"""OpenSSH signatures (PROTOCOL.sshsig) by the program that everybody has: `ssh-keygen -Y`."""

import base64
import re
import subprocess
from pathlib import Path

from disputekit import DisputekitError, Problem, say
from disputekit_evaluation.package import NAMESPACE, SIGNATURE, TAGMANIFEST

PROGRAM = "ssh-keygen"
ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/]+={0,2}\n)+)-----END SSH SIGNATURE-----\n")
"""All that the file of a signature may hold: the program overlooks what stands after it, and somebody may read that."""


def sign(folder: Path, key: Path) -> None:
    """Signs the tag manifest of a bag with a private key, or with the agent's where `key` is a public one.

    Raises DisputekitError where there is no such program, or it doesn't sign.
    """
    done = _run("sign", "-f", str(key), "-n", NAMESPACE, str(folder / TAGMANIFEST))
    if done.returncode or not (folder / SIGNATURE).is_file():
        raise DisputekitError.at(
            str(key), say("doesn't sign: {why}", why=_last(done)), say("Name a private SSH key, as `ssh-keygen -t ed25519` makes it")
        )


def signer_of(folder: Path, signers: Path, wanted: str | None) -> tuple[str | None, Problem | None]:
    """Who signed the tag manifest, by a file of allowed signers, or why nobody did who may.

    wanted: the only identity that will do. A key whose time is over, or that isn't listed, is none.
    """
    signature = folder / SIGNATURE
    if not signature.is_file() or not (folder / TAGMANIFEST).is_file():
        return None, Problem(str(SIGNATURE), say("the package isn't signed, or wasn't written to its end"))
    if not _is_armoured(signature.read_bytes()):
        return None, Problem(str(SIGNATURE), say("holds something else than one OpenSSH signature"))
    found = _run("find-principals", "-s", str(signature), "-f", str(signers))
    # a line of allowed signers may hold several names, and patterns of names
    names = re.split(r"[,\n]", found.stdout) if found.returncode == 0 else []
    names = [n for n in names if n and (wanted is None or n == wanted)]
    if not names:
        return None, Problem(str(SIGNATURE), say("no allowed signer made it: {why}", why=_last(found)), say("Ask who signs, by another way"))
    data = (folder / TAGMANIFEST).read_bytes()
    last = found
    for name in names:
        last = _run("verify", "-f", str(signers), "-I", name, "-n", NAMESPACE, "-s", str(signature), data=data)
        if last.returncode == 0:
            return name, None
    return None, Problem(str(SIGNATURE), say("the signature doesn't hold: {why}", why=_last(last)))


def _is_armoured(data: bytes) -> bool:
    """Whether these bytes are the one way to write a signature: the program takes others, too."""
    found = ARMOUR.fullmatch(data)
    body = b"".join(found.group(1).split()) if found is not None else b""
    try:
        return bool(body) and base64.b64encode(base64.b64decode(body, validate=True)) == body
    except ValueError:
        return False


def _run(action: str, *arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
    try:
        # a file of signers is text of somebody else: nothing of it is run, and the arguments go in as they are
        done = subprocess.run([PROGRAM, "-Y", action, *arguments], input=data if data is not None else b"", capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise DisputekitError.at(PROGRAM, say("there is no such program"), say("Install OpenSSH 8.2 or newer")) from None
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def _last(done: "subprocess.CompletedProcess[str]") -> str:
    lines = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".") if lines else str(done.returncode)

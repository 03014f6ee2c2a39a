"""An anchor outside: a time-stamping authority signs the hash of the newest assessment (RFC 3161), so that the chain can't be made anew later.

The token is a file of its own beside the assessments, `anchors/<hash>.tsr`. Anybody verifies it with the authority's root certificate, without
this program: `printf %s HASH > hash; openssl ts -verify -data hash -in HASH.tsr -CAfile root.pem`.
"""

import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

from disputekit import DisputekitError, say

FOLDER = "anchors"


def token_of(assessments: Path, sha256: str) -> Path:
    """Where the token of an assessment lies."""
    return assessments / FOLDER / f"{sha256}.tsr"


def anchor(assessments: Path, sha256: str, authority: str, roots: Path, seconds: float = 30) -> datetime:
    """Has an authority (an http or https address) sign the hash, keeps the token and returns its time.

    A token that doesn't verify by the certificates in `roots` (PEM) isn't kept. Raises DisputekitError for that, and where nobody answers.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    if not authority.startswith(("http://", "https://")):
        raise DisputekitError.at(authority, say("isn't an http or https address"))
    asked = TimestampRequestBuilder().data(_message(sha256)).hash_algorithm(HashAlgorithm.SHA256).build()
    request = urllib.request.Request(authority, asked.as_bytes(), {"Content-Type": "application/timestamp-query"})  # noqa: S310 — see above
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            data = answer.read()
    except (OSError, urllib.error.URLError) as bad:
        hint = say("It isn't anchored outside; try again, or from a machine that reaches the authority")
        raise DisputekitError.at(authority, say("the time-stamping authority can't be reached ({reason})", reason=bad), hint) from None
    at = verified(data, sha256, roots, authority, asked.nonce)
    path = token_of(assessments, sha256)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return at


def verified(data: bytes, sha256: str, roots: Path, where: str, nonce: int | None = None) -> datetime:
    """When the token says that the hash existed. Raises DisputekitError for one that isn't of this hash or of these authorities."""
    from cryptography.x509 import load_pem_x509_certificates
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        certificates = load_pem_x509_certificates(roots.read_bytes())
    except (OSError, ValueError) as bad:
        raise DisputekitError.at(str(roots), say("no certificates can be read ({reason})", reason=bad)) from None
    try:
        response = decode_timestamp_response(data)
        VerifierBuilder(roots=list(certificates), nonce=nonce).build().verify_message(response, _message(sha256))
        return response.tst_info.gen_time
    except (ValueError, VerificationError) as bad:
        raise DisputekitError.at(where, say("the time stamp doesn't verify ({reason})", reason=bad)) from None


def _message(sha256: str) -> bytes:
    """What is stamped: the hash as it is written, 64 digits, so that a stranger makes it with `printf`."""
    return sha256.encode()

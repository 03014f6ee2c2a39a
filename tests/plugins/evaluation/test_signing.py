"""Signatures are OpenSSH's own: what `ssh-keygen` makes is accepted here and the other way round, for each type of key; who may not sign isn't."""

import subprocess
from pathlib import Path

import pytest

from disputekit import DisputekitError
from disputekit_evaluation.package import NAMESPACE, SIGNATURE, TAGMANIFEST
from disputekit_evaluation.signing import sign, signer_of

TYPES = (("ed25519", ()), ("ecdsa", ("-b", "256")), ("ecdsa", ("-b", "521")), ("rsa", ("-b", "2048")))
DATA = b"0" * 64 + b"  manifest-sha256.txt\n"


def ssh_keygen(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *map(str, arguments)], input=given, capture_output=True, check=False)


def key_of(folder: Path, kind: str = "ed25519", more: tuple[str, ...] = ()) -> Path:
    path = folder / f"{kind}{''.join(more)}"
    assert ssh_keygen("-q", "-t", kind, *more, "-N", "", "-C", "", "-f", path).returncode == 0
    return path


def listed(path: Path, key: Path, *, who: str = "insurer@example", options: str = f' namespaces="{NAMESPACE}"') -> Path:
    path.write_text(f"{who}{options} {key.with_name(key.name + '.pub').read_text()}")
    return path


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / TAGMANIFEST).write_bytes(DATA)
    return tmp_path / "bag"


@pytest.mark.parametrize(("kind", "more"), TYPES)
def test_what_ssh_keygen_signs_is_accepted_and_what_we_sign_ssh_keygen_accepts(bag: Path, tmp_path: Path, kind: str, more: tuple[str, ...]) -> None:
    key = key_of(tmp_path, kind, more)
    signers = listed(tmp_path / "signers", key)
    assert ssh_keygen("-Y", "sign", "-f", key, "-n", NAMESPACE, bag / TAGMANIFEST).returncode == 0
    assert signer_of(bag, signers, None) == ("insurer@example", None)
    (bag / SIGNATURE).unlink()
    sign(bag, key)
    verified = ssh_keygen("-Y", "verify", "-f", signers, "-I", "insurer@example", "-n", NAMESPACE, "-s", bag / SIGNATURE, given=DATA)
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize(("options", "accepted"), [
    (f' namespaces="{NAMESPACE}"', True), (f' namespaces="{NAMESPACE}",valid-before="20991231"', True),
    (f' namespaces="{NAMESPACE}",valid-before="20200101"', False), (f' namespaces="{NAMESPACE}",valid-after="20990101"', False),
    (' namespaces="git,file"', False), ("", True),
])  # fmt: skip
def test_a_signer_is_one_only_in_its_time_and_for_its_purpose(bag: Path, tmp_path: Path, options: str, accepted: bool) -> None:
    key = key_of(tmp_path)
    sign(bag, key)
    name, wrong = signer_of(bag, listed(tmp_path / "signers", key, options=options), None)
    assert (name, wrong is None) == (("insurer@example" if accepted else None), accepted)


def test_a_signer_that_is_not_listed_is_none(bag: Path, tmp_path: Path) -> None:
    sign(bag, key_of(tmp_path))
    other = key_of(tmp_path, "rsa")
    name, wrong = signer_of(bag, listed(tmp_path / "signers", other), None)
    assert name is None
    assert "no allowed signer made it" in str(wrong)


def test_of_several_names_only_the_wanted_one_will_do(bag: Path, tmp_path: Path) -> None:
    key = key_of(tmp_path)
    sign(bag, key)
    signers = listed(tmp_path / "signers", key, who="a@example,b@example")
    assert signer_of(bag, signers, "b@example")[0] == "b@example"
    assert signer_of(bag, signers, "c@example")[0] is None


@pytest.mark.parametrize("spoilt", ["data", "signature", "namespace", "no signature"])
def test_a_signature_of_something_else_holds_for_nobody(bag: Path, tmp_path: Path, spoilt: str) -> None:
    key = key_of(tmp_path)
    signers = listed(tmp_path / "signers", key)
    sign(bag, key)
    if spoilt == "data":
        (bag / TAGMANIFEST).write_bytes(DATA + b"\n")
    elif spoilt == "namespace":
        (bag / SIGNATURE).unlink()
        assert ssh_keygen("-Y", "sign", "-f", key, "-n", "file", bag / TAGMANIFEST).returncode == 0
    else:
        (bag / SIGNATURE).write_text("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n" if spoilt == "signature" else "")
    name, wrong = signer_of(bag, signers, None)
    assert name is None
    assert wrong is not None


def test_what_is_no_key_signs_nothing_and_is_named(bag: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no key")
    (tmp_path / "notes").chmod(0o600)
    with pytest.raises(DisputekitError, match="notes"):
        sign(bag, tmp_path / "notes")
    assert not (bag / SIGNATURE).exists()

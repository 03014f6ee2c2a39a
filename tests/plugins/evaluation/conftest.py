"""A register full of canaries, and one evaluation package of it, made once by the command line."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.projects import control, write_pack

from disputekit.cli import main

NAMES = ("欧阳金丝雀", "Canary Jones")
NUMBERS = ("11010519491231002X", "13800138000", "4111111111111111", "canary@example.com")
IDS = ("KX-7781-A", "KX-7782-B", "KX-7783-C", "HANDLER-99", "BRANCH-55", "CUST-31", "CLERK-12")
FILE = "disputes-欧阳金丝雀.csv"
CANARIES = (*NAMES, *NUMBERS, *IDS, FILE)
"""What may stand nowhere in a package."""

DISPUTES = f"""\
dispute_id,received_at,closed_at,channel,cause,handler_id,unit_id,customer_id,description
KX-7781-A,2026-01-05T09:00:00,2026-01-12T10:00:00,phone,delay,HANDLER-99,BRANCH-55,CUST-31,{NAMES[0]} called from {NUMBERS[1]}
KX-7782-B,2026-01-06T09:00:00,2026-03-01T10:00:00,letter,{NUMBERS[0]},HANDLER-99,BRANCH-55,CUST-31,card {NUMBERS[2]}
KX-7783-C,2026-01-07T09:00:00,,phone,asked by {NAMES[1]},CLERK-12,BRANCH-55,CUST-31,mail {NUMBERS[3]}
"""
STAFF = f"staff_id,name,unit_id,joined_on\nHANDLER-99,{NAMES[0]},BRANCH-55,2020-01-01\nCLERK-12,{NAMES[1]},BRANCH-55,2021-02-03\n"
CUSTOMERS = "customer_id,kind,born_on\nCUST-31,person,1949-12-31\n"
PROJECT = f"""\
[organisation]
name = 'X'
language = 'en'
[policies]
packs = ['./house']
[plugins]
enabled = ['evaluation']
[plugins.evaluation.completeness]
sources = []
[register.disputes]
path = '{FILE}'
[register.staff]
path = 'staff.csv'
[register.customers]
path = 'customers.csv'
"""
PROFILE = """\
recipient = "{recipient}"
purpose = "evaluation"
legal_basis = "PIPL art. 21"
expires_on = 2099-12-31
confidentiality = "confidential"
{more}
"""
WAIVERS = """\
[[waiver]]
id = "W-1"
control = "H-1"
facts = {{ "KX-7783-C" = "{facts}" }}
reason = "{name} is ill"
requested_by = "HANDLER-99"
approved_by = "CLERK-12"
approved_on = 2026-01-20
expires_on = 2026-12-31
"""


class Made(NamedTuple):
    """A project, the package of its assessment, and who may sign."""

    project: Path
    package: Path
    key: Path
    signers: Path


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--language", "en", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def new_key(folder: Path, name: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name], check=True)
    return folder / name


def allowed(key: Path, options: str = "") -> str:
    return f'insurer@example namespaces="disputekit-evaluation"{options} {key.with_suffix(".pub").read_text()}'


def export(made: Made, out: Path, recipient: str = "Assessors", more: str = "", key: Path | None = None) -> int:
    profile = out.with_name(f"{out.name}.toml")
    profile.write_text(PROFILE.format(recipient=recipient, more=more), encoding="utf-8")
    return run("--project", made.project, "export", made.project / "assessments" / "2026-02-01", out, "--profile", profile, "--key",
               key if key is not None else made.key)  # fmt: skip


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("handed")
    project = folder / "project"
    project.mkdir()
    for name, text in {FILE: DISPUTES, "staff.csv": STAFF, "customers.csv": CUSTOMERS, "disputekit.toml": PROJECT}.items():
        (project / name).write_text(text, encoding="utf-8")
    condition = "kind = \"condition\"\nholds = \"handler_id <> 'CLERK-12' or cause = 'delay'\""
    needed = 'kind = "required"\nfields = ["description", "customer.born_on", "handler.name"]'
    write_pack(project / "house", f"# ask {NAMES[0]} {NUMBERS[1]}\n", control(), control("H-2", condition), control("H-3", needed))
    assert run("--project", project, "check", "--as-of", "2026-02-01") in (0, 1)
    key = new_key(folder, "key")
    signers = folder / "allowed_signers"
    signers.write_text(allowed(key))
    found = Made(project, folder / "package", key, signers)
    assert export(found, found.package) == 0
    return found

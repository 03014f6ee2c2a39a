"""A chain that was tampered with is told from a whole one; what changed after the event, and who vanished, is named; an anchor is a real one."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.projects import control, disputekit, write_pack, write_project

from disputekit.assess import assess
from disputekit.cli.waiver import facts_in
from disputekit.config import load_project
from disputekit_evaluation.history import walk

DAYS = ("2026-02-01", "2026-02-02", "2026-02-05")
LEDGER = "dispute_id,received_at,closed_at\nD-1,2026-01-05T09:00:00,2026-01-12T10:00:00\nD-2,2026-01-06T09:00:00,\nD-3,2026-01-07T09:00:00,{closed}\n"


PARAMETER = """
[parameters.days]
title = { zh = "期限", en = "Period" }
basis = "practice"
values = [ { from = 2020-01-01, value = "15 days" } ]
"""
DAYS_OF = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "$days"'
WAIVER = """
[[waiver]]
id = "W-1"
control = "H-1"
facts = {{ "D-3" = "{facts}" }}
reason = "ill"
requested_by = "Li"
approved_by = "Wang"
approved_on = 2026-02-06
expires_on = 2026-02-07
"""


def checked(project: Path, day: str, ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "disputes.csv").write_text(ledger, encoding="utf-8")
    assert disputekit(project, "check", "--as-of", day, "--no-report", capsys=capsys).code == 1


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a chain of three assessments."""
    folder = tmp_path_factory.mktemp("chain") / "project"
    write_project(
        folder, plugins=("evaluation",), more="[plugins.evaluation.completeness]\nsources = []\n[register.reconciliations]\npath = 'totals.csv'\n"
    )
    (folder / "totals.csv").write_text("source,period,theirs,ours\ncourt,2025,3,3\n")
    write_pack(folder / "house", PARAMETER, control(rest=DAYS_OF))
    (folder / "disputes.csv").write_text(LEDGER.format(closed=""), encoding="utf-8")
    previous = None
    for day in DAYS:
        out = folder / "assessments" / day
        assess(load_project(folder), date.fromisoformat(day), out, previous=previous)
        previous = out
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


def told(project: Path, capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    done = disputekit(project, "history", "--format", "json", *options, capsys=capsys)
    found = json.loads(done.out)
    assert done.code == found["exit_code"]
    return found


def test_a_whole_chain_names_its_days_without_a_check_and_that_nobody_outside_knows_of_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(project, capsys)
    assert [x["as_of"] for x in found["history"]["links"]] == list(DAYS)
    assert found["history"]["unchecked"] == [{"first": "2026-02-03", "last": "2026-02-04", "days": 2}]
    assert (found["exit_code"], found["history"]["broken"], found["history"]["afterwards"]) == (1, [], [])
    assert "isn't anchored outside" in found["anchor"]["told"]


@pytest.mark.parametrize(("day", "what"), [(DAYS[1], "changed"), (DAYS[0], "changed")])
def test_a_manifest_that_was_changed_breaks_the_chain(project: Path, capsys: pytest.CaptureFixture[str], day: str, what: str) -> None:
    file = project / "assessments" / day / "assessment.json"
    file.write_text(file.read_text("utf-8").replace('"organisation": "X"', '"organisation": "Y"'), encoding="utf-8")
    found = told(project, capsys)
    assert found["exit_code"] == 2
    assert (what, day) in [(b["what"], b["as_of"]) for b in found["history"]["broken"]]


def test_an_assessment_that_was_taken_out_is_missed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project / "assessments" / DAYS[1])
    found = told(project, capsys)
    assert (found["exit_code"], [(b["what"], b["as_of"]) for b in found["history"]["broken"]]) == (2, [("missing", DAYS[1])])
    assert [x["as_of"] for x in found["history"]["links"]] == [DAYS[0], DAYS[2]]


def test_findings_that_were_changed_and_a_manifest_that_can_not_be_read_are_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "assessments" / DAYS[0] / "findings" / "H-1.parquet").write_bytes(b"")
    (project / "assessments" / DAYS[1] / "assessment.json").write_text("{", encoding="utf-8")
    found = told(project, capsys)
    assert {b["what"] for b in found["history"]["broken"]} == {"spoilt", "unread", "missing"}


def test_an_assessment_that_nothing_leads_to_stands_beside_the_chain(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "disputes.csv").write_text(LEDGER.format(closed="2026-01-30T10:00:00"))
    out = str(project / "assessments" / "again")
    disputekit(project, "check", "--as-of", DAYS[1], "--no-report", "--out", out, capsys=capsys)
    assert [x["folder"] for x in told(project, capsys)["history"]["beside"]] == ["again"]


def test_facts_changed_afterwards_and_disputes_that_are_gone_are_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # an end before the last check that nobody had seen, and a dispute less
    checked(project, "2026-02-06", LEDGER.format(closed="2026-01-30T10:00:00").replace("D-1,2026-01-05T09:00:00,2026-01-12T10:00:00\n", ""), capsys)
    (change,) = told(project, capsys)["history"]["afterwards"]
    assert (change["changed"], change["subjects"]) == ({"H-1": 1}, ["D-3"])
    assert (change["vanished"], change["gone"]) == ({"disputes": 1}, ["D-1"])


def test_what_held_when_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(project / "house", control("H-1"), control("H-2", 'kind = "required"\nfields = ["received"]'))
    checked(project, "2026-02-06", LEDGER.format(closed=""), capsys)
    packs = [(h["name"], h["first"], h["last"]) for h in told(project, capsys)["history"]["held"] if h["what"] == "pack"]
    assert packs == [("house", "2026-02-01", "2026-02-05"), ("house", "2026-02-06", "2026-02-06")]


def held(project: Path, capsys: pytest.CaptureFixture[str], what: str) -> list[tuple[str, str, str, str]]:
    return [(h["name"], h["value"], h["first"], h["last"]) for h in told(project, capsys)["history"]["held"] if h["what"] == what]


def test_an_override_is_told_for_the_days_on_which_it_held(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = project / "disputekit.toml"
    own = toml.read_text("utf-8")
    for day, value in (("2026-02-06", "20 days"), ("2026-02-07", "20 days"), ("2026-02-08", None), ("2026-02-09", "25 days")):
        toml.write_text(own + (f'[parameters.house]\ndays = {{ value = "{value}" }}\n' if value else ""), encoding="utf-8")
        checked(project, day, LEDGER.format(closed=""), capsys)
    assert held(project, capsys, "override") == [
        ("house.days", "20 days", "2026-02-06", "2026-02-07"), ("house.days", "25 days", "2026-02-09", "2026-02-09"),
    ]  # fmt: skip


def test_an_override_that_comes_back_is_told_twice(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = project / "disputekit.toml"
    own = toml.read_text("utf-8")
    for day, more in (("2026-02-06", True), ("2026-02-07", False), ("2026-02-08", True)):
        toml.write_text(own + ('[parameters.house]\ndays = { value = "20 days" }\n' if more else ""), encoding="utf-8")
        checked(project, day, LEDGER.format(closed=""), capsys)
    assert [h[2:] for h in held(project, capsys, "override")] == [("2026-02-06", "2026-02-06"), ("2026-02-08", "2026-02-08")]


def test_a_waiver_is_told_with_its_state_day_by_day(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = facts_in(project / "assessments" / DAYS[-1] / "findings" / "H-1.parquet", "H-1")["D-3"][0]
    (project / "waivers.toml").write_text(WAIVER.format(facts=facts), encoding="utf-8")
    for day in ("2026-02-06", "2026-02-07", "2026-02-08"):
        checked(project, day, LEDGER.format(closed=""), capsys)
    assert held(project, capsys, "waiver") == [
        ("W-1", "H-1 in force Wang", "2026-02-06", "2026-02-07"), ("W-1", "H-1 expired Wang", "2026-02-08", "2026-02-08"),
    ]  # fmt: skip


@pytest.mark.parametrize(("until", "since"), [
    ("2026-02-05", None), ("2026-02-06", None), ("2026-02-07", {"first": "2026-02-06", "last": "2026-02-06", "days": 1}),
    ("2026-03-06", {"first": "2026-02-06", "last": "2026-03-05", "days": 28}),
])  # fmt: skip
def test_days_after_the_newest_assessment_are_days_without_a_check(
    project: Path, capsys: pytest.CaptureFixture[str], until: str, since: object
) -> None:
    shutil.rmtree(project / "assessments" / DAYS[0])
    shutil.rmtree(project / "assessments" / DAYS[1])
    only = project / "assessments" / DAYS[2] / "assessment.json"
    document = json.loads(only.read_bytes())
    only.write_text(json.dumps({**document, "previous": None}), encoding="utf-8")
    found = told(project, capsys, "--until", until)
    assert (found["history"]["since"], found["exit_code"]) == (since, 1 if since else 0)
    if since:
        done = disputekit(project, "history", "--until", until, capsys=capsys)
        assert "No check since: " in done.out


def test_until_today_if_no_day_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(project, capsys)["history"]["since"]["days"] >= 200


def test_without_comparing_it_is_not_said_that_nothing_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(project, capsys, "--no-facts")
    assert (found["exit_code"], found["history"]["compared"]) == (2, False)


def test_a_reader_sees_it_in_chinese(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from disputekit.cli import main

    with pytest.raises(SystemExit):
        main(["--project", str(project), "--language", "zh", "history"])
    out = capsys.readouterr().out
    assert "2 天未检查" in out
    assert "assessment" not in out


# ── the anchor ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


def openssl(*arguments: str, folder: Path, given: bytes | None = None) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A real authority on the loopback: `openssl ts` behind HTTP, and the certificate of its root."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here: install it")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    (folder / "ext").write_text("extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n")
    for name in ("root", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "30",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign", folder=folder)  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa", folder=folder)
    openssl(
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        "-out",
        "tsa.pem",
        "-extfile",
        "ext",
        "-days",
        "30",
        folder=folder,
    )

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            data = openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa.key", folder=folder)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


def test_a_head_is_anchored_and_openssl_verifies_it(
    project: Path, authority: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address, folder = authority
    roots = ("--roots", str(folder / "root.pem"))
    assert disputekit(project, "anchor", "--tsa", address, *roots, capsys=capsys).code == 0
    found = told(project, capsys, *roots)
    assert found["anchor"]["verified_at"] is not None
    assert "wasn't verified" in told(project, capsys)["anchor"]["told"]
    (token,) = (project / "assessments" / "anchors").iterdir()
    (tmp_path / "hash").write_text(walk(project / "assessments", today=date.min, facts=False).links[-1].sha256)
    assert b"OK" in openssl("ts", "-verify", "-data", "hash", "-in", str(token), "-CAfile", str(folder / "root.pem"), folder=tmp_path)
    wrong = told(project, capsys, "--roots", str(folder / "other.pem"))
    assert (wrong["exit_code"], "doesn't hold" in wrong["anchor"]["told"]) == (2, True)


def test_an_anchor_of_another_assessment_does_not_hold(project: Path, authority: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    address, folder = authority
    roots = ("--roots", str(folder / "root.pem"))
    disputekit(project, "anchor", "--tsa", address, *roots, capsys=capsys)
    (token,) = (project / "assessments" / "anchors").iterdir()
    checked(project, "2026-02-06", LEDGER.format(closed=""), capsys)
    token.rename(token.with_name(f"{walk(project / 'assessments', today=date.min, facts=False).links[-1].sha256}.tsr"))
    assert "doesn't hold" in told(project, capsys, *roots)["anchor"]["told"]


def test_offline_it_says_so(project: Path, authority: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    done = disputekit(project, "anchor", "--tsa", "http://127.0.0.1:9/", "--roots", str(authority[1] / "root.pem"), capsys=capsys)
    assert done.code == 2
    assert "can't be reached" in done.err
    assert "isn't anchored outside" in done.err
    assert not (project / "assessments" / "anchors").exists()

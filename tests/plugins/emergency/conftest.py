"""A project whose register sets two of the bundled plans off, checked once; and servers that take notices, refuse them, hang and come back."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.projects import disputekit

from disputekit.assess import assess
from disputekit.config import load_project
from disputekit_emergency import desk

PEOPLE = 25
SECRET = "s3cr3t-t0ken"
PERSON = "Zhang Sanfeng"
TOML = """\
[organisation]
name = "X"
language = "{language}"
[policies]
packs = ["data-quality"]
[plugins]
enabled = ["regulatory", "emergency"]
[plugins.emergency]
{settings}
[register.disputes]
path = "disputes.csv"
[register.parties]
path = "parties.csv"
[register.incidents]
path = "incidents.csv"
"""


def write_register(folder: Path, *, people: int = PEOPLE, settings: str = "", language: str = "en") -> Path:
    """A group of `people` in one complaint in person, a leak on 20 January, and one of March, which a check as of February doesn't know."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "disputekit.toml").write_text(TOML.format(settings=settings, language=language), encoding="utf-8")
    rows = "".join(f"D-{i},2026-01-{1 + i % 20:02d}T09:00:00,G-1\n" for i in range(people))
    (folder / "disputes.csv").write_text(f"dispute_id,received_at,group_id\n{rows}D-X,2026-01-05T09:00:00,\n")
    rows = "".join(f"disputes,D-{i},P-{i},{PERSON} {i},complainant,true\n" for i in range(people))
    (folder / "parties.csv").write_text(f"subject,subject_id,person_id,name,role,face_to_face\n{rows}disputes,D-X,P-X,Li,complainant,true\n")
    (folder / "incidents.csv").write_text(
        "incident_id,kind,severity,occurred_at,detected_at\nI-1,data_leak,III,2026-01-20T10:00:00,2026-01-20T11:00:00\n"
        "I-2,data_leak,III,2026-03-20T10:00:00,2026-03-20T11:00:00\nI-3,fire,I,2026-01-20T10:00:00,2026-01-20T11:00:00\n"
    )
    return folder


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its assessment as of 1 February."""
    from datetime import date

    folder = write_register(tmp_path_factory.mktemp("emergency") / "project")
    assess(load_project(folder), date(2026, 2, 1), folder / "assessments" / "2026-02-01")
    return folder


@pytest.fixture
def project(checked: Path, tmp_path: Path) -> Callable[..., Path]:
    """`project(settings)`: a copy of the checked project with these settings of the plugin."""

    def made(settings: str = "", language: str = "en") -> Path:
        folder = tmp_path / "project"
        shutil.copytree(checked, folder)
        (folder / "disputekit.toml").write_text(TOML.format(settings=settings, language=language), encoding="utf-8")
        return folder

    return made


@dataclass
class Inbox:
    """A web server that takes notices. status: what it answers. hang: it answers nobody while this is set and `open` isn't."""

    port: int = 0
    status: int = 200
    refused: int = 0
    hang: bool = False
    open: threading.Event = field(default_factory=threading.Event)
    taken: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The ids of the notices that it took, each as often as it came."""
        return [t["message"].rpartition("[")[2].rstrip("]\n ") for t in self.taken]


@contextmanager
def listening() -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if box.hang:
                box.open.wait(20)
                return
            if box.status == 200:
                box.taken.append(json.loads(data))
            else:
                box.refused += 1
            self.send_response(box.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield box
    box.open.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with listening() as box:
        yield box


@pytest.fixture
def hanging() -> Iterator[Inbox]:
    """A second server, which may hang while the first answers."""
    with listening() as box:
        yield box


@pytest.fixture
def plan(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`plan(folder, "apply")`: the real command; what it said, and its exit code. "--zh" before it: in Chinese."""

    def run(folder: Path, *arguments: str) -> Any:
        language = ("--language", "zh") if arguments[0] == "--zh" else ()
        return disputekit(folder, *language, "plan", *arguments[bool(language) :], capsys=capsys)

    return run


@dataclass
class Clock:
    """The clock of the commands; China's time."""

    moment: datetime

    def at(self, moment: str) -> None:
        self.moment = datetime.fromisoformat(f"{moment}+08:00")

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """As of 1 February, in the evening, unless told."""
    made = Clock(datetime.fromisoformat("2026-02-01T20:00+08:00"))
    monkeypatch.setattr(desk, "now", lambda: made.moment)
    return made

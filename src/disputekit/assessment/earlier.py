"""What an earlier assessment had, as tables of the register: what is gone since can then be asked like anything else, and be run again."""

import os
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType

from disputekit.assessment.manifest import SubjectsWritten, read_manifest
from disputekit.checks.decide import file_sha256
from disputekit.errors import AssessmentError
from disputekit.register.schema import Table
from disputekit.register.settings import RegisterSettings, SourceSettings
from disputekit.text import say

SUBJECT = "subject"


def with_earlier(settings: RegisterSettings, tables: Mapping[str, Table], previous: Path | None, base: Path, as_of: date) -> RegisterSettings:
    """The register with the tables whose rows are subjects of the previous assessment (`Table.earlier`), where there is one that has them.

    base: the project's folder, from which their files are named. as_of: of the new one; a list of what was there before is never out
    of date. Raises AssessmentError for a part that isn't as it was written.
    """
    wanted = {n: t for n, t in tables.items() if t.earlier is not None and n not in settings.tables}
    if previous is None or not wanted:
        return settings
    manifest, _ = read_manifest(previous)
    parts = {s.table: s for s in manifest.subjects}
    found = {name: _settings(previous, parts[t.earlier], t, as_of, base) for name, t in wanted.items() if t.earlier in parts}
    return settings.model_copy(update={"tables": MappingProxyType({**settings.tables, **found})})


def _settings(previous: Path, written: SubjectsWritten, table: Table, as_of: date, base: Path) -> SourceSettings:
    part = previous / written.part
    if not part.is_file() or file_sha256(part) != written.sha256:
        raise AssessmentError.at(str(part), say("isn't what the assessment's manifest says; it was changed or spoilt"))
    path = Path(os.path.relpath(part.resolve(), base.resolve())).as_posix()
    return SourceSettings(
        path=(path,), format="parquet", columns={str(table.key): SUBJECT}, extracted_at=datetime.combine(as_of + timedelta(days=1), time())
    )

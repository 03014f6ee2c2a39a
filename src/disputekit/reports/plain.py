"""The report as JSON: the same sections and blocks, each word in the language that was asked for, each number as it is."""

import json
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from disputekit.reports.made import Report
from disputekit.text import Language, Phrase, Said, Text, speaker

FORMAT = "disputekit-report-1"


def written(report: Report, language: Language) -> str:
    """One JSON object, with a line end at its end."""
    said, manifest = speaker(language), report.assessed.manifest
    whole = {
        "format": FORMAT, "organisation": manifest.organisation, "as_of": manifest.as_of.isoformat(), "unit": report.assessed.unit, "language": language,
        "assessment_sha256": report.assessed.sha256, "failures": [said(str(f.problem)) for f in report.failures],
        "sections": [{"plugin": m.plugin, "name": m.name, "title": said(m.title), "blocks": _plain(m.section.blocks, said)} for m in report.sections],
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any, said: Said) -> Any:
    if isinstance(value, (Phrase, Text)):
        return said(value)
    if is_dataclass(value):
        return {"block": type(value).__name__.lower(), **{f.name: _plain(getattr(value, f.name), said) for f in fields(value)}}
    if isinstance(value, tuple):
        return [_plain(v, said) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value

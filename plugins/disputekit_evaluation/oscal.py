"""An assessment as OSCAL 1.2 assessment results, for tools that read that; made of the manifest alone, the same whenever it is the same.

- Reviewed controls: those that were evaluated; those that weren't are excluded by name.
- An observation for each control says what was counted, and leads to its findings by path and hash. One for each thing that wasn't checked.
- A finding is `satisfied` only where something passed and nothing failed or is unknown. What isn't known is `not-satisfied` with the reason
  `other`: OSCAL has no third state, and the other of the two would be a pass that nobody saw. Where there was nothing to check there is no finding.
- A risk for each control with a breach, and for each risk point.

UUIDs are of version 5, named by the manifest's hash and the place in it (RFC 9562, 5.5). The model: NIST, OSCAL 1.2.1 JSON schema.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from disputekit import Text

if TYPE_CHECKING:
    from disputekit import Manifest

VERSION = "1.2.1"
NAMESPACE = "urn:disputekit:oscal"
"""The namespace of properties that OSCAL doesn't know."""
_NOT_CHECKED = {"zh": "未检查", "en": "Not checked"}
Json = dict[str, Any]


def assessment_results(manifest: "Manifest", sha256: str, language: str = "zh", folder: str = "") -> Json:
    """The document, ready for JSON. sha256: of the manifest's bytes, on which all UUIDs depend. folder: of the assessment, as a link from where
    the document lies (`../assessment/`)."""
    return _Results(manifest, sha256, language, folder).document()


class _Results:
    """One document: what every part of it needs to know."""

    def __init__(self, manifest: "Manifest", sha256: str, language: str, folder: str) -> None:
        self.manifest, self.sha256, self.language, self.folder = manifest, sha256, language, folder
        self.space = uuid5(NAMESPACE_URL, f"{NAMESPACE}:{sha256}")
        self.at = datetime.combine(manifest.as_of, time(23, 59, 59), ZoneInfo(manifest.timezone)).isoformat()

    def id(self, *place: str) -> str:
        return str(uuid5(self.space, "/".join(place)))

    def said(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def text(self, text: Text) -> str:
        return text.zh if self.language == "zh" else text.en

    def document(self) -> Json:
        m = self.manifest
        observations = [self.counted(c) for c in m.controls]
        observations += [self.not_checked(n, *told) for n, told in enumerate(self.gaps(), 1)]
        findings = [self.finding(c) for c in m.controls if c.count("pass", "fail", "unknown", "pending") or c.error is not None or c.absent]
        risks = [self.breach(c) for c in m.controls if c.count("fail")] + [self.risk_point(p) for p in m.risk_points]
        result = {
            "uuid": self.id("result"), "title": self.said(f"截至{m.as_of}的评估", f"Assessment as of {m.as_of}"),
            "description": self.said("对争议登记簿按规则包逐条检查的结果", "What checking the register of disputes against the policy packs came to"),
            "start": self.at, "end": self.at, "props": self.versions(), "reviewed-controls": self.reviewed(),
            **{name: some for name, some in (("observations", observations), ("risks", risks), ("findings", findings)) if some},
        }  # fmt: skip
        resources = [{"uuid": self.id("plan"), "title": self.said("规则包", "The policy packs"),
                      "description": self.said("评估所依据的规则包，见 assessment.json", "The policy packs that it was checked against: see assessment.json"),
                      "props": [_prop("pack", p.id, p.version) for p in m.packs] or [_prop("pack", "none")]}]  # fmt: skip
        return {"assessment-results": {
            "uuid": self.id("document"),
            "metadata": {"title": m.organisation, "last-modified": self.at, "version": self.sha256, "oscal-version": VERSION},
            "import-ap": {"href": f"#{self.id('plan')}"}, "results": [result], "back-matter": {"resources": resources},
        }}  # fmt: skip

    def versions(self) -> list[Json]:
        m = self.manifest
        found = [_prop("assessment-sha256", self.sha256), _prop("as-of", str(m.as_of))]
        found += [_prop("version", version, name) for name, version in m.versions.items()]
        return found + ([_prop("previous-sha256", m.previous.sha256)] if m.previous is not None else [])

    def reviewed(self) -> Json:
        selection: Json = {"include-controls": [{"control-id": token(c.id)} for c in self.manifest.controls if c.error is None and not c.absent]}
        excluded = [c.id for c in self.manifest.controls if c.error is not None or c.absent] + [u.id for u in self.manifest.unchecked]
        if excluded:
            selection["exclude-controls"] = [{"control-id": token(i)} for i in dict.fromkeys(excluded)]
        return {"control-selections": [{name: some for name, some in selection.items() if some}]}

    def counted(self, control: Any) -> Json:
        props = [_prop("control", control.id, token(control.severity)), _prop("subjects", str(control.subjects))]
        props += [_prop(t.outcome, str(t.subjects), t.reason) for t in control.tallies]
        found: Json = {"uuid": self.id("observation", control.id), "title": _line(f"{control.id} {self.text(control.title)}"),
                       "description": self.text(control.title), "props": props, "methods": ["TEST"], "types": ["control-objective"],
                       "collected": self.at}  # fmt: skip
        if control.findings_sha256 is not None:
            found["relevant-evidence"] = [{"href": f"{self.folder}findings/{control.id}.parquet", "description": self.said("该规则的全部发现", "All findings of this control"),
                                           "props": [_prop("sha256", control.findings_sha256), _prop("rows", str(control.findings))]}]  # fmt: skip
        return found

    def finding(self, control: Any) -> Json:
        failed, unknown = control.count("fail"), control.count("unknown")
        untold = unknown or control.error is not None or control.absent
        if failed:
            status = {"state": "not-satisfied", "reason": "fail"}
        elif untold or not control.count("pass"):
            status = {"state": "not-satisfied", "reason": "other",
                      "remarks": self.said("无法判断，并非已查明不合规", "It couldn't be determined; this doesn't say that it is breached")}  # fmt: skip
        else:
            status = {"state": "satisfied", "reason": "pass"}
        found: Json = {
            "uuid": self.id("finding", control.id), "title": _line(f"{control.id} {self.text(control.title)}"),
            "description": self.said(f"不合规 {failed}，无法判断 {unknown}", f"{failed} breaches, {unknown} unknown"),
            "target": {"type": "objective-id", "target-id": token(control.id), "status": status},
            "related-observations": [{"observation-uuid": self.id("observation", control.id)}],
        }  # fmt: skip
        return found | ({"related-risks": [{"risk-uuid": self.id("risk", control.id)}]} if failed else {})

    def breach(self, control: Any) -> Json:
        count = control.count("fail")
        return {"uuid": self.id("risk", control.id), "title": _line(f"{control.id} {self.text(control.title)}"), "description": self.text(control.title),
                "statement": self.said(f"{count} 件不合规。{control.remedy.zh}", f"{count} breaches. {control.remedy.en}"),
                "props": [_prop("severity", control.severity), _prop("basis", control.basis), *([_prop("cite", _line(control.cite))] if control.cite else [])],
                "status": "open", "related-observations": [{"observation-uuid": self.id("observation", control.id)}]}  # fmt: skip

    def risk_point(self, point: Any) -> Json:
        told = self.said(
            f"观察到 {point.observed:g}，预期 {point.expected:g}，样本 {point.n}",
            f"{point.observed:g} seen, {point.expected:g} expected, of {point.n}",
        )
        return {"uuid": self.id("risk-point", point.detector, point.scope), "title": _line(f"{point.detector}: {point.scope}"), "description": _line(point.kind),
                "statement": told, "props": [_prop("detector", point.detector)], "status": "open"}  # fmt: skip

    def gaps(self) -> Iterator[tuple[str, str, str]]:
        """What wasn't checked or can't be relied on: its sort, its name, and why."""
        m = self.manifest
        yield from (("control", u.id, f"{u.status} {', '.join(u.absent)}") for u in m.unchecked)
        yield from (("control", c.id, c.error or ", ".join(c.absent)) for c in m.controls if c.error is not None or c.absent)
        yield from (("excluded-subjects", c.id, str(c.excluded)) for c in m.controls if c.excluded)
        yield from (
            ("rejected", t.table, f"{t.rows_rejected} rows, {t.cells} cells") for t in m.tables if t.rows_rejected or any(t.cells_rejected.values())
        )
        yield from (("coverage", c.what, c.basis) for c in m.coverage if c.basis != "declared")
        yield from (("conflict", c.id, self.text(c.title)) for c in m.conflicts)
        yield from (("waiver", w.id, f"{w.control}: {w.state}") for w in m.waivers)
        yield from (("override", p.id, ", ".join(p.overridden)) for p in m.packs if p.overridden)
        yield from (("error", e.where, e.what) for e in m.errors)

    def not_checked(self, number: int, sort: str, name: str, why: str) -> Json:
        return {"uuid": self.id("not-checked", str(number), sort, name), "title": _line(f"{_NOT_CHECKED[self.language]}: {sort} {name}"),
                "description": _line(why) or sort, "props": [_prop("not-checked", _line(name), sort)], "methods": ["EXAMINE"], "types": ["discovery"],
                "collected": self.at}  # fmt: skip


def token(text: str) -> str:
    """An identifier as OSCAL allows it: letters, digits, `.`, `-`, `_`, a letter or `_` first. It stays different for different texts."""
    found = re.sub(r"[^\w.\-]", lambda m: f"_{ord(m.group()):x}_", text)
    return found if found and (found[0].isalpha() or found[0] == "_") else f"_{found}"


def _line(text: str) -> str:
    """A text on one line, without blanks at its ends."""
    return " ".join(text.split())


def _prop(name: str, value: str, group: str = "") -> Json:
    return {"name": token(name), "ns": NAMESPACE, "value": _line(value) or "-", **({"class": token(group)} if group else {})}

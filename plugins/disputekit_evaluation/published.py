"""Making the public variant: the assessment is made again as for an assessor, in a folder that vanishes, and only counts of it are handed over."""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from disputekit import (
    DisputekitError,
    Manifest,
    Text,
    folders_of_packs,
    identifiers_among,
    measure,
    new_folder,
    remake,
    say,
    tables_of,
    tabulated,
    write_table,
)
from disputekit_evaluation.aggregates import Aggregates, aggregates
from disputekit_evaluation.bag import make_bag
from disputekit_evaluation.columns import check_columns
from disputekit_evaluation.datapackage import datapackage
from disputekit_evaluation.made import SHORT, Asked, rewording_of
from disputekit_evaluation.package import DATAPACKAGE, MANIFEST, PAYLOAD, TABLES, WORKBOOK, Package, Suppression, TableGiven
from disputekit_evaluation.readme_public import readme_public
from disputekit_evaluation.signing import sign

PSEUDONYM = re.compile(r"p[0-9a-f]{20}")
STATUS = ("published", "suppressed")
CONTROL = ("control", "title_zh", "title_en", "severity", "basis", "cite", "counted_in", "evaluated", "subjects", "status")
COLUMNS: Mapping[str, Text] = {
    "disputes": Text(zh="争议数；空为已隐去", en="How many disputes; empty where it is suppressed"),
    "subjects": Text(zh="所查对象数；空为已隐去", en="How many were looked at; empty where it is suppressed"),
    "status": Text(zh="published 为已公布，suppressed 为已隐去", en="Whether the count is published or suppressed"),
    "control": Text(zh="规则编号", en="The control's id"),
    "value": Text(zh="第一个分组列的取值；_T 为合计，_O 为其他，_U 为无", en="The value of the first column; _T all together, _O others, _U none"),
    "outcome": Text(zh="结论；other 为既非违规又非未知", en="What it came to; other: neither a breach nor unknown"),
    "counted_in": Text(zh="计数的对象", en="What is counted"),
    "evaluated": Text(zh="是否已评估", en="Whether it was evaluated"),
    "title_zh": Text(zh="名称（中文）", en="Its title in Chinese"),
    "title_en": Text(zh="名称（英文）", en="Its title in English"),
    "severity": Text(zh="严重程度", en="How severe a breach is"),
    "basis": Text(zh="依据：法律或惯例", en="What it rests on: law or practice"),
    "cite": Text(zh="条文", en="The article"),
    "cause": Text(zh="争议原因", en="The cause"),
    "product": Text(zh="产品", en="The product"),
    "line": Text(zh="险种", en="The line of business"),
    "region": Text(zh="地区", en="The region"),
    "channel": Text(zh="渠道", en="The channel"),
}
"""What each column means. The values `_T`, `_O` and `_U` are those of SDMX."""
Rows = list[tuple[object, ...]]


def make_public(asked: Asked, progress: Callable[..., None]) -> Package:
    """Writes the public variant. Raises DisputekitError where the sources aren't those of the assessment any more, there are too few disputes, a column
    isn't supplied, or the key doesn't sign.
    """
    publish = asked.profile.publish
    rewording = rewording_of(asked)
    with new_folder(asked.out, kept=not asked.only_tried) as folder, tempfile.TemporaryDirectory(prefix="disputekit-") as scratch:
        again = Path(scratch) / "assessment"
        first, sha256, mask = remake(asked.project, asked.assessment, again, rewording, progress=progress, without=asked.profile.without)
        check_columns(asked.profile, tables_of(asked.project), [c.id for c in first.controls], again, mask)
        progress(say("Counting, and hiding small counts"), 0, 0)
        found = tabulated(again, publish.by, trusted=True)
        texts = sorted({v for values, _ in found.disputes for v in values if v is not None})
        numbers = identifiers_among(again, texts, rewording)
        clean = _cleaning(mask, folders_of_packs(asked.project, rewording)[1])
        second = Manifest.model_validate_json((again / "assessment.json").read_bytes())
        # what masking changed already has brackets where a name or number stood
        counted = aggregates(found, second, publish, lambda v: v in numbers or "[" in v or PSEUDONYM.search(v) is not None or clean(v) != v)
        if counted is None:
            what = say("there are fewer disputes than the {least} that a published number must stand for", least=publish.group)
            raise DisputekitError.at(asked.assessment.name, what, say("Nothing can be published of so few"))
        tables = _tables(counted, second, clean)
        for name, (columns, rows) in tables.items():
            (folder / TABLES.relative_to(PAYLOAD)).mkdir(exist_ok=True)
            write_table(rows, columns, folder / TABLES.relative_to(PAYLOAD) / name)
        _workbook(tables, folder / WORKBOOK.relative_to(PAYLOAD))
        parquet = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*.parquet"))]
        measured = dict(zip(parquet, measure([folder / p for p in parquet]), strict=True))
        csv = {p: p.removesuffix("parquet") + "csv" for p in parquet}
        title = f"{clean(first.organisation)} {first.as_of}"
        (folder / DATAPACKAGE.relative_to(PAYLOAD)).write_text(datapackage("evaluation-public", title, measured, csv, {}, COLUMNS), encoding="utf-8")
        package = Package(
            as_of=first.as_of, organisation=clean(first.organisation), assessment_sha256=sha256,
            previous_sha256=first.previous.sha256 if first.previous is not None else None, versions=first.versions,
            profile=asked.profile.model_copy(update={"columns": {}, "without": tuple(map(clean, asked.profile.without))}),
            profile_sha256=asked.profile_sha256, public=True, packs={clean(p.id): p.sha256 for p in first.packs},
            suppression=Suppression(by=counted.by, dropped=counted.dropped, merged=counted.merged, smallest=publish.smallest, k=publish.k,
                                    width=publish.protection, counts=len(counted.counts), suppressed=sum(n is None for n in counted.counts)),
            tables=tuple(TableGiven(path=n, rows=m.rows) for n, m in measured.items()),
        )  # fmt: skip
        (folder / MANIFEST.relative_to(PAYLOAD)).write_text(package.written(), encoding="utf-8")
        if asked.only_tried:
            return package
        progress(say("Hashing and signing"), 0, 0)
        make_bag(folder, _info(package), readme_public(package, second, counted, clean), asked.day)
        sign(folder, asked.key.resolve())
    return package


def _cleaning(mask: Callable[[str], str], identifiers: Mapping[str, str]) -> Callable[[str], str]:
    """A function that leaves no name, number or identifier in a text of a pack, such as a title."""

    def clean(text: str) -> str:
        for raw in (r for r in identifiers if len(r) >= SHORT):
            text = text.replace(raw, "[identifier 编号]")
        return mask(text)

    return clean


def columns_of(by: Sequence[str]) -> dict[str, dict[str, str]]:
    """The columns of each table, with the engine's types. by: what disputes are counted by."""
    return {
        "disputes": {**dict.fromkeys(by, "varchar"), "disputes": "bigint", "status": "varchar"},
        "controls": dict.fromkeys(CONTROL, "varchar") | {"evaluated": "boolean", "subjects": "bigint"},
        "outcomes": {"control": "varchar", "value": "varchar", "outcome": "varchar", "subjects": "bigint", "status": "varchar"},
    }


def _tables(found: Aggregates, manifest: Manifest, clean: Callable[[str], str]) -> dict[str, tuple[dict[str, str], Rows]]:
    """Columns with the engine's types, and rows, of each table."""
    about: Rows = [
        (clean(c.id), clean(c.title.zh), clean(c.title.en), c.severity, c.basis, None if c.cite is None else clean(c.cite), c.subject,
         c.error is None and not c.absent, found.subjects[c.id], STATUS[found.subjects[c.id] is None]) for c in manifest.controls
    ]  # fmt: skip
    columns = columns_of(found.by)
    return {
        "disputes": (columns["disputes"], [(*key, n, STATUS[n is None]) for key, n in found.disputes.items()]),
        "controls": (columns["controls"], about),
        "outcomes": (columns["outcomes"], [(clean(c), value, outcome, n, STATUS[n is None]) for (c, value, outcome), n in found.outcomes.items()]),
    }


def _workbook(tables: Mapping[str, tuple[Mapping[str, str], Rows]], path: Path) -> None:
    """The same tables as a workbook: a sheet for each."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        bold = book.add_format({"bold": True})
        for name, (columns, rows) in tables.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(columns), bold)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows, 1):
                sheet.write_row(number, 0, row)


def _info(package: Package) -> dict[str, str]:
    return {"Source-Organization": package.organisation, "External-Description": f"Public variant of an evaluation, as of {package.as_of}: aggregates only",
            "External-Identifier": package.assessment_sha256, "Bag-Software-Agent": "disputekit"}  # fmt: skip

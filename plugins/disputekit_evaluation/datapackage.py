"""`datapackage.json`: the tables of a package and what each column means, as Frictionless Data Package 1 has it."""

import json
from collections.abc import Mapping
from pathlib import Path

from disputekit import Measured, Table, Text

TYPES = {"VARCHAR": "string", "DATE": "date", "TIMESTAMP": "datetime", "BOOLEAN": "boolean", "BIGINT": "integer", "INTEGER": "integer",
         "DOUBLE": "number", "VARCHAR[]": "array"}  # fmt: skip


TOLD: Mapping[str, Text] = {
    "subject": Text(zh="被判断的对象的编号或位置", en="The key of the row that was judged, or its place"),
    "occurrence": Text(zh="同一对象有多项时的区分", en="Which one, where a subject may have several"),
    "outcome": Text(zh="结论", en="What it came to: pass, fail, pending, unknown, not_applicable"),
    "reason": Text(zh="理由", en="Why"),
    "started_at": Text(zh="起算时间", en="When the period began"),
    "due_on": Text(zh="到期日", en="The last day in time"),
    "due_at": Text(zh="到期时刻（按小时计）", en="The last moment in time, where hours count"),
    "done_at": Text(zh="完成时间", en="When it was done"),
    "observed": Text(zh="实际", en="What was found"),
    "expected": Text(zh="要求", en="What is asked for"),
    "unit": Text(zh="机构", en="The unit"),
    "handler": Text(zh="经办人", en="The handler"),
    "waiver": Text(zh="豁免编号", en="The id of a waiver"),
    "disposition": Text(zh="处理决定编号", en="The id of a disposition"),
    "control": Text(zh="规则编号", en="The control's id"),
    "duty": Text(zh="义务", en="The duty that several clocks belong to"),
    "subjects": Text(zh="对象数", en="How many subjects came to this"),
    "dispute": Text(zh="所属争议", en="The dispute that it belongs to"),
    "opened_at": Text(zh="开始时间", en="When it was opened"),
    "closed_at": Text(zh="办结时间", en="When it was closed"),
    "unreadable": Text(zh="开始或办结时间无法读取", en="Whether it couldn't be read when it was opened or closed"),
    "declared": Text(zh="保险机构称已撤回或已并案", en="Withdrawn or merged, as the insurer says"),
    "cause": Text(zh="争议原因", en="The cause"),
    "product": Text(zh="产品", en="The product"),
    "line": Text(zh="险种；拒收记录中为行号", en="The line of business; among rejects the line in the file"),
    "region": Text(zh="地区", en="The region"),
    "channel": Text(zh="渠道", en="The channel"),
    "name": Text(zh="名称", en="Its name"),
    "parent": Text(zh="上级机构", en="The unit above it"),
    "day": Text(zh="日期", en="The day"),
    "working": Text(zh="是否工作日", en="Whether it is a working day"),
    "published": Text(zh="该年日历是否已公布", en="Whether the calendar of its year is published"),
    "work_no": Text(zh="至该日的工作日数", en="How many working days there were up to it"),
    "next_working": Text(zh="该日或其后的首个工作日", en="The first working day on or after it"),
    "earliest_no": Text(zh="未公布时工作日数的下限", en="The least that the number of working days can be, where the calendar isn't published"),
    "file": Text(zh="文件", en="The file"),
    "record": Text(zh="记录号，首个数据行为 1", en="The record; 1 is the first row of data"),
    "table": Text(zh="表", en="The table"),
    "column": Text(zh="列；整行无法读取的为空", en="The column; empty where the whole row couldn't be read"),
    "value": Text(zh="值（此处只表明有无）", en="The value; here only whether there is one"),
    "the place": Text(zh="该行在来源中位置的假名", en="A pseudonym of the row's place in its source"),
    "bad cells": Text(zh="该行中无法读取的单元格", en="The cells of the row that couldn't be read"),
    "number": Text(zh="序号", en="Its number"),
    "kind": Text(zh="种类", en="Its kind"),
    "scope": Text(zh="业务范围", en="The part of the portfolio"),
    "n": Text(zh="样本数", en="How many it rests on"),
    "whole": Text(zh="全部内容（JSON）", en="The whole of it, as JSON"),
    "plan": Text(zh="应急预案", en="The emergency plan"),
    "key": Text(zh="启动依据的标识", en="What tells one firing from another"),
    "level": Text(zh="级别", en="The level"),
    "facts": Text(zh="事实（JSON）", en="The facts, as JSON"),
}
"""What the columns of an assessment's own files mean."""
THEIRS = ("parts/", "assessment/sections/")
"""Where the tables of plugins lie, whose columns only they know."""


def datapackage(
    name: str, title: str, measured: Mapping[str, Measured], csv: Mapping[str, str], tables: Mapping[str, Table], told: Mapping[str, Text] = TOLD
) -> str:
    """The file's text. measured: each Parquet file by its path in the payload. csv: the path of the same as CSV, by that. tables: of the register, those
    of plugins, too. told: of columns that aren't the register's, what each means.
    """
    resources = []
    for path, found in measured.items():
        table = tables.get(Path(path).stem) if "/register/" in path else None
        fields = [_field(n, kind, table, {} if path.startswith(THEIRS) else told) for n, kind in found.columns.items()]
        about = {"schema": {"fields": fields}, "rows": found.rows}
        if table is not None:
            about |= {"title": table.title.en, "title_zh": table.title.zh}
        resources.append({"name": _name(path), "path": path, "format": "parquet", "mediatype": "application/vnd.apache.parquet", **about})
        if path in csv:
            resources.append(
                {"name": _name(csv[path]) + "-csv", "path": csv[path], "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", **about}
            )
    whole = {"profile": "data-package", "name": name, "title": title, "resources": resources}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _name(path: str) -> str:
    stem = path.rsplit(".", 1)[0].lower()
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)


def _field(name: str, kind: str, table: Table | None, others: Mapping[str, Text]) -> dict[str, str]:
    found = {"name": name, "type": TYPES.get(kind, "number" if kind.startswith("DECIMAL") else "any")}
    told = table.columns[name].description if table is not None and name in table.columns else others.get(name)
    if told is None and table is not None and table.name == "organisation":
        told = Text(zh="清退日程中的日期，名称由机构自定", en="A date of the wind-down, as the organisation calls it")
    if told is not None:
        found |= {"description": told.en, "description_zh": told.zh}
    return found

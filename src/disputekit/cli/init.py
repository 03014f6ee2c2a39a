"""`disputekit init`."""

from pathlib import Path

import click

from disputekit.cli import Session
from disputekit.config import FILE
from disputekit.errors import ConfigError
from disputekit.text import say

START = """\
# disputekit 项目文件 · project file
# 文档 docs: docs/tutorial.md; 检查 check: disputekit check

[organisation]
name = "示例财产保险股份有限公司"         # 机构名称 the organisation's name
jurisdiction = "CN"
timezone = "Asia/Shanghai"              # 登记簿中各时刻所在时区 the zone that instants are in
calendar = "CN"                         # 工作日历 working days: a country, "weekends", or { file = "calendar.csv" }
language = "zh"                         # 报告语言 zh | en

[wind_down]                             # 解散、清算的日期 the dates of the wind-down
# dissolution_approved_on = 2026-03-02

[policies]
packs = ["mediation-practice", "data-quality"]   # 启用的规则包 enabled packs, by id or by folder ("./house")

[plugins]
enabled = ["regulatory", "mediation"]   # 启用的插件，按调用次序 enabled plugins, in the order of their calls

[register.disputes]                     # 争议登记簿 the dispute register
path = "data/disputes.csv"              # csv, tsv, jsonl, parquet, xlsx
# columns = { dispute_id = "案件编号", received_at = "收到时间" }   # 我们的列 = 贵司的列 ours = theirs
# formats = { received_at = ["%Y/%m/%d %H:%M:%S"] }                # 非 ISO 日期须写明 dates that aren't ISO
# extracted_at = 2026-06-30T18:00:00    # 导出时间 when the export was taken

# [register.events]
# path = "data/events.csv"

# [register.coverage]                   # 从何时起完整记录 from when on an activity is recorded completely
# contacted = { from = 2026-01-01, source = "CRM", declared_by = "…" }
"""


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the file instead of writing it. 只显示，不写入。")
@click.pass_obj
def init(session: Session, dry_run: bool) -> None:
    """Write a disputekit.toml to start from, with a comment for each line. 写一个带注释的起步项目文件。"""
    path: Path = session.path if session.path.suffix == ".toml" else session.path / FILE
    if dry_run:
        click.echo(START, nl=False)
        return
    if path.exists():
        raise ConfigError.at(str(path), say("is there already"), say("Nothing was changed"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(START, encoding="utf-8")
    said = session.said()
    click.echo(said(say("Wrote {path}. Say where your register is, then: disputekit register check", path=path)))

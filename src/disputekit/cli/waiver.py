"""`disputekit waiver`."""

import json
from datetime import date
from pathlib import Path

import click

from disputekit.assessment.folder import newest_of
from disputekit.assessment.manifest import read_manifest
from disputekit.cli import Session
from disputekit.errors import AssessmentError, Problem, nearest
from disputekit.text import say
from disputekit.waivers import DISPOSITIONS


@click.group()
def waiver() -> None:
    """Waivers of findings of house practice. 豁免本公司内部规则的发现。"""


@waiver.command("draft", epilog="Example 例: disputekit waiver draft S2.1-contact D-00017 >> waivers.toml")
@click.argument("control")
@click.argument("subjects", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every finding of the control. 该规则的全部发现。")
@click.option("--assessment", type=click.Path(path_type=Path, exists=True), default=None,
              help="The assessment whose findings are meant. 针对哪一次评估。 [default: the newest beside the project 项目旁最新的]")  # fmt: skip
@click.pass_obj
def draft(session: Session, control: str, subjects: tuple[str, ...], every: bool, assessment: Path | None) -> None:
    """Print a [[waiver]] for findings of an assessment, with the hash of their facts as they are; people fill in the rest.

    打印一段 [[waiver]]，含所选发现的事实哈希；理由、申请人、批准人和日期由人填写。法定规则不能豁免。

    Exit codes 退出码: 0 printed 已打印; 2 there is no such finding, or it is the law's 无此发现，或属法定规则。
    """
    project = session.project()
    place = assessment if assessment is not None else newest_of(project)
    manifest, _ = read_manifest(place)
    found = next((c for c in manifest.controls if c.id == control), None)
    if found is None:
        raise AssessmentError.at(str(place), say("no control {name!r}", name=control), nearest(control, [c.id for c in manifest.controls]))
    if found.basis == "law":
        raise AssessmentError.at(control, say("it is the law's ({cite}), which nobody in the house can waive", cite=found.cite if found.cite else "–"),
                                 say("Record what was decided in {file} instead", file=DISPOSITIONS))  # fmt: skip
    if bool(subjects) is every:
        raise AssessmentError.at(control, say("name subjects, or say --all"))
    part = place / "findings" / f"{control}.parquet"
    facts = facts_in(part, control) if part.is_file() else {}
    wrong = [Problem(s, say("{control} has no finding that could be waived", control=control), nearest(s, facts)) for s in subjects if s not in facts]
    if wrong or not facts:
        raise AssessmentError(*(wrong or [Problem(control, say("it has no finding that could be waived"))]))
    click.echo(as_toml(control, {s: facts[s] for s in subjects or facts}, manifest.as_of))


def facts_in(part: Path, control: str) -> dict[str, tuple[str, ...]]:
    """By subject the hashes of the facts of a control's findings, subjects in order."""
    import duckdb

    from disputekit.checks.beside import facts_of

    with duckdb.connect() as db:
        return facts_of(db, control, part)


def as_toml(control: str, facts: dict[str, tuple[str, ...]], as_of: date) -> str:
    """A waiver to fill in: it is refused as it stands, since nobody has approved it."""

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

    def digests(hashes: tuple[str, ...]) -> str:
        return text(hashes[0]) if len(hashes) == 1 else f"[{', '.join(map(text, hashes))}]"

    lines = ["[[waiver]]", f"id = {text(f'{control}-{as_of}')}", f"control = {text(control)}", 'reason = ""', 'requested_by = ""', 'approved_by = ""',
             'approved_on = ""        # 2026-01-31', 'expires_on = ""', "[waiver.facts]",
             *(f"{text(subject)} = {digests(hashes)}" for subject, hashes in facts.items())]  # fmt: skip
    return "\n".join(lines)

"""`disputekit risk list` and `disputekit risk explain`: the risk points of an assessment, and how each was found."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from disputekit import DisputekitError, RiskPoint, Text, say
from disputekit_risk.dimensions import TITLES
from disputekit_risk.section import NAMES, TRENDS

Said = Callable[[Any], str]
FOLDER = click.option("--assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
                      help="Which assessment. 哪次评估。 [default: the newest beside the project 项目旁最新的]")  # fmt: skip
FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。"
)
MATTERS = ("high", "critical")

FIGURES = {
    "having": Text(zh="其中有此情形", en="having it"), "rest_n": Text(zh="其余争议", en="the rest"), "rest_having": Text(zh="其余有此情形", en="having it in the rest"),
    "days": Text(zh="天数", en="days"), "weeks": Text(zh="比较的周数", en="weeks compared with"), "in_weeks": Text(zh="这些周的件数", en="number in these weeks"),
    "dispersion": Text(zh="离散系数", en="dispersion"), "still_open": Text(zh="仍未结", en="still open"),
    "median_days": Text(zh="办结中位天数", en="median days to close"), "median_days_of_the_rest": Text(zh="其余的中位天数", en="median days in the rest"),
    "z": Text(zh="标准化差", en="standardised difference"), "disputes": Text(zh="争议件数", en="disputes"), "names": Text(zh="不同名称数", en="distinct names"),
    "open": Text(zh="未结争议", en="open disputes"),
}  # fmt: skip


@click.group()
def risk() -> None:
    """List and explain the risk points of an assessment.

    列出和说明评估中的风险点。
    """


@risk.command("list", epilog="Example 例: disputekit risk list --format json")
@FOLDER
@FORM
@click.pass_obj
def list_points(session: Any, assessment: Path | None, form: str) -> None:
    """List the risk points, the gravest first, and where nobody could look.

    列出风险点（最严重的在前），以及未能查看的部分。

    Exit codes 退出码: 0 none of high or critical level 无高等级风险; 1 some 有; 2 a detector could not look 有探测项未能运行。
    """
    manifest, language, said = session.assessed(assessment)
    unlooked = [d for d in manifest.risk_detectors if d.state != "looked"]
    points: Sequence[RiskPoint] = manifest.risk_points
    if form == "json":
        click.echo(json.dumps({
            "as_of": manifest.as_of.isoformat(), "tests": sum(d.tests for d in manifest.risk_detectors), "correction": manifest.risk_correction,
            "detectors": [d.model_dump(mode="json") for d in manifest.risk_detectors],
            "risk_points": [{"name": p.name, **p.model_dump(mode="json")} for p in points],
            "ended": [e.model_dump(mode="json") for e in manifest.risks_ended]}, ensure_ascii=False, indent=1))  # fmt: skip
    else:
        if not manifest.risk_detectors:
            click.echo(said(say("No detector ran: switch on the plugin risk, and check again")), err=True)
        for p in points:
            click.echo(f"{p.level if p.level is not None else '-':8}  {p.name}  {p.what.in_(language) if p.what is not None else ''}")
        click.echo(said(say("{points} risk points from {tests} tests, corrected together", points=len(points),
                            tests=sum(d.tests for d in manifest.risk_detectors))))  # fmt: skip
        for d in manifest.risk_detectors:
            if d.state == "not supplied":
                click.echo(said(say("Not looked at: {what} (not supplied: {absent})", what=d.title, absent=", ".join(d.absent))))
            elif d.state == "error":
                click.echo(said(say("Not looked at: {what} (it failed)", what=d.title)))
            for part in d.not_looked:
                click.echo(said(say("Not looked at: {what}, {where}: {why}", what=d.title, where=TITLES.get(part.scope, part.scope), why=part.why)))
    raise click.exceptions.Exit(2 if unlooked or not manifest.risk_detectors else 1 if any(p.level in MATTERS for p in points) else 0)


@risk.command(epilog="Example 例: disputekit risk explain risk-complex/unit=U101")
@click.argument("name")
@FOLDER
@FORM
@click.pass_obj
def explain(session: Any, name: str, assessment: Path | None, form: str) -> None:
    """Say what was counted for a risk point, by which test, the figures, and the subjects.

    说明某一风险点：数了什么、用了什么检验、各项数字和所涉对象。
    """
    manifest, language, said = session.assessed(assessment)
    found = next((p for p in manifest.risk_points if p.name == name), None)
    if found is None:
        names = ", ".join(p.name for p in manifest.risk_points[:20])
        raise DisputekitError.at(name, say("no such risk point in this assessment"),
                                 say("There are: {names}", names=names) if names else say("There is none"))  # fmt: skip
    detector = next(d for d in manifest.risk_detectors if d.name == found.detector)
    if form == "json":
        click.echo(json.dumps({"name": name, "detector": detector.model_dump(mode="json"), "point": found.model_dump(mode="json"),
                               "tests_of_the_run": sum(d.tests for d in manifest.risk_detectors), "correction": manifest.risk_correction,
                               "query": f"queries/95_risk_{detector.name}.sql"}, ensure_ascii=False, indent=1))  # fmt: skip
        return
    for line in _told(found, detector.title, sum(d.tests for d in manifest.risk_detectors), manifest.risk_correction):
        click.echo(line.in_(language) if isinstance(line, Text) else said(line))


def _told(p: RiskPoint, title: Text, tests: int, correction: str) -> Iterator[Any]:
    yield title
    if p.what is not None:
        yield p.what
    yield say("Counted: {n}; observed {observed:.4g}, expected {expected:.4g}", n=p.n, observed=p.observed, expected=p.expected)
    if p.interval is not None:
        low, high = p.interval
        yield say(
            "95 % interval of what was observed: {low} to {high}",
            low="–" if low is None else f"{low:.4g}",
            high="–" if high is None else f"{high:.4g}",
        )
    for name, value in p.figures.items():
        yield say("  {name}: {value}", name=FIGURES.get(name, name), value="–" if value is None else value)
    if p.p is None:
        yield say("This is a measure against a bound of the settings, not a test: no p and no q")
    else:
        yield say("Weight among all tests: {weight:.2g} (how well it could see twice the usual)", weight=p.weight)
        yield say("Test: {test}; p {p:.3g}, which stands for {count} tests", test=p.test, p=p.p, count=p.tests)
        yield say("Corrected over all {tests} tests of the run ({correction}): q {q:.3g}", tests=tests, correction=correction, q=p.q)
    if p.level is not None:
        yield say("Likelihood {likelihood} of 5, impact {impact} of 5: level {level}", likelihood=p.likelihood, impact=p.impact, level=NAMES[p.level])
    yield say("Customers concerned: {people}; amount concerned: {money}", people="–" if p.people is None else p.people,
              money="–" if p.money is None else f"{p.money:,}")  # fmt: skip
    yield say("Trend against the previous assessment: {trend}", trend=TRENDS[p.trend])
    yield say("Examples ({table}): {subjects}", table=p.table, subjects=", ".join(p.subjects) if p.subjects else "–")
    yield say("Controls that answer it: {controls}", controls=", ".join(p.controls) if p.controls else "–")
    yield say("Counted by queries/95_risk_{name}.sql in the assessment's folder", name=p.detector)

"""`disputekit plan`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from disputekit import DisputekitError, Problem, say
from disputekit_emergency import told
from disputekit_emergency.desk import desk

if TYPE_CHECKING:
    from disputekit.cli import Session

FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。"
)
BY = click.option("--by", required=True, help="Who says so: a role or a staff id. 由谁：岗位或员工编号。")


@click.group()
def plan() -> None:
    """Emergency plans: what set them off, what is to be done until when, and the proof that it was done.

    应急预案：因何启动、何时之前要做什么，以及已完成的证明。

    \b
    A day with plans 日常用法:
      disputekit check                     compares, activates nothing 仅比对，不启动
      disputekit plan test                 what would act, on which facts 将启动什么、依据何事实
      disputekit plan apply                activate, send, escalate 启动、通知、升级
      disputekit plan status               what is open and late 未完成和逾期的任务
      disputekit plan ack ID --by ROLE     it is in hand 确认接手
      disputekit plan done ID TASK --by ROLE
      disputekit plan stand-down ID --by ROLE --reason "…"
      disputekit plan verify               is the history whole? 历史记录是否完整

    Run `plan apply` from a timer (every few minutes): it repeats failed notices and tells of late tasks. 请定时运行 plan apply，以便重发通知、提醒逾期。
    """


@plan.command("list")
@FORM
@click.pass_obj
def list_plans(session: "Session", form: str) -> None:
    """Every plan: whether it is on, on what it rests, its triggers and tasks. 列出全部预案：是否启用、依据、触发条件和任务。

    Switch a draft on with `[plugins.emergency] switch_on = ["ID"]`, a plan off with `without`. 草案用 switch_on 启用，用 without 停用。
    """
    d = desk(session)
    if form == "json":
        _as_json([p.model_dump(mode="json") for p in d.plans.values()])
        return
    for p in d.plans.values():
        for line in told.plan(p):
            click.echo(d.said(line))


@plan.command()
@click.argument("activation", required=False)
@click.option("--all", "every", is_flag=True, help="Also what was stood down. 包括已解除的。")
@FORM
@click.pass_obj
def status(session: "Session", activation: str | None, every: bool, form: str) -> None:
    """What is active: level, cause, open tasks with their time, and notices that wait. 已启动的预案：级别、原因、任务时限、待发通知。

    Exit codes 退出码: 0 nothing late 无逾期; 1 a task is late, or a notice waits after a failure 有任务逾期或通知发送失败。
    """
    from disputekit_emergency.activations import activations
    from disputekit_emergency.history import read_entries
    from disputekit_emergency.outbox import waiting

    d = desk(session)
    state, at = d.state, d.now()
    with state.reading() as connection:
        found = activations(read_entries(connection))
    shown = [a for a in found.values() if (a.id.startswith(activation) if activation else every or a.is_open or a.open_tasks())]
    if activation and not shown:
        raise DisputekitError.at(activation, say("no activation of this id"), say("See: disputekit plan status"))
    wait = waiting(state)
    if form == "json":
        _as_json(told.as_json(shown, wait, at))
    else:
        if not shown:
            click.echo(d.said(say("No plan is active")))
        for line in (*(line for a in shown for line in told.activation(a, at, d)), *map(told.waiting, wait)):
            click.echo(d.said(line))
    late = any(a.late_tasks(at) for a in shown)
    raise click.exceptions.Exit(1 if late or any(w.failure for w in wait) else 0)


def _as_json(found: Any) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))


@plan.command()
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@FORM
@click.pass_obj
def test(session: "Session", assessment: Path | None, form: str) -> None:
    """What an assessment would set off, on which facts, and what wasn't looked at; activates and sends nothing. 试运行：将启动什么、依据何事实；不启动、不发送。

    It also names each kind of high risk for which no plan is there (practice S13.2). 并列出没有预案的高风险类型（做法 S13.2）。

    Exit codes 退出码: 0 nothing 无; 1 something would act, or a high risk has no plan 将有预案启动，或有高风险没有预案; 2 something wasn't looked at
    有未能查看的内容。
    """
    from disputekit import read_manifest
    from disputekit_emergency.activate import worst
    from disputekit_emergency.unplanned import cover

    d = desk(session)
    manifest = read_manifest(d.assessment(assessment))[0]
    firings = list(worst(manifest.firings).values())
    blind = [t for t in manifest.triggers if not t.looked or t.undecided]
    covered = cover(manifest, d.plans.values())
    if form == "json":
        without = [{"kind": u.kind, "detector": u.detector, "points": u.number} for u in covered.unplanned]
        _as_json({"would_act": [f.model_dump(mode="json") for f in firings], "not_looked_at": [t.model_dump(mode="json") for t in blind],
                  "high_risks_without_a_plan": without, "detectors_that_could_not_look": covered.blind})  # fmt: skip
    else:
        for line in told.would_act(firings, blind, covered):
            click.echo(d.said(line))
    raise click.exceptions.Exit(2 if any(not t.draft for t in blind) else 1 if firings or covered.unplanned else 0)


@plan.command()
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.pass_obj
def apply(session: "Session", assessment: Path | None) -> None:
    """Activate the plans that an assessment set off, once for each cause; send what waits; tell of what is late. 启动预案（同因一次）、发送通知、逾期升级。

    May run as often as you like, and at the same time: nothing is activated twice. What was interrupted is taken up by the next run. A notice
    may come twice then; its id, in square brackets at its end, is the same. 可反复或同时运行，不会重复启动；中断后由下次运行续办，通知若重复，其末尾编号相同。

    Exit codes 退出码: 0 done 完成; 2 a notice couldn't be sent yet, or a plan isn't known 有通知未发出或预案未定义。
    """
    for line in after_check(session, desk(session).assessment(assessment)):
        click.echo(desk(session).said(line))


def after_check(session: "Session", assessment: Path) -> list[Any]:
    """What `apply` does with an assessment, told line by line. Raises DisputekitError where a notice waits after a failure, or a plan isn't known."""
    from disputekit_emergency.activate import apply as applied
    from disputekit_emergency.activate import read_assessment

    d = desk(session)
    found = read_assessment(assessment)
    if found.manifest.organisation != d.project.file.organisation.name:
        raise DisputekitError.at(str(assessment), say("is an assessment of {other}", other=found.manifest.organisation))
    happened = d.change(lambda w, going: applied(w, found, going))
    sent, wrong = d.send()
    lines = [told.happened(h) for h in happened] or [say("Nothing to activate")]
    lines.append(say("{count} notices sent", count=sent))
    if not d.settings.notify:
        lines.append(say("Nobody is notified: [plugins.emergency] notify is empty"))
    unknown = say("was set off, and there is no such plan that is on: nothing was activated")
    wrong = [*(Problem(h.plan, unknown, say("See: disputekit plan list")) for h in happened if h.what == "no plan"), *wrong]
    if wrong:
        for line in lines:
            click.echo(d.said(line), err=True)
        raise DisputekitError(*wrong)
    return lines


@plan.command()
@click.argument("activation")
@BY
@click.pass_obj
def ack(session: "Session", activation: str, by: str) -> None:
    """Say that an activation is in hand; without it those above are told after a while. 确认接手；逾时未确认将升级通知。"""
    from disputekit_emergency import work

    d = desk(session)
    a = d.change(lambda w, going: work.acknowledge(w, activation, by, going))
    click.echo(d.said(say("Acknowledged: {id}", id=a.id)))


@plan.command()
@click.argument("activation")
@click.argument("task")
@BY
@click.option("--note", default=None, help="What shows it, e.g. a receipt's number. 凭证，如回执编号。")
@click.pass_obj
def done(session: "Session", activation: str, task: str, by: str, note: str | None) -> None:
    """Say that a task is done. 记录任务已完成。 Example 例: disputekit plan done CN-CIR-4H-3f report --by CISO --note R-17"""
    from disputekit_emergency import work

    d = desk(session)
    a = d.change(lambda w, going: work.do(w, activation, task, by, note, going))
    click.echo(d.said(say("Done: {task} of {id}", task=task, id=a.id)))


@plan.command("stand-down")
@click.argument("activation")
@BY
@click.option("--reason", required=True, help="How the plan's condition is met. 解除条件如何达到。")
@click.option("--despite", default=None, help="Why it ends although tasks are open. 仍有未完成任务时的解除理由。")
@click.pass_obj
def stand_down(session: "Session", activation: str, by: str, reason: str, despite: str | None) -> None:
    """End an activation; refused while tasks are open, unless --despite says why. 解除；有未完成任务时须以 --despite 说明理由。"""
    from disputekit_emergency import work

    d = desk(session)
    a = d.change(lambda w, going: work.stand_down(w, activation, by, reason, despite, going))
    click.echo(d.said(say("Stood down: {id}", id=a.id)))
    if a.plan in d.plans:
        click.echo(d.said(say("The plan's condition: {condition}", condition=d.plans[a.plan].stand_down)))


@plan.command()
@click.argument("name")
@BY
@click.pass_obj
def drill(session: "Session", name: str, by: str) -> None:
    """Exercise a plan: the same tasks and notices, each marked as a drill, all of it in the history. 演练：任务和通知相同并注明演练，全程留痕。"""
    from disputekit_emergency import work

    d = desk(session)
    id_ = d.change(lambda w, going: work.drill(w, name, by, going))
    sent, wrong = d.send()
    click.echo(d.said(say("Drill begun: {id}; {count} notices sent", id=id_, count=sent)))
    if wrong:
        raise DisputekitError(*wrong)


@plan.command()
@click.option("--head", "heads", multiple=True, metavar="NUMBER:HASH", help="A head that was noted elsewhere: in a notice, a package. 另存的校验值。")
@FORM
@click.pass_obj
def verify(session: "Session", heads: tuple[str, ...], form: str) -> None:
    """Whether the history is as it was written: finds an entry that was altered, removed, inserted or cut off. 核验历史记录：篡改、删除、插入、截尾。

    What it can't find by itself: a history that somebody with access to the database rebuilt as a whole, hashes and head. Give it a head that
    stands in a notice or in an evaluation package. 若有人整体重建全部记录和校验值，须以通知或评估包中的校验值（--head）核对。

    Exit codes 退出码: 0 as it was written 完好; 1 not 不符。
    """
    from disputekit_emergency.history import Head, flaws

    d = desk(session)
    noted = []
    for given in heads:
        number, _, hash_ = given.partition(":")
        if not number.isdigit() or len(hash_) != 64:
            raise click.UsageError(d.said(say("--head: write NUMBER:HASH as it stands in a notice")))
        noted.append(Head(int(number), hash_))
    wrong, head = flaws(d.state, tuple(noted))
    if form == "json":
        _as_json({"whole": not wrong, "head": str(head), "flaws": [str(w) for w in wrong]})
    else:
        for flaw in wrong:
            click.echo(d.said(flaw))
        if not wrong:
            click.echo(d.said(say("The history is as it was written: {count} entries", count=head.count)))
            click.echo(d.said(say("Head: {head}", head=head)))
    raise click.exceptions.Exit(1 if wrong else 0)

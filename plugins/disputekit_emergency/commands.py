"""`disputekit plan`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from disputekit import DisputekitError, Problem, read_as, say
from disputekit_emergency.plans import Plan, Settings, load_plans

if TYPE_CHECKING:
    from disputekit.cli import Session
    from disputekit_emergency.activate import Applying, Happened
    from disputekit_emergency.activations import Activation
    from disputekit_emergency.history import State

FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。"
)
BY = click.option("--by", required=True, help="Who says so: a role or a staff id. 由谁：岗位或员工编号。")


@dataclass(frozen=True)
class Desk:
    """What every command works with: the plugin's settings and plans as the project has them, and how to speak."""

    session: "Session"
    settings: Settings
    plans: Mapping[str, Plan]
    project: Any

    def said(self, phrase: Any) -> str:
        return self.session.said(self.project)(phrase)

    @property
    def state(self) -> "State":
        from disputekit_emergency.history import open_state

        return open_state(self.settings.state)

    def going(self) -> "Applying":
        from disputekit_emergency.activate import Applying
        from disputekit_emergency.notices import written

        # notices are in the organisation's language, whatever the person at the terminal reads
        organisations = type(self.session)(self.session.path, None).said(self.project)
        in_force = {i: p for i, p in self.plans.items() if p.status == "active"}
        return Applying(in_force, self.settings, self.project.zone, now(), partial(written, said=organisations, zone=self.project.zone))

    def at(self, moment: datetime) -> str:
        return moment.astimezone(self.project.zone).strftime("%Y-%m-%d %H:%M")


def now() -> datetime:
    return datetime.now(UTC)


def desk(session: "Session") -> Desk:
    project = session.project()
    settings = read_as(
        Settings, project.plugin_settings.get("emergency", {}), f"{project.path.name}: [plugins.emergency]", DisputekitError, project.folder
    )
    return Desk(session, settings, {p.id: p for p in load_plans(settings)}, project)


def newest(session: "Session", named: Path | None) -> Path:
    """The assessment that a command reads: the named one, else that of the latest day beside the project."""
    if named is not None:
        return named
    beside = session.project().folder / "assessments"
    found = [(json.loads(f.read_text("utf-8"))["as_of"], f.parent) for f in sorted(beside.glob("*/assessment.json"))]
    if not found:
        raise DisputekitError.at("assessments", say("there is no assessment yet"), say("Make one with `disputekit check`"))
    return max(found)[1]


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
        click.echo(json.dumps([p.model_dump(mode="json") for p in d.plans.values()], ensure_ascii=False, indent=1))
        return
    for p in d.plans.values():
        click.echo(f"{p.id}  [{d.said(say('on') if p.status == 'active' else say('draft'))}]  {d.said(p.title)}")
        if p.source is not None:
            click.echo(f"    {p.cite}: {d.said(p.source)}")
        for t in p.tasks:
            click.echo(f"    {t.id}: {d.said(t.title)} ({d.said(t.owner)}, {t.within}{f', every {t.every}' if t.every else ''})")


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
    state, at = d.state, now()
    with state.reading() as connection:
        found = activations(read_entries(connection))
    shown = [a for a in found.values() if (a.id.startswith(activation) if activation else every or a.is_open or a.open_tasks())]
    if activation and not shown:
        raise DisputekitError.at(activation, say("no activation of this id"), say("See: disputekit plan status"))
    wait = waiting(state)
    if form == "json":
        click.echo(json.dumps({"activations": [_as_json(a, at) for a in shown], "waiting": [{"message": w.message_id, "target": w.target, "attempts": w.attempts,
                               "failure": w.failure} for w in wait]}, ensure_ascii=False, indent=1))  # fmt: skip
    else:
        if not shown:
            click.echo(d.said(say("No plan is active")))
        for a in shown:
            for line in _lines(a, at, d):
                click.echo(line)
        for w in wait:
            click.echo(d.said(_waiting(w)))
    late = any(a.late_tasks(at) for a in shown)
    raise click.exceptions.Exit(1 if late or any(w.failure for w in wait) else 0)


def _waiting(w: Any) -> Any:
    if w.failure is None:
        return say("Notice {id} waits to be sent to {target}", id=w.message_id, target=w.target)
    return say("Notice {id} to {target} failed {count} times: {why}", id=w.message_id, target=w.target, count=w.attempts, why=w.failure)


def _lines(a: "Activation", at: datetime, d: Desk) -> Iterator[str]:
    plan = d.plans.get(a.plan)
    state = say("active since {at}", at=d.at(a.activated_at)) if a.stood_down is None else say("stood down {at}", at=d.at(a.stood_down[0]))
    drill = d.said(say("DRILL")) + "  " if a.drill else ""
    click_title = d.said(plan.title) if plan is not None else a.plan
    yield f"{a.id}  {drill}[{a.level}] {click_title}: {d.said(state)}"
    if a.facts:
        yield "    " + d.said(
            say(
                "set off by {cause}: {count} (from {least} on)", cause=a.facts.get("cause"), count=a.facts.get("count"), least=a.facts.get("at_least")
            )
        )
    for t in a.tasks:
        late = t.late(at, not a.is_open)
        if t.done and not t.is_open(not a.is_open):
            told = say("done {at} by {by}", at=d.at(t.done[-1][0]), by=t.done[-1][1])
        elif t.due_at is None:
            told = say("within {within} of the end", within=t.within)
        else:
            told = say("LATE, was due {due}", due=d.at(t.due_at)) if late else say("until {due}", due=d.at(t.due_at))
        yield f"    {t.id}: {d.said(t.title)} ({d.said(t.owner)}) — {d.said(told)}"


def _as_json(a: "Activation", at: datetime) -> dict[str, Any]:
    return {"activation": a.id, "plan": a.plan, "level": a.level, "drill": a.drill, "activated_at": a.activated_at.isoformat(), "as_of": a.as_of,
            "facts": dict(a.facts), "acknowledged_at": a.acknowledged[0].isoformat() if a.acknowledged else None,
            "stood_down_at": a.stood_down[0].isoformat() if a.stood_down else None,
            "tasks": [{"task": t.id, "due_at": t.due_at.isoformat() if t.due_at is not None else None, "done_at": [m.isoformat() for m, _ in t.done],
                       "late": t.late(at, not a.is_open) is not None} for t in a.tasks]}  # fmt: skip


@plan.command()
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@FORM
@click.pass_obj
def test(session: "Session", assessment: Path | None, form: str) -> None:
    """What an assessment would set off, on which facts, and what wasn't looked at; activates and sends nothing. 试运行：将启动什么、依据何事实；不启动、不发送。

    Exit codes 退出码: 0 nothing 无; 1 something would act 将有预案启动; 2 something wasn't looked at 有未能查看的内容。
    """
    from disputekit_emergency.activate import read_assessment, worst

    d = desk(session)
    folder = newest(session, assessment)
    firings = worst(read_assessment(folder).firings)
    triggers = json.loads((folder / "assessment.json").read_text("utf-8"))["triggers"]
    blind = [t for t in triggers if not t["looked"] or t["undecided"]]
    if form == "json":
        click.echo(
            json.dumps({"would_act": [f.model_dump(mode="json") for f in firings.values()], "not_looked_at": blind}, ensure_ascii=False, indent=1)
        )
    else:
        if not firings:
            click.echo(d.said(say("Nothing would act")))
        for f in firings.values():
            click.echo(d.said(say("{plan} would act at level {level}: {key}", plan=f.plan, level=f.level, key=f.key)))
            click.echo("    " + ", ".join(f"{k} = {v}" for k, v in f.facts.items() if v is not None))
        for t in blind:
            what = ", ".join(t["absent"]) or "; ".join(u["what"][d.session.language or d.project.file.organisation.language] for u in t["undecided"])
            state = d.said(say("draft")) if t["draft"] else what
            click.echo(d.said(say("Not looked at: {trigger} ({why})", trigger=t["name"], why=state)))
    raise click.exceptions.Exit(2 if any(not t["draft"] for t in blind) else 1 if firings else 0)


@plan.command()
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.pass_obj
def apply(session: "Session", assessment: Path | None) -> None:
    """Activate the plans that an assessment set off, once for each cause; send what waits; tell of what is late. 启动预案（同因一次）、发送通知、逾期升级。

    May run as often as you like, and at the same time: nothing is activated twice. What was interrupted is taken up by the next run. A notice
    may come twice then; its id, in square brackets at its end, is the same. 可反复或同时运行，不会重复启动；中断后由下次运行续办，通知若重复，其末尾编号相同。

    Exit codes 退出码: 0 done 完成; 2 a notice couldn't be sent yet, or a plan isn't known 有通知未发出或预案未定义。
    """
    for told in after_check(session, newest(session, assessment)):
        click.echo(desk(session).said(told))


def after_check(session: "Session", assessment: Path) -> list[Any]:
    """What `apply` does with an assessment, told line by line. Raises DisputekitError where a notice waits after a failure, or a plan isn't known."""
    from disputekit_emergency import outbox
    from disputekit_emergency.activate import apply as applied
    from disputekit_emergency.activate import read_assessment

    d = desk(session)
    found, state, going = read_assessment(assessment), d.state, d.going()
    if found.organisation != d.project.file.organisation.name:
        raise DisputekitError.at(str(assessment), say("is an assessment of {other}", other=found.organisation))
    with state.writing() as w:
        happened = applied(w, found, going)
    sent = outbox.send(state, d.settings, now)
    lines = [_told(h) for h in happened] or [say("Nothing to activate")]
    lines.append(say("{count} notices sent", count=sent.sent))
    wrong = [Problem(h.plan, say("was set off, and there is no such plan that is on: nothing was activated"), say("See: disputekit plan list"))
             for h in happened if h.what == "no plan"]  # fmt: skip
    wrong += [Problem(w.target, _waiting(w), say("It is tried again by the next `disputekit plan apply`")) for w in sent.waiting]
    if not d.settings.notify:
        lines.append(say("Nobody is notified: [plugins.emergency] notify is empty"))
    if wrong:
        for line in lines:
            click.echo(d.said(line), err=True)
        raise DisputekitError(*wrong)
    return lines


def _told(h: "Happened") -> Any:
    match h.what:
        case "activated":
            return say("Activated: {plan} ({id})", plan=h.plan, id=h.activation)
        case "raised":
            return say("Raised: {plan} ({id})", plan=h.plan, id=h.activation)
        case "escalated":
            return say("Escalated, a task is late: {plan} ({id})", plan=h.plan, id=h.activation)
        case "suppressed":
            return say("Not activated again, its cause was dealt with: {plan} ({id})", plan=h.plan, id=h.activation)
        case "no plan":
            return say("Not activated, no plan: {plan}", plan=h.plan)
    return say("Active already: {plan} ({id})", plan=h.plan, id=h.activation)


@plan.command()
@click.argument("activation")
@BY
@click.pass_obj
def ack(session: "Session", activation: str, by: str) -> None:
    """Say that an activation is in hand; without it those above are told after a while. 确认接手；逾时未确认将升级通知。"""
    from disputekit_emergency import work

    d = desk(session)
    with d.state.writing() as w:
        a = work.acknowledge(w, activation, by, d.going())
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
    with d.state.writing() as w:
        a = work.do(w, activation, task, by, note, d.going())
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
    with d.state.writing() as w:
        a = work.stand_down(w, activation, by, reason, despite, d.going())
    click.echo(d.said(say("Stood down: {id}", id=a.id)))
    if a.plan in d.plans:
        click.echo(d.said(say("The plan's condition: {condition}", condition=d.plans[a.plan].stand_down)))


@plan.command()
@click.argument("name")
@BY
@click.pass_obj
def drill(session: "Session", name: str, by: str) -> None:
    """Exercise a plan: the same tasks and notices, each marked as a drill, all of it in the history. 演练：任务和通知相同并注明演练，全程留痕。"""
    from disputekit_emergency import outbox, work

    d = desk(session)
    state = d.state
    with state.writing() as w:
        id_ = work.drill(w, name, by, d.going())
    sent = outbox.send(state, d.settings, now)
    click.echo(d.said(say("Drill begun: {id}; {count} notices sent", id=id_, count=sent.sent)))
    if sent.waiting:
        raise DisputekitError(*(Problem(w.target, _waiting(w), say("It is tried again by the next `disputekit plan apply`")) for w in sent.waiting))


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
        click.echo(json.dumps({"whole": not wrong, "head": str(head), "flaws": [str(w) for w in wrong]}, ensure_ascii=False, indent=1))
    else:
        for flaw in wrong:
            click.echo(d.said(flaw))
        if not wrong:
            click.echo(d.said(say("The history is as it was written: {count} entries", count=head.count)))
            click.echo(d.said(say("Head: {head}", head=head)))
    raise click.exceptions.Exit(1 if wrong else 0)

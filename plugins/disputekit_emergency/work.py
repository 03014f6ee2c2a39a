"""What people do about an activation: take it in hand, do its tasks, end it, drill it. Each is one entry of the history."""

from disputekit import DisputekitError, Firing, Problem, say
from disputekit_emergency.activate import Applying, activate
from disputekit_emergency.activations import Activation, activations
from disputekit_emergency.history import Writer
from disputekit_emergency.plans import ACKNOWLEDGE


def the_one(w: Writer, named: str) -> Activation:
    """The activation of that id, or of the only id that begins so. Raises DisputekitError where there is none, or several."""
    found = activations(w.entries())
    if named in found:
        return found[named]
    close = [a for i, a in found.items() if i.startswith(named) and a.is_open]
    if len(close) != 1:
        hint = say("See: disputekit plan status")
        raise DisputekitError.at(
            named, say("no activation of this id") if not close else say("{count} open activations begin so", count=len(close)), hint
        )
    return close[0]


def acknowledge(w: Writer, named: str, by: str, going: Applying) -> Activation:
    """Raises DisputekitError for one that was ended; saying it twice changes nothing."""
    a = the_one(w, named)
    if a.acknowledged is None:
        if not a.is_open:
            raise DisputekitError.at(a.id, say("was stood down already"))
        w.append(going.now, "acknowledged", a.id, {"task": ACKNOWLEDGE, "by": by}, f"acknowledged/{a.id}")
    return a


def do(w: Writer, named: str, task: str, by: str, note: str | None, going: Applying) -> Activation:
    """A task of it is done. Raises DisputekitError for a task that it doesn't have, or whose time hasn't come; twice changes nothing."""
    a = the_one(w, named)
    if task == ACKNOWLEDGE:
        return acknowledge(w, named, by, going)
    t = next((t for t in a.tasks if t.id == task), None)
    if t is None:
        raise DisputekitError.at(a.id, say("no task {name!r}", name=task), say("Its tasks: {names}", names=", ".join(t.id for t in a.tasks)))
    if t.after == "stand_down" and a.is_open:
        raise DisputekitError.at(a.id, say("{task} comes after the end of the plan", task=task), say("First: disputekit plan stand-down"))
    if t.every is None and t.done:
        return a
    w.append(going.now, "done", a.id, {"task": task, "by": by, "note": note}, f"done/{a.id}/{task}/{len(t.done)}")
    return a


def stand_down(w: Writer, named: str, by: str, reason: str, despite: str | None, going: Applying) -> Activation:
    """Ends it. Raises DisputekitError while tasks are open, unless why it is ended despite that is said; twice changes nothing."""
    a = the_one(w, named)
    if not a.is_open:
        return a
    left = [t.id for t in a.tasks if t.every is None and t.after != "stand_down" and not t.done]
    if left and not despite:
        raise DisputekitError(*(Problem(a.id, say("the task {name} is still open", name=n),
                                        say("Do it, or say with --despite why the plan ends without it")) for n in left))  # fmt: skip
    w.append(going.now, "stood_down", a.id, {"by": by, "reason": reason, "despite": despite, "open": left}, f"stood_down/{a.id}")
    return a


def drill(w: Writer, plan: str, by: str, going: Applying) -> str:
    """An activation that says of itself that it is a drill. Raises DisputekitError for a plan that there isn't."""
    if plan not in going.plans:
        raise DisputekitError.at(plan, say("no plan of this id"), say("See: disputekit plan list"))
    before = [a for a in activations(w.entries()).values() if a.drill and a.plan == plan]
    running = next((a for a in before if a.is_open), None)
    if running is not None:
        raise DisputekitError.at(plan, say("a drill of it is running: {id}", id=running.id), say("End it first: disputekit plan stand-down"))
    p = going.plans[plan]
    return activate(w, p, Firing(plan=plan, key=f"{plan}/drill", level=p.triggers[0].level), len(before), going, assessment=None, by=by, drill=True)

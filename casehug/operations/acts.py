"""What an operator can do on the page: each act names its consequences first and is written into the operators' log."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casehug.audit.heads import own_heads
from casehug.audit.verify import verify_firm
from casehug.common import operator_log, standstill, ticks, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.operations.isolation import check_isolation


@dataclass(frozen=True)
class Outcome:
    """What an act came to: `good` False is shown as an error."""

    words: str
    good: bool = True


@dataclass(frozen=True)
class Act:
    """One act with the words of its confirmation; `run(actor, firm_id)` does it. `typed` has to be typed first."""

    title: str
    verb: str
    consequences: Sequence[str]
    stays: Sequence[str]
    run: Callable[[str, uuid.UUID | None], Outcome]
    danger: bool = False
    typed: str = ""
    of_firm: bool = False


def _pause(actor: str, firm_id: uuid.UUID | None) -> Outcome:
    if not standstill.pause_outgoing():
        return Outcome("Outgoing traffic was paused already.")
    operator_log.note("outgoing.paused", actor=actor)
    return Outcome("Outgoing traffic is paused for all firms. What had begun ends by itself.")


def _resume(actor: str, firm_id: uuid.UUID | None) -> Outcome:
    if not standstill.resume_outgoing():
        return Outcome("Outgoing traffic was not paused.")
    operator_log.note("outgoing.resumed", actor=actor)
    return Outcome("Outgoing traffic goes on where it stopped.")


def _wake(actor: str, firm_id: uuid.UUID | None) -> Outcome:
    count = 0
    for one in ticks.firm_ids():
        with firm_scope(one):
            due = WorkItem.objects.filter(status="ready", next_attempt_at__lte=work.database_now())
            count += due.update(rung_at=None)
    work.notify()
    operator_log.note("work.woken", actor=actor, details={"rows": count})
    return Outcome(f"{count} due rows are woken." if count != 1 else "One due row is woken.")


def _isolation(actor: str, firm_id: uuid.UUID | None) -> Outcome:
    problems = check_isolation(actor=actor)
    if problems:
        return Outcome(f"Firms are not separated: {'; '.join(problems[:3])}. Stop the installation.", good=False)
    return Outcome("The walls between firms stand.")


def _seal(actor: str, firm_id: uuid.UUID | None) -> Outcome:
    if firm_id is None or firm_id not in ticks.firm_ids():
        return Outcome("There is no firm with this id.", good=False)
    heads = own_heads().get(firm_id, [])
    with firm_scope(firm_id):
        found = verify_firm(heads)
    operator_log.note(operator_log.SEAL, actor=actor, details={"firm": str(firm_id), "fault": found.fault})
    if found.fault:
        return Outcome(f"The audit seal of {firm_id} is broken: {found.fault}.", good=False)
    return Outcome(f"The audit seal of {firm_id} is unbroken; {found.heads} heads outside the database agree.")


ACTS: dict[str, Act] = {
    "pause": Act(
        "Pause everything outgoing?",
        "Pause everything",
        ["No sync, no read and no webhook leaves for any firm until an operator lets it go on.",
         "What has begun ends by itself, at the latest in two minutes.",
         "Every firm reads on its pages that sending is paused."],
        ["Matters, approvals and imports work as before; what they send is queued and loses nothing.",
         "Events that come in are stored and wait.",
         "Mails to members still go out, and so does what a person asks for on a connection's own pages (connect, "
         "test, look up)."],
        _pause, danger=True, typed="pause",
    ),
    "resume": Act(
        "Let outgoing traffic go on?",
        "Go on",
        ["Everything that waits is sent, within the limits of each account."],
        ["Connections that a firm paused itself stay paused."],
        _resume,
    ),
    "wake": Act(
        "Wake due work?",
        "Wake it",
        ["Workers are told once more about everything that is due. A row that runs is not disturbed."],
        ["What waits for a later time or for a person waits on."],
        _wake,
    ),
    "isolation": Act(
        "Check the walls between firms?",
        "Check now",
        ["Asks the database for its role, its policies, and for rows of every firm table, without a firm and with an "
         "invented one. It reads only and takes a moment."],
        [],
        _isolation,
    ),
    "seal": Act(
        "Check the audit seal of a firm?",
        "Check now",
        ["Recomputes the seal of every entry in the firm's audit log, and compares it with the heads that were noted "
         "outside the database. Nothing of it is shown here."],
        [],
        _seal, of_firm=True,
    ),
}  # fmt: skip

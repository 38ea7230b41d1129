"""The five answers to an invitation and their rules."""

from __future__ import annotations

from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.events.emit import emit
from sandbox.lexamica.records import cases, relay
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World

STATES = {"accept": "accepted", "decline": "declined"}
FLAGS = {"evaluate": "evaluating", "contact_attempted": "contact_attempted", "consult_complete": "consult_complete"}


def answer(world: World, invitation: Record, action: str, given: Doc, *, actor: int, by_api: bool) -> None:
    """Perform one action of the addressed firm; an identical second answer changes nothing. Raises Refusal."""
    if invitation.org != actor:
        raise Refusal("not_addressed")
    rule = catalogue.entry("invitation")["actions"][action]
    reason = str(given.get("declineReason") or "").strip()
    if action == "decline" and not reason:
        raise invalid(("declineReason", "is required"))
    if repeated(invitation, action, reason, rule):
        return
    refuse_late(world, invitation, rule)
    case = world.store.get("case", invitation.parent)
    if case is None:
        raise Refusal("case_not_found")
    if by_api:
        world.ledger.add(account=actor, effect="created", kind="invitation_answer", record=_next(world),
                         keys=[f"{invitation.id}:{action}"])  # fmt: skip
    _keep(world, invitation, action, given)
    emit(world, rule["event"], invitation, case, actor=actor, handler=actor)
    if action == "accept":
        _accepted(world, case, invitation)
    elif action == "decline":
        relay.go_on(world, case)


def repeated(invitation: Record, action: str, reason: str, rule: dict[str, Any]) -> bool:
    """Is this the answer that was given already?"""
    if action in STATES:
        same = invitation.state == STATES[action]
        return same and (action != "decline" or invitation.doc.get("decline_reason") == reason)
    if rule.get("repeatable") or invitation.state not in rule["from_states"]:
        return False
    return bool(invitation.doc.get(FLAGS[action]))


def refuse_late(world: World, invitation: Record, rule: dict[str, Any]) -> None:
    """Raise Refusal when the invitation no longer takes this answer. One that just ran out expires now."""
    if invitation.state == "new" and world.now() >= invitation.doc["expires"]:
        raise Refusal("invitation_expired")  # its job marks it within a moment; this call keeps nothing
    if invitation.state in rule["from_states"]:
        return
    code = {"expired": "invitation_expired", "cancelled": "invitation_cancelled"}.get(invitation.state)
    raise Refusal(code or catalogue.text("invitation.conflicting_answer"))


def _keep(world: World, invitation: Record, action: str, given: Doc) -> None:
    if action in STATES:
        invitation.state, invitation.due = STATES[action], None
        invitation.doc["responded"] = world.now()
        if action == "decline":
            invitation.doc["decline_reason"] = str(given["declineReason"]).strip()
        if given.get("note"):
            invitation.doc["note"] = given["note"]
    else:
        invitation.doc[FLAGS[action]] = True
        invitation.doc["attempts"] = invitation.doc.get("attempts", 0) + (action == "contact_attempted")
    world.store.save(invitation)


def _accepted(world: World, case: Record, invitation: Record) -> None:
    case.state = "accepted"
    cases.touch(world, case, handler=invitation.org, asked=None)
    if world.switches.get("stage_on_accept") == "on":
        cases.set_stage(world, case, catalogue.text("stage_on_accept"), actor=invitation.org)


def _next(world: World) -> int:
    """A number of its own for each answer, so that two answers under one key count as two."""
    number = int(world.store.fact("answers", "0")) + 1
    world.store.keep_fact("answers", str(number))
    return number


def load(world: World, doc: Doc, organization: int, target: str) -> Record:
    """The invitation a mapped body names by its own id or by its case; raises Refusal."""
    if isinstance(doc.get("_id"), str):
        record = world.store.get("invitation", doc["_id"])
        if record is None:
            raise Refusal("invitation_not_found")
        return record
    case_id = doc.get("referral", {}).get("_id")
    if case_id is None:
        raise invalid((target, "is required"))
    found = world.store.under("invitation", str(case_id))
    own = [record for record in found if record.org == organization]
    if not own:
        raise Refusal("not_addressed" if found else "invitation_not_found")
    return own[-1]

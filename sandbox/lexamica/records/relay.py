"""The relay: finds a firm for a case, asks up to three one after the other, and lets invitations expire."""

from __future__ import annotations

from sandbox.lexamica import catalogue
from sandbox.lexamica.events.emit import emit
from sandbox.lexamica.records import cases
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World


def candidates(world: World, case: Record) -> list[Record]:
    """Firms that take this kind of case in this state and were not asked yet, in order."""
    fields = case.doc["fields"]
    state = fields.get("incident", {}).get("address", {}).get("state")
    asked = [case.org, *case.doc.get("asked_firms", [])]
    own = world.organization(case.org).doc["network"]
    return [
        firm
        for firm in world.organizations()
        if firm.doc["handler"] and firm.org not in asked and firm.doc["network"] == own
        and fields.get("caseType") in firm.doc["case_types"]
        and (not firm.doc["states"] or not state or state in firm.doc["states"])
    ]  # fmt: skip


def match(world: World, case: Record) -> None:
    """One look: invite the next firm, or end as rejected (nobody at all) or missed (nobody left)."""
    case.due = None
    asked = case.doc.get("asked_firms", [])
    direct = case.doc.get("direct")
    if direct:
        found = [firm for firm in world.organizations() if firm.org == direct and direct not in asked]
    else:
        found = candidates(world, case) if len(asked) < world.switches.number("looks") else []
    if not found:
        case.state = "missed" if asked else "rejected"
        cases.touch(world, case, asked=None)
        emit(world, "relay_missed" if asked else "relay_rejected", case, case)
        return
    firm = found[0].org
    case.state = "invited"
    cases.touch(world, case, asked_firms=[*asked, firm], asked=firm)
    if not asked or world.switches.get("matched_each_look") == "on":
        emit(world, "relay_matched", case, case)
    expires = round(world.now() + world.scaled(life(world, case)), 3)
    invitation = world.store.insert(
        "invitation", firm, {"expires": expires, "look": len(asked) + 1}, at=world.stamp(), parent=case.id,
        state="new", due=expires,
    )  # fmt: skip
    emit(world, "invitation_sent", invitation, case, handler=firm)
    emit(world, "invitation_received", invitation, case, handler=firm)
    emit(world, "case_received", case, case, handler=firm)


def life(world: World, case: Record) -> float:
    """Seconds an invitation of this case lives: the originator's own, else the dial."""
    own = world.organization(case.org).doc.get("invitation_seconds")
    return float(own) if own else world.switches.number("invitation_seconds")


def expire(world: World, invitation: Record) -> None:
    """An unanswered invitation is marked expired and the relay goes on."""
    invitation.state, invitation.due = "expired", None
    world.store.save(invitation)
    case = world.store.get("case", invitation.parent)
    if case is not None:
        emit(world, "invitation_expired", invitation, case, handler=invitation.org)
        go_on(world, case)


def go_on(world: World, case: Record) -> None:
    """After a decline or an expiry: look for the next firm, or end the search."""
    case.state = "matching"
    cases.touch(world, case, asked=None)
    asked = case.doc["asked_firms"]
    if len(asked) >= world.switches.number("looks") or case.doc.get("direct") or not candidates(world, case):
        match(world, case)
    else:
        cases.look_later(world, case)


def suggestions(world: World, case: Record) -> list[Record]:
    """The firms a draft could go to, for selection on the screen."""
    return candidates(world, case)[: int(catalogue.number("relay.looks"))]

"""What the staff of both sides do in the web application; the screens and the control routes use it."""

from __future__ import annotations

from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.records import cases, files, invitations, mapping, relay, updates, views
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World, iso

SENDERS = ("send", "cancel", "edit", "delete")
ACTIONS = (*SENDERS, "stage", "update", "settle", "conclude", "file", "remove-file")


def new_case(world: World, organization: int, given: Doc) -> Record:
    """A case entered by staff: dotted names, `state` draft or matching, or a `partner` id for an existing one."""
    fields: Doc = {}
    known = catalogue.model_fields("Case")
    for name, value in given.items():
        if name in known and known[name]["access"] == "read-write" and value not in ("", None):
            mapping.put(fields, name, value)
    partner = firm(world, given["partner"]).org if given.get("partner") else 0
    state = "accepted" if partner else "draft" if given.get("state") == "draft" else "matching"
    if state == "matching" and fields.get("caseType") not in cases.vocabulary(world, organization):
        raise invalid(("caseType", "choose one of the case types"))
    return cases.create(world, organization, fields, state=state, by_api=False, partner=partner,
                        imported=bool(partner))  # fmt: skip


def act(world: World, case: Record, action: str, given: Doc, *, actor: int) -> None:
    """One action on a case by a participant; raises Refusal."""
    if action in SENDERS and case.org != actor:
        raise Refusal("not_participant", ("", "only the sender does this"))
    if action not in SENDERS:
        cases.participant(world, case, actor)
    if action == "send":
        cases.send_draft(world, case, firm=firm(world, given["firm"]).org if given.get("firm") else 0)
    elif action == "cancel":
        cases.cancel(world, case, actor=actor)
    elif action == "edit":
        cases.edit(world, case, {name: value for name, value in given.items() if "organization" != name}, actor=actor)
    elif action == "delete":
        cases.delete(world, case, actor=actor)
    elif action == "stage":
        cases.set_stage(world, case, str(given.get("stage") or "").strip(), actor=actor)
    elif action == "update":
        updates.post(world, case, given, actor=actor, by_api=False)
    elif action == "settle":
        updates.settle(world, case, given, actor=actor)
    elif action == "conclude":
        updates.conclude(world, case, given, actor=actor)
    elif action == "file":
        content = given.get("content", b"")
        raw = content if isinstance(content, bytes) else str(content).encode()
        files.upload(world, case, str(given.get("name") or ""), raw, actor=actor, by_api=False)
    elif action == "remove-file":
        files.remove(world, case, str(given.get("attachment")), actor=actor, by_api=False)
    else:
        raise invalid(("action", f"one of {', '.join(ACTIONS)}"))


def answer(world: World, invitation: Record, action: str, given: Doc) -> None:
    """One of the five actions by the staff of the addressed firm."""
    name = action.replace("-", "_")
    if name not in catalogue.entry("invitation")["actions"]:
        raise invalid(("action", "not one of the five answers"))
    doc = {"declineReason": given.get("reason") or given.get("declineReason"), "note": given.get("note")}
    invitations.answer(world, invitation, name, doc, actor=invitation.org, by_api=False)


def firm(world: World, named: object) -> Record:
    """An organization by its id or number; raises Refusal."""
    for organization in world.organizations():
        if str(named) in (organization.id, str(organization.org)):
            return organization
    raise Refusal("organization_not_found")


def describe(world: World, case: Record) -> dict[str, Any]:
    """A case with everything that hangs on it, for the control routes."""
    found = world.store.under
    return {
        "id": case.id, "state": case.state, "originator": case.org, "handler": case.doc.get("handler"),
        "imported": case.doc["imported"], "given_type": case.doc["given_type"],
        "case": views.case(world, case, viewer=case.org),
        "invitations": [_invitation(world, record) for record in found("invitation", case.id)],
        "updates": [views.update(world, record, viewer=case.org) for record in found("update", case.id)],
        "settlements": [views.settlement(world, record, viewer=case.org) for record in found("settlement", case.id)],
        "attachments": [
            views.attachment(world, record, viewer=case.org)
            | {"tries": record.doc.get("tries"), "problem": record.doc.get("problem"),
               "sha256": record.doc.get("sha256")}
            for record in found("attachment", case.id)
        ],
        "suggestions": [organization.id for organization in relay.suggestions(world, case)]
        if case.state == "draft" else [],
    }  # fmt: skip


def _invitation(world: World, record: Record) -> dict[str, Any]:
    return {
        "id": record.id, "state": record.state, "handler": record.org, "look": record.doc["look"],
        "expires": iso(record.doc["expires"]), "contact_attempts": record.doc.get("attempts", 0),
        "invitation": views.invitation(world, record, viewer=record.org),
    }  # fmt: skip

"""Cases: how one comes to be, and what its originator's staff do with it."""

from __future__ import annotations

from typing import Any

from sandbox.ledger import markers_in
from sandbox.lexamica import catalogue
from sandbox.lexamica.events.emit import emit
from sandbox.lexamica.records import mapping
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World

OPEN_STATES = ("new",)


def vocabulary(world: World, organization: int) -> list[str]:
    """The case types an organization may send, word for word."""
    return list(world.organization(organization).doc["case_types"])


def keys(fields: Doc) -> list[str]:
    """What the ledger counts a case under: its external id, its markers, the client's e-mail."""
    email = fields.get("client", {}).get("email")
    external = fields.get("externalId")
    found = [str(external)] if external else []
    found += markers_in(external, fields.get("summary"))
    return list(dict.fromkeys([*found, *([str(email).lower()] if email else [])]))


def create(
    world: World, organization: int, fields: Doc, *, state: str, by_api: bool, partner: int = 0, imported: bool = False
) -> Record:
    """Keep a new case in `matching`, `draft` or, with a partner, `accepted`; an unknown case type becomes Other."""
    given = fields.get("caseType")
    if given is not None and given not in vocabulary(world, organization):
        fields["caseType"] = catalogue.text("case_type_unmatched")
        state = "other" if state == "matching" else state
    doc: Doc = {"fields": fields, "given_type": given, "updated": world.now(), "imported": imported, "stage": None}
    if partner:
        doc |= {"handler": partner, "stage": catalogue.text("stage_on_receive")}
    record = world.store.insert("case", organization, doc, at=world.stamp(), state=state)
    if by_api:
        world.ledger.add(account=organization, effect="created", kind="case", record=record.n, keys=keys(fields))
    emit(world, "case_created", record, record, actor=organization)
    if partner:
        emit(world, "case_received", record, record, actor=organization)
    if state == "matching":
        look_later(world, record)
    return record


def look_later(world: World, case: Record) -> None:
    """Let the relay look for a firm in a moment."""
    case.due = world.now() + world.scaled(world.switches.number("match_seconds"))
    world.store.save(case)


def touch(world: World, case: Record, **changes: Any) -> None:
    """Keep changed facts of a case."""
    case.doc |= changes | {"updated": world.now()}
    world.store.save(case)


def set_stage(world: World, case: Record, stage: str, *, actor: int) -> None:
    """Move a case to a stage; tells everybody when that is a change."""
    if not stage or case.doc.get("stage") == stage:
        return
    if stage in catalogue.value("stages_closed"):
        case.state = "closed"
    touch(world, case, stage=stage)
    emit(world, "case_stage_changed", case, case, actor=actor)


def edit(world: World, case: Record, changes: Doc, *, actor: int) -> None:
    """Change fields of a case, given by their dotted names."""
    known = catalogue.model_fields("Case")
    if not changes or any(name not in known or known[name]["access"] != "read-write" for name in changes):
        raise invalid(("", "not fields of a case that can be changed"))
    fields = dict(case.doc["fields"])
    for name, value in changes.items():
        mapping.put(fields, name, value)
    touch(world, case, fields=fields)
    emit(world, "case_edited", case, case, actor=actor)
    emit(world, "case_fields_updated", case, case, actor=actor)


def send_draft(world: World, case: Record, *, firm: int = 0) -> None:
    """Send a draft: to the relay, or straight to one firm."""
    if case.state not in ("draft", "other", "rejected", "missed", "cancelled"):
        raise invalid(("", f"a case that is {case.state} cannot be sent"))
    if case.doc["fields"].get("caseType") not in vocabulary(world, case.org):
        raise invalid(("caseType", "not one of the case types of this network"))
    asked = [] if case.state != "draft" else case.doc.get("asked_firms", [])
    case.state = "matching"
    touch(world, case, asked_firms=asked, direct=firm or None)
    look_later(world, case)


def cancel(world: World, case: Record, *, actor: int) -> None:
    """The originator takes the case back: the open invitation ends, nobody else is asked."""
    if case.state not in ("matching", "invited", "other", "draft"):
        raise invalid(("", f"a case that is {case.state} cannot be cancelled"))
    for invitation in world.store.under("invitation", case.id):
        if invitation.state in OPEN_STATES:
            invitation.state, invitation.due = "cancelled", None
            world.store.save(invitation)
            emit(world, "invitation_cancelled", invitation, case, actor=actor, handler=invitation.org)
    case.state, case.due = "cancelled", None
    touch(world, case, asked=None)


def delete(world: World, case: Record, *, actor: int) -> None:
    """Delete a case; whoever took part is told."""
    emit(world, "case_deleted", case, case, actor=actor)
    for kind in ("invitation", "update", "settlement", "attachment"):
        for record in world.store.under(kind, case.id):
            world.store.delete(record)
    world.store.delete(case)


def participant(world: World, case: Record, organization: int) -> None:
    """Raise Refusal unless the organization sent the case or is its confirmed handler."""
    if organization not in (case.org, case.doc.get("handler")):
        raise Refusal("not_participant")

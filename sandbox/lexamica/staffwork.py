"""The part of the control API that plays people: organizations, cases, invitations, files."""

from __future__ import annotations

from typing import Any

from sandbox.lexamica import seed
from sandbox.lexamica.control import organization_of
from sandbox.lexamica.records import staff
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import world

CHANGEABLE = ("name", "handler", "case_types", "states", "network", "invitation_seconds")


def describe(organization: Record) -> Doc:
    """An organization with its keys."""
    return {"number": organization.org, "id": organization.id} | organization.doc


def organizations(given: Doc) -> Doc:
    """All organizations."""
    return {"organizations": [describe(item) for item in world().organizations()]}


def add_organization(given: Doc) -> Doc:
    """One more firm: name, handler, case_types, states, network, invitation_seconds."""
    with world().store.transaction():
        return describe(seed.create(world(), given))


def get_organization(given: Doc, organization: str) -> Doc:
    """One organization."""
    return describe(staff.firm(world(), organization))


def change_organization(given: Doc, organization: str) -> Doc:
    """Change what CHANGEABLE names; `rotate_keys` makes both keys new, the old ones stop at once."""
    with world().store.transaction():
        record = staff.firm(world(), organization)
        record.doc |= {name: given[name] for name in CHANGEABLE if name in given}
        if given.get("rotate_keys"):
            record.doc |= seed.keys()
        world().store.save(record)
    return describe(record)


def _case(case_id: str) -> Record:
    case = world().store.get("case", case_id)
    if case is None:
        raise Refusal("case_not_found")
    return case


def cases(given: Doc) -> Doc:
    """All cases with what hangs on them, of one originator if `organization` is named."""
    number = organization_of(given).org if given.get("organization") else None
    with world().store.lock:
        return {"cases": [staff.describe(world(), case) for case in world().store.all("case", number)]}


def add_case(given: Doc) -> Doc:
    """Enter a case as the staff of `organization`: dotted field names, `state` draft, or `partner`."""
    fields: dict[str, Any] = {name: value for name, value in given.items() if name != "organization"}
    with world().store.transaction():
        return staff.describe(world(), staff.new_case(world(), organization_of(given).org, fields))


def get_case(given: Doc, case_id: str) -> Doc:
    """One case with what hangs on it."""
    with world().store.lock:
        return staff.describe(world(), _case(case_id))


def act_on_case(given: Doc, case_id: str, action: str) -> Doc:
    """One action on a case by the staff of `organization` (the originator's without one)."""
    with world().store.transaction():
        case = _case(case_id)
        actor = organization_of(given).org if given.get("organization") else case.org
        rest = {name: value for name, value in given.items() if name != "organization"}
        staff.act(world(), case, action, rest, actor=actor)
        kept = world().store.get("case", case_id)
        return staff.describe(world(), kept) if kept else {"deleted": case_id}


def answer_invitation(given: Doc, invitation_id: str, action: str) -> Doc:
    """One of the five answers by the staff of the addressed firm; `reason` for a decline."""
    with world().store.transaction():
        invitation = world().store.get("invitation", invitation_id)
        if invitation is None:
            raise Refusal("invitation_not_found")
        staff.answer(world(), invitation, action, given)
        return staff.describe(world(), _case(invitation.parent))

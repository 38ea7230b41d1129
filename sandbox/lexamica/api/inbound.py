"""Inbound calls of the public key: send cases, answer invitations, post updates."""

from __future__ import annotations

from sandbox.lexamica import catalogue
from sandbox.lexamica.api.gate import Call, Reply
from sandbox.lexamica.records import cases, invitations, mapping, updates, views
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record


def mapped(call: Call) -> Record:
    """The mapping named in the address, of a model this operation takes."""
    return mapping.load(call.world, call.org, call.params[catalogue.text("auth.mapping_parameter")], call.models)


def reply(call: Call, found: Record, doc: Doc) -> Reply:
    """A document in the caller's names."""
    return Reply(mapping.outward(found, doc), id_path=mapping.source_of(found, "_id").partition(".")[0])


def _case_reply(call: Call, found: Record, case: Record) -> Reply:
    return reply(call, found, views.case(call.world, case, viewer=call.org))


def send(call: Call) -> Reply:
    """Create a case and hand it to the relay; doing so twice makes two."""
    found = mapped(call)
    fields = mapping.inward(found, call.body)
    if call.world.switches.get("required_fields", call.org) == "strict":
        mapping.demand(found, fields, catalogue.entry("models")["case"]["required"]["value"])
    return _case_reply(call, found, cases.create(call.world, call.org, fields, state="matching", by_api=True))


def draft(call: Call) -> Reply:
    """Create a draft."""
    found = mapped(call)
    fields = mapping.inward(found, call.body)
    return _case_reply(call, found, cases.create(call.world, call.org, fields, state="draft", by_api=True))


def create_existing(call: Call) -> Reply:
    """Record a case that a partner already works; without a partner it silently becomes a draft."""
    found = mapped(call)
    key = catalogue.text("partner_firm.body_key")
    named = call.body.get(key) or call.query.get(catalogue.text("partner_firm.query_parameter"))
    partner = 0
    if named:
        firms = [firm for firm in call.world.organizations() if firm.id == named and firm.org != call.org]
        if not firms:
            raise Refusal("partner_firm_not_found")
        partner = firms[0].org
    case = cases.create(
        call.world, call.org, mapping.inward(found, call.body), state="accepted" if partner else "draft",
        by_api=True, partner=partner, imported=True,
    )  # fmt: skip
    return _case_reply(call, found, case)


def answer(call: Call) -> Reply:
    """Perform one of the five actions on an invitation."""
    found = mapped(call)
    doc = mapping.inward(found, call.body)
    action = catalogue.action_of(call.operation)
    assert action is not None
    invitation = invitations.load(call.world, doc, call.org, mapping.source_of(found, "_id"))
    if action == "decline" and invitation.org == call.org:
        mapping.demand(found, doc, catalogue.entry("invitation")["actions"][action]["needs"])
    invitations.answer(call.world, invitation, action, doc, actor=call.org, by_api=True)
    return reply(call, found, views.invitation(call.world, invitation, viewer=call.org))


def case_of(call: Call, found: Record, doc: Doc) -> Record:
    """The case that a mapped body names; raises Refusal."""
    case_id = doc.get("referral", {}).get("_id")
    if case_id is None:
        raise invalid((mapping.source_of(found, "referral._id"), "is required"))
    case = call.world.store.get("case", case_id)
    if case is None:
        raise Refusal("case_not_found")
    return case


def post_update(call: Call) -> Reply:
    """Post a status update to a case one takes part in."""
    found = mapped(call)
    doc = mapping.inward(found, call.body)
    mapping.demand(found, doc, catalogue.entry("models")["case_update"]["required"]["value"])
    case = case_of(call, found, doc)
    record = updates.post(call.world, case, doc, actor=call.org, by_api=True)
    return reply(call, found, views.update(call.world, record, viewer=call.org))

"""What a remote firm starts with: people, pipelines, practice areas, fields and forms, all invented."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.world import World

PIPELINES: dict[str, list[str]] = {
    "Family Law": ["New Lead", "Family Law Intake", "Consultation Scheduled", "Consultation Held", "Retained"],
    "Personal Injury": ["New Lead", "Personal Injury Intake", "Case Review", "Records Requested", "Retained"],
    "Estate Planning": ["New Lead", "Estate Planning Intake ", "Design Meeting", "Retained"],
    "Immigration": ["New Lead", "Immigration Intake", "Document  Check", "Retained"],
    "Criminal Defense": ["New Lead", "Criminal Intake", "Court Date Check", "Retained"],
    "Business": ["New Lead", "Business Intake", "Conflict Check", "Retained"],
    "Real Estate": ["New Lead", "Real Estate Intake", "Title Review", "Retained"],
    "After Hire": ["Onboarding", "In Progress", "Closing", "Closed"],
}
AREAS = [
    "Family Law",
    "Personal Injury",
    "Estate Planning",
    "Immigration",
    "Criminal",
    "Business",
    "Real Estate",
    "Other",
]
SUB_STATUSES = [("New Inquiry", "pnc"), ("Consultation Set", "pnc"), ("Retained", "hired"), ("Did Not Hire", "lost")]
FIELD_TYPES = ["string", "text", "integer", "boolean", "currency", "date", "time", "datetime", "list", "multi_picklist"]
COLOURS = ["#3b6ea5", "#4d7c5b", "#8a5a2b", "#6b4c9a", "#9a3b3b", "#2f7f86"]


def create_account(world: World, spec: dict[str, Any]) -> Record:
    """Set up one remote firm. `spec`: name, firm_id, user_name, user_email, timezone, pipelines {name: [stages]}."""
    store, at = world.store, world.now()
    firm_id = spec.get("firm_id") or max([8100, *(account.id for account in world.accounts())]) + 1
    doc = {"name": spec.get("name") or f"Account {firm_id}", "timezone": spec.get("timezone") or "America/Los_Angeles"}
    firm = store.insert("firm", firm_id, doc | {"spec": spec | {"firm_id": firm_id}}, at=at, id=firm_id)
    name = spec.get("user_name") or "Robin Sample"
    email = spec.get("user_email") or f"robin.sample+{firm_id}@example.com"
    first, _, last = name.partition(" ")
    user = store.insert(
        "user", firm_id, {"name": name, "first_name": first, "last_name": last, "email": email, "role": "admin"}, at=at
    )
    colleague = {"name": "Kim Mustermann", "first_name": "Kim", "last_name": "Mustermann", "role": "attorney"}
    store.insert("user", firm_id, colleague | {"email": f"kim.mustermann+{firm_id}@example.com"}, at=at)
    _pipelines(world, firm_id, spec.get("pipelines") or PIPELINES, user.id)
    for number, area in enumerate(spec.get("practice_areas") or AREAS):
        store.insert("practice_area", firm_id, {"name": area, "color": COLOURS[number % len(COLOURS)]}, at=at)
    for label, status in SUB_STATUSES:
        store.insert("sub_status", firm_id, {"name": label, "status": status, "created_by_id": user.id}, at=at)
    _fields(world, firm_id)
    _forms(world, firm_id)
    source = store.insert("source", firm_id, {"name": "Website", "color": COLOURS[0]}, at=at)
    store.insert("campaign", firm_id, {"name": "Intake portal", "source_id": source.id}, at=at)
    for tag in ("CaseHug", "Urgent"):
        store.insert("tag", firm_id, {"name": tag, "color": COLOURS[1]}, at=at)
    for name in ("Client", "Opposing Party"):
        store.insert("custom_contact_type", firm_id, {"name": name}, at=at)
    return firm


def _pipelines(world: World, firm_id: int, pipelines: dict[str, list[str]], user_id: int) -> None:
    at = world.now()
    for name, stages in pipelines.items():
        after = name == "After Hire"
        doc = {"name": name, "description": f"{name} matters", "created_by_id": user_id}
        doc |= {"statuses": ["hired"] if after else ["pnc"], "pipeline_type": "normal" if after else "intake"}
        pipeline = world.store.insert("pipeline", firm_id, doc, at=at)
        for order, stage in enumerate(stages):
            colour = COLOURS[order % len(COLOURS)]
            doc = {"name": stage, "color": colour, "order": order + 1, "pipeline_id": pipeline.id}
            world.store.insert("stage", firm_id, doc, at=at)


def _fields(world: World, firm_id: int) -> None:
    at, store = world.now(), world.store
    for owner, title in (("Contact", "Contact"), ("Prospect", "Matter")):
        for field_type in FIELD_TYPES:
            options = ["North", "South", "West"] if field_type in ("list", "multi_picklist") else []
            doc = {
                "name": f"{title} {field_type.replace('_', ' ')}", "type": owner, "field_type": field_type,
                "visibility": "default", "practice_area": None, "lookup_type": None,
                "list_options": [{"id": store.next_id("list_option"), "name": option} for option in options],
            }  # fmt: skip
            store.insert("custom_field", firm_id, doc, at=at)
    doc = {"name": "CaseHug marker", "type": "Prospect", "field_type": "string", "visibility": "default"}
    store.insert("custom_field", firm_id, doc | {"practice_area": None, "lookup_type": None, "list_options": []}, at=at)


def component(name: str, label: str, *, required: bool = False, kind: str = "field", **more: Any) -> dict[str, Any]:
    """One block of a form."""
    base = {"id": name, "field_type": "string", "label": label, "component_type": kind, "required": required}
    return base | {"list_options": []} | more


def _forms(world: World, firm_id: int) -> None:
    person = [
        component("first_name", "First name", required=True),
        component("last_name", "Last name", required=True),
        component("email", "E-mail"),
        component("phone", "Phone"),
    ]
    summary = next(r for r in world.store.all("custom_field", firm_id) if r.doc["name"] == "Matter text")
    question = component(f"custom_field_{summary.id}", "What happened?", field_type="text")
    numbers = {record.doc["name"]: record.id for record in world.store.all("custom_field", firm_id)}
    story = [
        component("section_1", "<h2>Your case</h2>", kind="horizontal_divider"),
        component(f"custom_field_{summary.id}", "What <b>happened</b>?", field_type="text", required=True),
        component(f"custom_field_{numbers['Matter date']}", "When did it happen?", field_type="date"),
        component(f"custom_field_{numbers['Matter boolean']}", "Is somebody in danger?", field_type="boolean"),
        component("general_field_0c1d2e", "Where do you live?", kind="general_field", field_type="list",
                  list_options=[{"label": "North side", "value": "north"}, {"label": "South side", "value": "south"}]),
        component(f"custom_field_{numbers['CaseHug marker']}", "Reference", hidden=True),
    ]  # fmt: skip
    signature = component("signature_1", "Sign here", kind="signature", field_type="signature", required=True)
    notice = component("notice_1", "<p>Please answer what you can.</p>", kind="instructions")
    forms = [
        ("Intake summary", "Prospect", [notice, *person, question]),
        ("Consultation fee", "Prospect", [*person, component("payment_1", "Fee", kind="payment")]),
        ("Family members", "Contact", [*person, component("relationship_1", "Relatives", kind="relationship")]),
        ("Full intake", "Prospect", [notice, *person, *story]),
        ("Client card", "Contact", [*person, component("city", "City")]),
        ("Fee agreement", "Prospect", [*person, signature]),
    ]
    for number, (name, kind, components) in enumerate(forms):
        rows = [{"components": [part]} for part in components]
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"stand-in:{firm_id}:{number}"))
        world.store.insert("form", firm_id, {"uuid": key, "name": name, "type": kind, "rows": rows}, at=world.now())


def seed(world: World) -> None:
    """The demo account, when there is no account yet. The caller holds the transaction."""
    if not world.accounts():
        create_account(world, {"name": "Demo account", "firm_id": 8101, "user_email": "robin.sample@example.com"})

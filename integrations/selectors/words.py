"""Words for steps, verbs, sources, triggers and results as log, run and panel show them."""

STEP_LABELS = {"contact": "Contact", "matter": "Matter", "note": "Note", "form": "Form"}
VERBS = {
    "find": "Looked for",
    "create": "Created",
    "update": "Updated",
    "link": "Linked",
    "duplicate": "Found twice",
    "prepare": "Prepared",
    "skip": "Left out",
    "check": "Checked",
    "wait": "Waits",
}
SOURCES = {
    "client_submission": "the client's submission",
    "identity": "the client's name, e-mail or phone",
    "case": "the matter's title, practice area or stage",
    "system": "CaseHug itself (marker, link, mapped id)",
    "composed": "written for this message",
}
TRIGGERS = {
    "": "By itself",
    "manual": "Pressed by a person",
    "api": "Asked for over the API",
    "command": "Asked for on the command line",
    "approval": "Document approved",
    "document.approved": "Document approved",
    "intake.approved": "Intake approved",
    "intake.completed": "Intake completed",
    "matter.created": "Matter created",
    "connected": "Connected",
    "retry": "Retried by a person",
}
LINE_STATES = {
    "success": ("done", "Done"),
    "failed": ("failed", "Failed"),
    "checking": ("unknown", "Unknown — checking"),
    "nothing": ("unchanged", "Nothing to change"),
    "note": ("noted", "Look here"),
}


def action_words(action: str) -> str:
    """Return `contact.create` as “Contact: created”."""
    noun, _, verb = action.partition(".")
    label = STEP_LABELS.get(noun, noun.replace("_", " ").capitalize())
    return f"{label}: {VERBS.get(verb, verb.replace('_', ' ')).lower()}" if verb else label


def trigger_words(trigger: str) -> str:
    """Return what started a run in words."""
    return TRIGGERS.get(trigger, trigger.replace(".", " ").replace("_", " ").capitalize())

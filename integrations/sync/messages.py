"""What people read: for each error, hold and flag what happened, what it means, who can fix it, and one button.

Pages and the stored error texts both take their words from here. `target` names a place; pages know its address.
"""

from dataclasses import replace

from integrations.sync.message import ADMIN, NOBODY, OPERATOR, YOU, Message
from integrations.sync.states_catalogue import STATES

__all__ = ["Message", "causes", "error_classes", "error_text", "message_for"]

_CATALOGUE: dict[tuple[str, str], Message] = {
    ("auth", ""): Message(
        "{name} no longer accepts our access.",
        "This matter waits and continues by itself after a firm admin reconnects; nothing is lost.",
        ADMIN, "Reconnect", "reconnect",
    ),
    ("auth", "account_still_valid"): Message(
        "{name} declined this one call although it accepts our access.",
        "Nothing was changed by it. We try again by ourselves.",
        NOBODY, "Show log", "log",
    ),
    ("rate_limit", ""): Message(
        "{name} asked us to slow down.",
        "We try again by ourselves; nothing is lost and you need not do anything.",
        NOBODY, "Show log", "log",
    ),
    ("rate_limit", "own_budget"): Message(
        "The firm's shared limit for calls to {name} is used up for the moment.",
        "This continues by itself as soon as there is room; nothing is lost.",
        NOBODY, "Show log", "log",
    ),
    ("network", ""): Message(
        "{name} could not be reached.",
        "Nothing was changed by this try. We try again by ourselves.",
        NOBODY, "Show log", "log",
    ),
    ("network", "checking"): Message(
        "We sent this, but no answer came back.",
        "It may have arrived, so we look in {name} first and send nothing twice.",
        NOBODY, "What we know so far", "evidence",
    ),
    ("network", "absent"): Message(
        "We looked for this in {name} after its answer was lost: it had not arrived.",
        "It is sent again with the same mark, at most three times.",
        NOBODY, "Show log", "log",
    ),
    ("network", "undecided"): Message(
        "We sent this, but no answer came back, and nothing we can see in {name} says whether it arrived.",
        "It is not sent again by itself, so that nobody gets it twice.",
        "Someone who looks into {name} can say whether it arrived.", "Show log", "log",
    ),
    ("network", "not_arrived"): Message(
        "A person looked into {name}: this had not arrived.", "It is sent again.", NOBODY, "Show log", "log",
    ),
    ("network", "gave_up"): Message(
        "We sent this three times, and each time we could not find it in {name} afterwards.",
        "It is not in {name} as far as we can see. What was confirmed before stays.",
        "A firm admin can check in {name} and then retry.", "Retry", "retry",
    ),
    ("network", "too_many_tries"): Message(
        "{name} could not be reached for a long time.",
        "We stopped trying. What was confirmed before stays, nothing is sent twice.",
        YOU, "Retry", "retry",
    ),
    ("validation", ""): Message(
        "{name} did not accept what we sent.",
        "This step was not done; what was confirmed before stays.",
        "You can correct the value, a firm admin the mapping; then retry.", "Retry", "retry",
    ),
    ("validation", "no_client"): Message(
        "This matter has no client yet.",
        "Nothing was sent to {name}, because a matter there needs a contact.",
        YOU, "Add a client", "matter_edit",
    ),
    ("validation", "matter_gone"): Message(
        "This matter no longer exists in CaseHug.", "Nothing was sent.", NOBODY, "Show log", "log",
    ),
    ("validation", "lost_link"): Message(
        "{name} no longer knows the linked record.",
        "We look for it again and link or create it; nothing is sent twice.",
        NOBODY, "Show log", "log",
    ),
    ("validation", "form_refused"): Message(
        "{name} did not accept the form.",
        "Likely causes: the form has a payment or relationship block, which {name} does not take by API, or a required"
        " field has no value. Nothing of the form was stored there; what was confirmed before stays.",
        "A firm admin can check the form or choose another one; then retry.", "Open the forms", "forms",
    ),
    ("validation", "form_blocked"): Message(
        "The form chosen for this case type cannot be submitted to {name} by API.",
        "Nothing of the form was sent; what was confirmed before stays.",
        "A firm admin can choose another form or change this one in {name}; then retry.", "Open the forms", "forms",
    ),
    ("validation", "form_incomplete"): Message(
        "The form was not sent, because {name} would not take it as it is.",
        "Nothing of the form was sent; a form is submitted once and completely.",
        "You can complete the matter, a firm admin the form's fields; then retry.", "Open the forms", "forms",
    ),
    ("validation", "form_gone"): Message(
        "The form chosen for this case type no longer exists in {name}.",
        "Nothing of the form was sent; what was confirmed before stays.",
        ADMIN, "Open the forms", "forms",
    ),
    ("validation", "privilege_guard"): Message(
        "CaseHug stopped this: a value that may not leave the firm was about to be sent.",
        "Nothing was sent.",
        OPERATOR, "Show log", "log",
    ),
    ("configuration", ""): Message(
        "{name} does not allow this with the account's present plan, permissions or developer settings.",
        "The matter waits; nothing is lost.",
        "A firm admin asks {name}'s support to switch it on, then tests the connection.",
        "Open the connection", "connection",
    ),
    ("unknown", ""): Message(
        "Something unexpected happened.",
        "Nothing is sent twice. We try again by ourselves.",
        OPERATOR, "Show log", "log",
    ),
    ("unknown", "too_many_tries"): Message(
        "This did not work ten times in a row.",
        "We stopped trying. What was confirmed before stays, nothing is sent twice.",
        OPERATOR, "Retry", "retry",
    ),
    ("unknown", "poison"): Message(
        "This sync stopped its worker five times, so we do not start it again by ourselves.",
        "What was confirmed before stays.",
        OPERATOR, "Retry", "retry",
    ),
} | STATES  # fmt: skip


def message_for(error_class: str, error_code: str = "", *, name: str = "Lawmatics") -> Message:
    """Return the message of an error class and code; an unknown code falls back to its class, then to `unknown`."""
    found = (
        _CATALOGUE.get((error_class, error_code)) or _CATALOGUE.get((error_class, "")) or _CATALOGUE[("unknown", "")]
    )
    return replace(
        found,
        what=found.what.replace("{name}", name),
        means=found.means.replace("{name}", name),
        who=found.who.replace("{name}", name),
    )


def error_text(error_class: str, error_code: str, *, name: str, detail: str = "", own: bool = False) -> str:
    """Return the text stored with a failure: our words, then the provider's (already masked), if any.

    `own`: the detail is what our own check found.
    """
    text = message_for(error_class, error_code, name=name).text
    said = detail if own else f"{name} wrote: “{detail}”"
    return f"{text} {said}" if detail else text


def causes(error_class: str, *, name: str = "Lawmatics") -> list[tuple[str, Message]]:
    """Return every code of an error class with its message, the general one ("") first; empty for no such class."""
    codes = sorted(code for known, code in _CATALOGUE if known == error_class)
    return [(code, message_for(error_class, code, name=name)) for code in codes]


def error_classes() -> list[str]:
    """Return the classes of the catalogue in its order."""
    return list(dict.fromkeys(known for known, _ in _CATALOGUE))

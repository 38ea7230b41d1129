"""Messages of what is no error of a call: waiting for a person, to be looked at, mapped oddly, not started, events."""

from integrations.sync.message import ADMIN, NOBODY, YOU, Message

STATES: dict[tuple[str, str], Message] = {
    ("held", "reconnect"): Message(
        "{name} is not connected at the moment.",
        "This matter waits and continues by itself after a firm admin reconnects.",
        ADMIN, "Reconnect", "reconnect",
    ),
    ("held", "paused"): Message(
        "Syncing to {name} is paused.",
        "This matter waits and continues by itself when a firm admin resumes.",
        ADMIN, "Open the connection", "connection",
    ),
    ("held", "set_up"): Message(
        "The account in {name} has not been set up for CaseHug yet.",
        "This waits and continues by itself once a firm admin has chosen how you work with {name}.",
        ADMIN, "Open the connection", "connection",
    ),
    ("held", "other_account"): Message(
        "This is another {name} account than before.",
        "Links to the old account are kept but not used, and nothing is sent until a firm admin chooses.",
        ADMIN, "Compare and decide", "connection",
    ),
    ("review", "ambiguous"): Message(
        "Several records in {name} match.",
        "We linked the oldest, filled nothing in, and created nothing.",
        "Someone who knows the client can decide under Matches to review.", "Open there", "record",
    ),
    ("review", "other_name"): Message(
        "The contact with this e-mail has another name in {name}.",
        "We linked it and filled nothing in, so that two files are not mixed.",
        "Someone who knows the client can decide under Matches to review.", "Open there", "record",
    ),
    ("review", "late_duplicate"): Message(
        "{name} stored an unanswered call very late, so this record stands there twice.",
        "We use the older one and deleted nothing.",
        "A firm admin can merge the two in {name}; under Matches to review the other one can be chosen.",
        "Open there", "record",
    ),
    ("review", "deleted_there"): Message(
        "The linked contact was merged or deleted in {name}.",
        "We keep the link and change nothing by ourselves. A sync that finds the contact gone looks for the client by"
        " e-mail again, and links or creates a contact.",
        "Someone who knows the client can decide under Matches to review.", "Open there", "record",
    ),
    ("review", "form"): Message(
        "The form was submitted, but not all that {name} made from it could be linked.",
        "Nothing is sent twice.",
        "Someone who knows the matter can look in {name} and link it by hand.", "Show log", "log",
    ),
    ("mapping", ""): Message(
        "No stage in {name} is chosen for this case type.",
        "The matter arrived without a stage.",
        ADMIN, "Choose a stage", "case_type_mappings",
    ),
    ("mapping", "stage_gone"): Message(
        "The stage chosen for this case type no longer exists in {name}.",
        "This matter waits and continues by itself when another stage is chosen; nothing is lost.",
        ADMIN, "Choose a stage", "case_type_mappings",
    ),
    ("mapping", "practice_area_gone"): Message(
        "The practice area chosen for this matter no longer exists in {name}.",
        "This matter waits and continues by itself when another one is chosen; nothing is lost.",
        ADMIN, "Choose a practice area", "case_type_mappings",
    ),
    ("mapping", "sub_status_gone"): Message(
        "The sub-status chosen for this case type no longer exists in {name}.",
        "This matter waits and continues by itself when another one is chosen; nothing is lost.",
        ADMIN, "Choose a sub-status", "case_type_mappings",
    ),
    ("mapping", "field_gone"): Message(
        "A field that answers of this matter are mapped to no longer exists in {name}.",
        "This matter waits and continues by itself when the mapping is changed; nothing is lost.",
        ADMIN, "Open this mapping", "field_mappings",
    ),
    ("mapping", "option_gone"): Message(
        "The option that the client chose no longer exists in the mapped field in {name}.",
        "This matter waits and continues by itself when the option is back or the mapping is changed; nothing is lost.",
        ADMIN, "Open this mapping", "field_mappings",
    ),
    ("mapping", "fallback"): Message(
        "No stage in {name} is chosen for this case type.",
        "The matter arrived in the stage for everything else.",
        ADMIN, "Choose a stage", "case_type_mappings",
    ),
    ("mapping", "field"): Message(
        "Some answers did not fit the field they are mapped to.",
        "Contact and matter arrived, these values did not.",
        ADMIN, "Open this mapping", "field_mappings",
    ),
    ("start", "not_connected"): Message(
        "{name} is not connected.",
        "Nothing was sent.",
        ADMIN, "Open the connection", "connection",
    ),
    ("start", "matter_gone"): Message("This matter does not exist.", "Nothing was sent.", NOBODY, "Show log", "log"),
    ("start", "not_retryable"): Message(
        "This sync is not failed, so there is nothing to retry.", "It goes on by itself.", NOBODY, "Show log", "log",
    ),
    ("start", "not_cancellable"): Message(
        "This sync is already running or finished.", "It can no longer be cancelled.", NOBODY, "Show log", "log",
    ),
    ("event", "not_verified"): Message(
        "A delivery could not be verified with the stored secrets.",
        "It is kept for 72 hours and not acted on. Once the right secret is stored, it is checked and counted once.",
        "A firm admin can store the secret shown in {name}; if you expect no webhooks, somebody else sent it.",
        "Open the webhook events", "webhooks",
    ),
    ("event", "no_matter"): Message(
        "An event is about a matter that is not linked here.",
        "Nothing was changed. Matters of {name} are not imported.",
        "A firm admin can link the matter under Pull Matters.", "Open Pull Matters", "pull",
    ),
    ("event", "nothing"): Message(
        "An event changed nothing here.",
        "The matter already stands as it should, or nothing is mapped for its stage.",
        "If a stage should change the status, a firm admin maps it under Stage → Status.",
        "Open Stage → Status", "status_mapping",
    ),
    ("event", "logged"): Message(
        "An event is kept in the log only.",
        "This kind of event changes no matter here.",
        NOBODY, "Open the webhook events", "webhooks",
    ),
    ("event", "failed"): Message(
        "An event was verified, but could not be applied.",
        "Nothing was changed by it. It is kept and can be processed again.",
        YOU, "Process again", "webhooks",
    ),
    ("mapping", "stage_deleted"): Message(
        "A chosen stage, field or form no longer exists in {name}.",
        "Only what uses it is affected; everything else goes on.",
        ADMIN, "Choose another one", "case_type_mappings",
    ),
}  # fmt: skip

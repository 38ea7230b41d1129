"""The audit log in plain words: what an action, an outcome, a source and a kind of record are called."""

from collections.abc import Mapping
from typing import Any

RECORDS: dict[str, tuple[str, str]] = {
    "api_key": ("API key", "key"), "attachment": ("File of a referral", "att"), "audit": ("Audit log", ""),
    "bulk_run": ("Bulk sync", "blk"), "call": ("Call", "cal"), "case_update": ("Case update", "upd"),
    "client": ("Client", "cli"), "connection": ("Connection", "con"), "document": ("Document", "doc"),
    "erasure": ("Erasure", "era"), "export": ("Export", "exp"), "firm": ("Firm", ""), "import": ("Import", "imp"),
    "inbound_endpoint": ("Receiver address", ""), "inbound_event": ("Incoming event", "ine"),
    "invitation": ("Invitation", "inv"), "matter": ("Matter", "mat"), "membership": ("Member", "mem"),
    "notice": ("Notice", ""), "partner": ("Partner firm", "par"), "provider": ("Provider", ""),
    "quarantined_event": ("Unverified event", "inq"), "referral": ("Referral", "ref"),
    "saved_view": ("Saved view", "viw"), "webhook_delivery": ("Webhook delivery", "whd"),
    "webhook_endpoint": ("Webhook", "wh"),
}  # fmt: skip

SOURCES = {"web": "Page", "api": "API", "portal": "Client portal", "command": "Command", "system": "By itself"}
OUTCOMES = {"ok": "Done", "refused": "Refused", "failed": "Failed", "review": "Needs review", "broken": "Broken"}

_SUBJECTS = {
    "api_key": "API key", "audit": "Audit log", "bulk": "Bulk sync", "call": "Call", "case_types": "Case types",
    "client": "Client", "connection": "Connection", "document": "Document", "export": "Export of the firm",
    "field_mapping": "Field mapping", "firm": "Firm", "form_mapping": "Form mapping", "import": "Import",
    "inbound_event": "Incoming event", "intake": "Intake", "intake_link": "Intake link", "invitation": "Invitation",
    "mapping": "Mapping", "matter": "Matter", "note": "Internal note", "notice": "Notice",
    "notifications": "Notifications", "partner": "Partner firm", "quarantined_event": "Unverified event",
    "referral": "Referral", "referrals": "Referrals", "status_mapping": "Status mapping", "sync": "Sync",
    "sync_log": "Sync log", "team": "Team", "view": "Saved view", "webhook": "Webhook",
    "webhook_reading": "Regular reading", "webhook_rotation": "Change of a webhook secret",
    "webhook_secret": "Webhook secret",  # nosec B105  # words for a page
}  # fmt: skip

_SENTENCES = {
    "audit.exported": "Audit log downloaded", "audit.verified": "Audit log verified",
    "api_key.rotated": "API key replaced by a new one",
    "bulk.confirmed": "Bulk sync confirmed", "bulk.dry_run": "Bulk sync checked (dry run)",
    "bulk.exported": "Bulk sync downloaded", "bulk.retried": "Bulk sync: failed rows started again",
    "call.content_viewed": "Content of a call viewed", "case_types.defaults_added": "Standard case types added",
    "client.created": "Client added", "client.erased": "Client erased",
    "client.erasure_started": "Erasing a client began",
    "connection.account_changed": "Connected to a different account",
    "connection.authorisation_failed": "Connecting did not succeed",
    "connection.authorisation_started": "Connecting began", "connection.examined": "Connection tested",
    "connection.looks_first": "Connection looks before every create (after a restore)",
    "connection.needs_reconnect": "Connection lost its access", "connection.set_up": "Connected account set up",
    "connection.settings_changed": "Connection settings changed", "connection.ways_chosen": "Ways of the sync chosen",
    "document.decision_reversed": "Decision on a document taken back",
    "document.rejected": "Document sent back", "document.required_changed": "Document made required or optional",
    "document.upload_removed": "Uploaded file taken back", "document.uploaded": "File uploaded",
    "export.downloaded": "Export of the firm downloaded", "export.expired": "Export of the firm deleted",
    "firm.second_factor": "Rule of the second factor changed", "firm.updated": "Firm profile changed",
    "inbound_event.content_viewed": "Content of an incoming event viewed",
    "inbound_event.replayed": "Incoming event processed again",
    "intake.approval_withdrawn": "Approval of the intake taken back",
    "intake.submitted": "Intake sent by the client",
    "match.kept": "Match to review: kept", "match.moved": "Match to review: another record chosen",
    "match.not_this_person": "Match to review: not this person",
    "match.unlinked": "Match to review: contact there no longer used",
    "mapping.drift": "Mapping no longer fits the account", "mapping.restored": "Earlier mapping restored",
    "matter.status_changed": "Status of the matter changed", "notice.mailed": "Notice sent by mail",
    "quarantined_event.content_viewed": "Content of an unverified event viewed",
    "referral.send_requested": "Referral handed over for sending", "referral.unknown": "Referral: outcome unknown",
    "retention.applied": "Old rows deleted (retention)",
    "sync.privilege_guard": "Sync refused: something would have left that may not",
    "sync.requested": "Sync asked for", "sync.retried": "Sync started again",
    "sync.retried_many": "Several syncs started again", "sync_log.exported": "Sync log downloaded",
    "team.access": "Access of a member changed", "team.invited": "Person invited", "team.joined": "Person joined",
    "team.role": "Role of a member changed", "team.second_factor_removed": "Second factor of a member removed",
    "webhook.privilege_guard": "Webhook refused: something would have left that may not",
    "webhook.resent": "Webhook sent again", "webhook.target_refused": "Address of a webhook refused",
    "webhook_rotation.declared": "Change of a webhook secret declared",
}  # fmt: skip

# Columns that only serve the search: a change of them says nothing to people.
_INNER = {"search_text", "email_key", "updated_at"}
_KEYS = {"by": "by", "fields": "fields", "filtered_by": "filtered by", "code": "reason", "reason_given": "reason"}


def action_words(action: str) -> str:
    """Return an action in plain words; one that nobody named is told from its parts (`matter.updated`)."""
    if action in _SENTENCES:
        return _SENTENCES[action]
    subject, _, act = action.partition(".")
    named = _SUBJECTS.get(subject, subject.replace("_", " ").capitalize())
    return f"{named} {act.replace('_', ' ')}".strip()


def record_words(object_type: str) -> str:
    """Return what a kind of record is called."""
    return RECORDS.get(object_type, (object_type.replace("_", " ").capitalize(), ""))[0]


def outcome_words(outcome: str) -> str:
    """Return an outcome in words."""
    return OUTCOMES.get(outcome, outcome.replace("_", " ").capitalize())


def _value(value: Any) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value) or "none"
    if isinstance(value, Mapping):
        return "; ".join(f"{_named(key)} {_value(one)}" for key, one in value.items())
    return "empty" if value in (None, "") else str(value)


def _named(key: str) -> str:
    return _KEYS.get(key, str(key).replace("_", " "))


def change_words(changes: Mapping[str, Any]) -> list[str]:
    """Return what an entry says of the change, a line each: settings from → to, names of fields, ids."""
    rest = dict(changes)
    lines = []
    if "from" in rest and "to" in rest:
        lines.append(f"{_value(rest.pop('from'))} → {_value(rest.pop('to'))}")
    for key, value in rest.items():
        if key == "fields" and isinstance(value, list):
            value = [_named(str(one)) for one in value if one not in _INNER]
        pair = isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list | dict) and key != "fields"
        if pair and key not in ("events", "keys", "ids", "scopes", "filtered_by"):
            lines.append(f"{_named(key)}: {_value(value[0])} → {_value(value[1])}")
        elif isinstance(value, Mapping) and set(value) == {"from", "to"}:
            lines.append(f"{_named(key)}: {_value(value['from'])} → {_value(value['to'])}")
        else:
            lines.append(f"{_named(key)}: {_value(value)}")
    return lines

"""What Lawmatics leaves open (README, assumptions) and a read can settle. No look writes anything.

Values of people pass through memory only: findings hold counts and kinds, never names or addresses.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.contract.behaviour import Behaviour, Finding, Seen
from integrations.contract.errors import NotFound, Refused
from integrations.contract.identity import normalise_email
from integrations.providers.lawmatics.inbound import ALIASES
from integrations.providers.lawmatics.reading import Resource, attribute, one, related, related_id, text

NEWEST = {"sort_by": "created_at", "sort_order": "desc"}
CONTACTS = ("/v1/contacts", {"fields": "email,created_at", **NEWEST})
MATTERS = ("/v1/prospects", {"fields": "stage,status,sub_status,updated_at", "sort_by": "updated_at",
                             "sort_order": "desc"})  # fmt: skip
TRIES = 3
LEAST_LOCAL = 4
PART = "Asked for an address without its first letter."
OTHERS = ("contact.created", "matter.stage_changed", "matter_status_changed", "envelope.completed")
"""Event names of the other vocabulary; `form.submitted` is in both."""


def _rows(seen: Seen, path: str, query: Mapping[str, str]) -> Sequence[Resource]:
    body = seen.api.read(path, query)
    rows = body.get("data") if isinstance(body, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _unknown(words: str) -> Finding:
    return Finding("", words, "")


def _find(seen: Seen, email: str) -> tuple[str, Resource | None]:
    """Ask the e-mail finder; returns how a miss was spelled (empty for a hit) and the hit."""
    try:
        body = seen.api.read(f"/v1/contacts/find_by_email/{quote(email, safe='')}", {"fields": "email"})
    except NotFound:
        return "404", None
    hit = one(body, "contact")
    return ("null", None) if hit is None else ("", hit)


def finder_miss(seen: Seen) -> Finding:
    """A10: how the finder says that nobody has an address."""
    spelled, hit = _find(seen, f"nobody-{uuid.uuid4().hex}@casehug.example")
    if hit is not None:
        return Finding("hit", "It names somebody although nobody has the address.", "Asked for an invented address.")
    words = "It answers 404." if spelled == "404" else "It answers 200 without a contact."
    return Finding(spelled, words, "Asked for an invented address.")


def finder_match(seen: Seen) -> Finding:
    """A12: whether the finder matches parts of an address."""
    rows = [text(row, "email") for row in _rows(seen, *CONTACTS)]
    emails = [email for email in rows if len(email.partition("@")[0]) >= LEAST_LOCAL]
    for email in emails[:TRIES]:
        part = email[1:]
        spelled, hit = _find(seen, part)
        if spelled:
            return Finding("exact", "It finds whole addresses only.", PART)
        if hit is not None and normalise_email(text(hit, "email")) != normalise_email(part):
            return Finding("fuzzy", "It also finds parts of addresses.", PART)
    return _unknown("There is no contact with an e-mail to try it with.")


def same_email(seen: Seen) -> Finding:
    """A13, as far as reading goes: whether contacts there share an address."""
    emails = [normalise_email(text(row, "email")) for row in _rows(seen, *CONTACTS) if text(row, "email")]
    if len(emails) > len(set(emails)):
        return Finding("duplicate", "Several contacts may have the same e-mail.", "Seen among the newest contacts.")
    return _unknown("No two of the newest contacts share an e-mail; whether they could is only known after a write.")


def _filter(path: str, name: str, value: str, everything: tuple[str, Mapping[str, str]]) -> Callable[[Seen], Finding]:
    """Return a look that asks a list for something that does not exist: only an ignored filter returns rows."""

    def look(seen: Seen) -> Finding:
        evidence = f"Asked {path} by {name} for something that does not exist."
        try:
            rows = _rows(seen, path, {"filter_by": name, "filter_on": value, "fields": "created_at"})
        except Refused:
            return Finding("refused", "The list takes no such filter.", evidence)
        if rows:
            return Finding("ignored", "The filter is ignored: all records come back.", evidence)
        if not _rows(seen, *everything):
            return _unknown("The account has no records to try it with.")
        return Finding("honoured", "The filter works.", evidence)

    return look


def activities(seen: Seen) -> Finding:
    """Whether the activities of one contact can be listed: that is where a note is looked for."""
    newest = next((str(row["id"]) for row in _rows(seen, *CONTACTS) if row.get("id")), "0")
    query = {"filter_by": "contact_id", "filter_on": newest, "fields": "key,detail_keys,tracked,created_at"}
    try:
        rows = _rows(seen, "/v1/activities", query)
    except Refused:
        return Finding("refused", "They cannot be listed; notes are looked for among the newest notes.",
                       "Asked for the activities of one contact.")  # fmt: skip
    return Finding("listed", "They can be listed.", f"{len(rows)} activities of one contact.")


def changes(seen: Seen) -> Finding:
    """Whether matters come last changed first, with the time of the change: reading without webhooks needs both."""
    rows = _rows(seen, *MATTERS)
    if not rows:
        return _unknown("There is no matter yet.")
    times = [text(row, "updated_at") for row in rows]
    if not all(times):
        return Finding("undated", "Matters come without the time of their last change.", f"{len(rows)} matters read.")
    stamps = [moment for moment in map(_instant, times) if moment is not None]
    if stamps != sorted(stamps, reverse=True):
        return Finding("unsorted", "Matters do not come in the order of their changes.", f"{len(rows)} matters read.")
    return Finding("dated", "Matters come last changed first, with the time.", f"{len(rows)} matters read.")


def _instant(stamp: str) -> float | None:
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return None


def sub_status_effect(seen: Seen) -> Finding:
    """A17: whether a sub-status moves the main status."""
    parents = {_word(text(row, "name")): _word(text(row, "status"))
               for row in _rows(seen, "/v1/sub_statuses", {"fields": "name,status"})}  # fmt: skip
    pairs = [(parents[_word(text(row, "sub_status"))], _word(text(row, "status")))
             for row in _rows(seen, *MATTERS) if _word(text(row, "sub_status")) in parents]  # fmt: skip
    evidence = f"{len(pairs)} matters with a sub-status."
    if any(parent != status for parent, status in pairs):
        return Finding("independent", "Sub-status and main status move apart.", evidence)
    if any(parent != "pnc" for parent, _ in pairs):
        return Finding("linked", "The main status follows the sub-status.", evidence)
    return _unknown("No matter has a sub-status that would show it.")


def _word(name: str) -> str:
    return " ".join(name.split()).casefold()


def notes(seen: Seen) -> Finding:
    """A26, as far as reading goes: what notes hang on."""
    if seen.profile.get("note_target") == "matter":
        return Finding("matter", "Notes go to the matter: a note on a contact was refused.", "Learned from a sync.")
    owners = {kind for row in _rows(seen, "/v1/notes", {"fields": "notable", **NEWEST})
              for kind, _ in related(row, "notable")}  # fmt: skip
    if "contact" in owners:
        return Finding("contact", "Contacts have notes.", "Seen among the newest notes.")
    return _unknown("No contact has a note yet; the first sync tries it and goes to the matter if it is refused.")


def token_end(seen: Seen) -> Finding:
    """A5: whether the access ends by itself."""
    if seen.token_seconds is None:
        return Finding("non_expiring", "It does not end by itself.", "It came without an end.")
    return Finding("expiring", "It ends and is renewed by itself.", f"It came for {seen.token_seconds} seconds.")


def rate(seen: Seen) -> Finding:
    """A25: what the account allowed when it last refused."""
    if seen.rate is None:
        return _unknown("Lawmatics has never refused a request for being too many; it does not tell its limit.")
    return Finding(f"{seen.rate:.0f}", f"About {seen.rate:.0f} a minute were allowed.", "Learned from a refusal.")


def event_names(seen: Seen) -> Finding:
    """A31: whose names webhooks carry."""
    names = {name.strip().lower() for name in seen.event_types} & set(ALIASES)
    ours, theirs = names & set(OTHERS), names - set(OTHERS) - {"form.submitted"}
    evidence = f"{len(names)} kinds of events received."
    if ours and theirs:
        return Finding("both", "Both vocabularies arrive.", evidence)
    if ours or theirs:
        words = "The names of CaseHug's description." if ours else "Lawmatics' own names."
        return Finding("casehug" if ours else "lawmatics", words, evidence)
    return _unknown("No webhook has told yet.")


def field_ids(seen: Seen) -> Finding:
    """Whether custom fields inside records carry their id as text or as number."""
    for row in _rows(seen, "/v1/prospects", {"fields": "custom_fields", **NEWEST}):
        shown: Any = attribute(row, "custom_fields")
        for item in shown if isinstance(shown, list) else []:
            if isinstance(item, Mapping) and item.get("id") is not None:
                kind = "int" if isinstance(item["id"], int) else "string"
                words = "As a number." if kind == "int" else "As text."
                return Finding(kind, words, "Seen in one of the newest matters.")
    return _unknown("No matter has a custom field yet.")


def stage_shown(seen: Seen) -> Finding:
    """A8: whether a list of matters names the stage when it is asked for."""
    rows = _rows(seen, *MATTERS)
    if not rows:
        return _unknown("There is no matter yet.")
    with_stage = sum(bool(related_id(row, "stage")) for row in rows)
    if not with_stage:
        return _unknown("No matter among the last changed ones shows a stage.")
    return Finding("shown", "Yes.", f"{with_stage} of {len(rows)} matters.")


NOBODY = "nobody-here@casehug.example"
BEHAVIOURS = (
    Behaviour("finder_miss", "How does the e-mail search say that nobody was found?", "A10",
              "Both ways are understood; anything else stops a sync.", finder_miss),
    Behaviour("finder_match", "Does the e-mail search match parts of an address?", "A12",
              "Every hit is compared with the address that was asked for.", finder_match),
    Behaviour("same_email", "Can several contacts have the same e-mail?", "A13",
              "Contacts are searched before one is made.", same_email),
    Behaviour("contact_filter", "Can contacts be listed by e-mail?", "§3.1",
              "After an unanswered write: by list, or by the search alone.",
              _filter("/v1/contacts", "email", NOBODY, CONTACTS)),
    Behaviour("matter_filter", "Can matters be listed by contact?", "§3.1",
              "After an unanswered write: by list, or through the contact's own matters.",
              _filter("/v1/prospects", "contact_id", "0", MATTERS)),
    Behaviour("activities", "Can the activities of a contact be listed?", "§8",
              "After an unanswered write: where the note is looked for.", activities),
    Behaviour("notes", "What do notes hang on?", "A26", "Where the intake note goes when that is automatic.", notes),
    Behaviour("changes", "Do matters come last changed first?", "§9.4", "Reading changes without webhooks.", changes),
    Behaviour("stage_shown", "Do lists show a matter's stage?", "A8", "Reading changes without webhooks.", stage_shown),
    Behaviour("sub_status_effect", "Does a sub-status move the main status?", "A17",
              "Which of the two decides the status here.", sub_status_effect),
    Behaviour("field_ids", "How are custom fields numbered inside records?", "§10.1",
              "Both are understood.", field_ids),
    Behaviour("token_end", "Does the access end by itself?", "A5", "Whether it is renewed.", token_end),
    Behaviour("rate", "How many requests a minute are allowed?", "A25", "The pace of syncing.", rate),
    Behaviour("event_names", "Which names do webhooks carry?", "A31", "Both vocabularies are understood.", event_names),
)  # fmt: skip

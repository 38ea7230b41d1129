"""Looking for our records at Lawmatics: the verified e-mail finder, and the searches after an unanswered write."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import timedelta
from urllib.parse import quote

from integrations.contract.errors import NotFound, Refused
from integrations.contract.http import Api
from integrations.contract.identity import normalise_email, normalise_name
from integrations.contract.operations import Found, RemoteRef, Window
from integrations.contract.records import ContactRecord
from integrations.providers.lawmatics.reading import Resource, created, listed, one, related, related_id, text

# Never fields=all on people: it returns social security and driver's licence numbers.
PERSON_FIELDS = "first_name,last_name,email,phone,created_at"
MATTER_FIELDS = "case_title,case_blurb,contact,created_at"
SCAN_PAGES = 3
SCAN_SLACK = timedelta(seconds=60)
MATTERS_LOOKED_AT = 10


def find_contact(api: Api, record: ContactRecord) -> Found | None:
    """Search a contact by e-mail and verify the hit; None without an address. One call as a rule.

    The finder is fuzzy and returns its first match only: a hit under another primary address may be right by a
    secondary one, or hide the right contact. Both are decided by `/email_addresses` (one more call).
    """
    typed = str(record.email.value or "")
    wanted = normalise_email(typed)
    if "@" not in wanted:
        return None
    rows: dict[str, Resource] = {}
    for spelling in spellings(typed):
        if "/" in spelling:  # as a path segment it could end at another route, whose 404 would read like a miss
            found = list(with_email(api, spelling, wanted))
        else:
            hit = _ask_finder(api, spelling)
            if hit is None:
                continue
            verified = normalise_email(text(hit, "email")) == wanted
            found = [hit] if verified else list(_by_any_address(api, spelling, wanted, hit))
        rows |= {str(row["id"]): row for row in found}
    return _found(rows.values(), record)


def find_contact_again(
    api: Api, record: ContactRecord, window: Window, *, deep: bool, by_filter: bool = True
) -> Found:
    """Look for a contact whose create was not answered: all with its e-mail, then the newest of the window.

    `by_filter`: False when it is known that this account does not list contacts by e-mail.
    """
    wanted = normalise_email(str(record.email.value or ""))
    if "@" in wanted:
        try:
            if not by_filter:
                raise Refused
            forms = spellings(str(record.email.value))
            rows = {str(row["id"]): row for form in forms for row in with_email(api, form, wanted)}
            found = _found(rows.values(), record)
        except Refused:  # this list takes no such filter
            found = find_contact(api, record) or Found()
        if found.refs:
            return found
    if not deep:
        return Found()
    name = normalise_name(str(record.first_name.value or ""), str(record.last_name.value or ""))
    same = (name, _digits(str(record.phone.value or "")), wanted)
    newest = list(made_lately(api, "/v1/contacts", PERSON_FIELDS, window))
    return _found([row for row in newest if _same_contact(row, same)], record)


def find_matter(
    api: Api, contact_id: str, title: str, marker: str, window: Window, *, deep: bool, by_filter: bool = True
) -> Found:
    """Look for a matter by the marker in its description: among its contact's matters, then among the newest.

    The last resort is a new matter of the same contact with the same title whose description was left empty.
    """
    if contact_id:
        own = [row for row in _matters_of(api, contact_id, by_filter) if marker in text(row, "case_blurb")]
        if own or not deep:
            return _refs("matter", own, "case_title")
    if not deep:
        return Found()
    newest = list(made_lately(api, "/v1/prospects", MATTER_FIELDS, window))
    marked = [row for row in newest if marker in text(row, "case_blurb")]
    alike = [
        row
        for row in newest
        if related_id(row, "contact") == contact_id and text(row, "case_title") == title and not text(row, "case_blurb")
    ]
    return _refs("matter", marked or (alike if contact_id else []), "case_title")


def find_note(
    api: Api, owners: Iterable[tuple[str, str]], marker: str, window: Window, *, deep: bool, by_activity: bool = True
) -> Found:
    """Look for a note by its marker: in the activities of each owner (`contact_id` or `matter_id`, id), then in the

    newest notes of the window. An activity whose note was deleted still counts: the note was written.
    """
    for filter_name, owner_id in owners if by_activity else ():
        query = {"filter_by": filter_name, "filter_on": owner_id, "fields": "key,detail_keys,tracked,created_at"}
        rows = listed(api, "/v1/activities", query, most_pages=SCAN_PAGES)
        ids = {_noted(row) for row in rows if _notes(row, marker)}
        if ids:
            return Found(tuple(RemoteRef("note", found) for found in sorted(ids, key=_order)))
    if not deep:
        return Found()
    newest = made_lately(api, "/v1/notes", "name,body,created_at", window)
    return _refs("note", [row for row in newest if marker in text(row, "body")], "name")


def person_label(row: Resource) -> str:
    """Return what a person calls a contact."""
    return " ".join(f"{text(row, 'first_name')} {text(row, 'last_name')}".split())


def same_person(row: Resource, record: ContactRecord) -> bool:
    """Tell whether a contact bears the record's name; what is blank there agrees."""
    names = {"first_name": record.first_name, "last_name": record.last_name}
    there = {key: normalise_name(text(row, key), "") for key in names}
    return all(not there[key] or there[key] == normalise_name(str(leaf.value or ""), "") for key, leaf in names.items())


def _ask_finder(api: Api, email: str) -> Resource | None:
    """Both spellings of "no such contact" are a miss: 404 and 200 with `data: null`. Anything else raises."""
    try:
        body = api.read(f"/v1/contacts/find_by_email/{quote(email, safe='')}", {"fields": PERSON_FIELDS})
    except NotFound:
        return None
    return one(body, "contact")


def _by_any_address(api: Api, spelling: str, wanted: str, hit: Resource) -> Iterator[Resource]:
    """Yield every contact that really has this address, primary or secondary."""
    query = {"filter_by": "info", "filter_on": spelling, "fields": "label,info,informationable"}
    try:
        addresses = list(listed(api, "/v1/email_addresses", query, most_pages=SCAN_PAGES))
    except Refused:
        yield from with_email(api, spelling, wanted)
        return
    owners = [
        owner
        for row in addresses
        if normalise_email(text(row, "info")) == wanted
        for kind, owner in related(row, "informationable")
        if kind == "contact"
    ]
    for owner in dict.fromkeys(owners):
        known = hit if owner == str(hit["id"]) else _contact(api, owner, PERSON_FIELDS)
        if known is not None:
            yield known


def with_email(api: Api, spelling: str, wanted: str) -> Iterator[Resource]:
    """Yield every contact whose primary address is this one."""
    query = {"filter_by": "email", "filter_on": spelling, "fields": PERSON_FIELDS, "sort_by": "id", "sort_order": "asc"}
    for row in listed(api, "/v1/contacts", query, most_pages=SCAN_PAGES):
        if normalise_email(text(row, "email")) == wanted:
            yield row


def _matters_of(api: Api, contact_id: str, by_filter: bool) -> Iterator[Resource]:
    query = {"filter_by": "contact_id", "filter_on": contact_id, "fields": MATTER_FIELDS}
    try:
        if not by_filter:
            raise Refused
        yield from listed(api, "/v1/prospects", query, most_pages=SCAN_PAGES)
        return
    except NotFound:
        raise
    except Refused:  # no such filter: go through the contact's own list, newest first
        contact = _contact(api, contact_id, "prospects") or {}
    ids = sorted((found for _, found in related(contact, "prospects")), key=_order, reverse=True)
    for matter_id in ids[:MATTERS_LOOKED_AT]:
        row = one(api.read(f"/v1/prospects/{matter_id}", {"fields": MATTER_FIELDS}), "prospect")
        if row is not None:
            yield row


def made_lately(api: Api, path: str, fields: str, window: Window) -> Iterator[Resource]:
    """Yield the records made since the window opened, newest first, by Lawmatics' clock; at most 75."""
    query = {"fields": fields, "sort_by": "created_at", "sort_order": "desc"}
    for row in listed(api, path, query, most_pages=SCAN_PAGES):
        ahead = getattr(api, "clock_offset", timedelta(0))
        moment = created(row)
        if moment is not None and moment < window.since + ahead - SCAN_SLACK:
            return
        yield row


def _contact(api: Api, contact_id: str, fields: str) -> Resource | None:
    return one(api.read(f"/v1/contacts/{contact_id}", {"fields": fields}), "contact")


def _same_contact(row: Resource, same: tuple[str, str, str]) -> bool:
    name, phone, email = same
    if normalise_email(text(row, "email")) != email:
        return False
    row_name = normalise_name(text(row, "first_name"), text(row, "last_name"))
    return bool(email) or (row_name == name and _digits(text(row, "phone")) == phone)


def _found(rows: Iterable[Resource], record: ContactRecord) -> Found:
    ordered = sorted(rows, key=lambda row: _order(str(row["id"])))
    refs = tuple(RemoteRef("contact", str(row["id"]), person_label(row)) for row in ordered)
    return Found(refs, not ordered or same_person(ordered[0], record))


def _refs(kind: str, rows: Iterable[Resource], label: str) -> Found:
    ordered = sorted({str(row["id"]): row for row in rows}.items(), key=lambda pair: _order(pair[0]))
    return Found(tuple(RemoteRef(kind, found, text(row, label)) for found, row in ordered))


def _notes(row: Resource, marker: str) -> bool:
    """Tell whether an activity is the making of the note with this marker (`detail_keys` is an object or a list)."""
    details = (row.get("attributes") or {}).get("detail_keys")
    return text(row, "key") in ("", "note.create") and marker in json.dumps(details)


def _noted(row: Resource) -> str:
    return related_id(row, "tracked") or f"activity-{row['id']}"


def spellings(email: str) -> list[str]:
    """Return the forms in which an address may stand there: as typed, and with the domain in ASCII."""
    typed = unicodedata.normalize("NFKC", email).strip().lower()
    return list(dict.fromkeys((typed, normalise_email(email))))


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit())


def _order(identifier: str) -> tuple[int, str]:
    return (int(identifier) if identifier.isdigit() else 0, identifier)

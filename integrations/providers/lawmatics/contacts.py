"""Looking at single contacts in Lawmatics, for a person who compares them with a client here."""

from collections.abc import Sequence
from urllib.parse import quote

from integrations.contract.contacts import RemoteContact, RemoteContacts
from integrations.contract.errors import NotFound, Refused
from integrations.contract.http import Api
from integrations.contract.identity import normalise_email
from integrations.providers.lawmatics.finders import PERSON_FIELDS, person_label, spellings, with_email
from integrations.providers.lawmatics.reading import Resource, created, one, text


def read_one(api: Api, contact_id: str) -> RemoteContact:
    """Read one contact by its id. Raises `NotFound`, also for `data: null`."""
    row = one(api.read(f"/v1/contacts/{quote(contact_id, safe='')}", {"fields": PERSON_FIELDS}), "contact")
    if row is None:
        raise NotFound("Lawmatics does not know this contact.", status=404, code="not_found")
    return _contact(row)


def by_email(api: Api, email: str) -> Sequence[RemoteContact]:
    """List the contacts with this primary address, one call as a rule; nothing when the list takes no such filter."""
    wanted = normalise_email(email)
    if "@" not in wanted:
        return []
    try:
        rows = {str(row["id"]): row for spelling in spellings(email) for row in with_email(api, spelling, wanted)}
    except Refused:
        return []
    return [_contact(row) for row in rows.values()]


def _contact(row: Resource) -> RemoteContact:
    moment = created(row)
    return RemoteContact(
        id=str(row["id"]),
        name=person_label(row)[:200],
        email=text(row, "email")[:254],
        phone=text(row, "phone")[:40],
        created=moment.date().isoformat() if moment else "",
    )


CONTACTS = RemoteContacts(one=read_one, by_email=by_email)

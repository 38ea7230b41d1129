"""Create and change clients."""

import uuid
from datetime import date
from typing import Any, TypedDict, Unpack

from django.db import connection, transaction

from casehug.audit.services import record
from casehug.common.scope import current_firm_id
from casehug.intake import events
from casehug.intake.errors import Invalid, NotFound, Refused
from casehug.intake.identity import read_email
from casehug.intake.models import Client
from casehug.intake.models.clients import NAME_LENGTH
from casehug.intake.services.values import Checker
from casehug.intake.text import fold


class ClientChanges(TypedDict, total=False):
    """Fields of a client that can be changed; a missing key stays as it is."""

    first_name: str
    last_name: str
    email: str
    phone: str
    date_of_birth: date | None
    address: dict[str, Any]
    notes: str
    source_reference: str
    custom_fields: dict[str, Any]


def _apply(client: Client, changes: ClientChanges) -> None:
    check = Checker()
    if "first_name" in changes:
        client.first_name = check.line("first_name", changes["first_name"], limit=NAME_LENGTH)
    if "last_name" in changes:
        client.last_name = check.line("last_name", changes["last_name"], limit=NAME_LENGTH)
    if not client.first_name and not client.last_name:
        check.errors.setdefault("first_name", "Please give a name.")
    if "email" in changes:
        email = check.email("email", changes["email"])
        client.email, client.email_key = email.text, email.key
    if "phone" in changes:
        phone = check.phone("phone", changes["phone"])
        client.phone, client.phone_extension = phone.number, phone.extension
    if "date_of_birth" in changes:
        client.date_of_birth = check.birth_date("date_of_birth", changes["date_of_birth"])
    if "address" in changes:
        client.address = check.address("address", changes["address"])
    if "notes" in changes:
        client.notes = check.lines("notes", changes["notes"])
    if "source_reference" in changes:
        client.source_reference = check.line("source_reference", changes["source_reference"], limit=120)
    if "custom_fields" in changes:
        client.custom_fields = changes["custom_fields"]
    if check.errors:
        raise Invalid(check.errors)
    parts = (client.first_name, client.last_name, client.email, client.phone, client.source_reference)
    client.search_text = fold(" ".join(parts))


def build_client(values: ClientChanges) -> Client:
    """Return a checked client that is not stored yet. Raises Invalid."""
    client = Client()
    _apply(client, values)
    return client


@transaction.atomic
def create_client(**values: Unpack[ClientChanges]) -> Client:
    """Create a client; takes the fields of `ClientChanges` (a first or a last name is needed) and returns the row.

    An e-mail that another client has is allowed: families share addresses (`possible_duplicates` shows them).
    Publishes `client.created`. Raises Invalid.
    """
    client = build_client(values)
    client.save(force_insert=True)
    events.client_created(client)
    record(action="client.created", object_type="client", object_id=client.id)
    return client


def refuse_taken_email(email: str, *, besides: uuid.UUID | None = None) -> None:
    """Raise Refused (`email_taken`) when another client has this mailbox (for doors that allow each only once).

    Two requests with one new address come one after the other: the lock is held until the transaction ends.
    """
    try:
        key = read_email(email).key
    except ValueError:
        return  # empty, or refused by the check of the field itself
    with connection.cursor() as cursor:
        name = f"client-email:{current_firm_id()}:{key}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    if Client.objects.filter(email_key=key).exclude(id=besides).exists():
        raise Refused("email_taken", "Another client has this e-mail address.")


@transaction.atomic
def update_client(*, client_id: uuid.UUID, **changes: Unpack[ClientChanges]) -> Client:
    """Change the given fields of a client; returns the row. Raises NotFound, Invalid."""
    client: Client | None = Client.objects.select_for_update().filter(id=client_id).first()
    if client is None:
        raise NotFound("client")
    before = {field.attname: getattr(client, field.attname) for field in Client._meta.concrete_fields}
    _apply(client, changes)
    changed = sorted(name for name, value in before.items() if getattr(client, name) != value)
    if changed:
        client.save()
        record(action="client.updated", object_type="client", object_id=client.id, changes={"fields": changed})
    return client

"""A client who left something in every place there is, and a search that finds what is left of them."""

import base64
import io
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from casehug.common.encryption import DecryptionError, seal, unseal
from casehug.common.ids import public_id
from casehug.common.models import FirmModel, WorkItem
from casehug.common.secret import Secret
from casehug.firms.models import IdempotentRequest, Notice
from casehug.intake.models import CaseType, Client, Document, ImportBatch, ImportRow, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.links import create_intake_link
from casehug.intake.services.matters import create_matter
from casehug.intake.services.notes import add_note
from casehug.intake.services.portal import save_answers
from casehug.intake.services.upload_slots import announce_upload
from casehug.intake.services.uploads import upload_document
from casehug.outbox.models import OutboxEvent
from casehug.referrals.facts import CaseFacts, FileFacts, InvitationFacts
from casehug.referrals.models import Referral
from casehug.referrals.models.imports import CaseImport, CaseImportRow
from casehug.referrals.services.cases import receive_case
from casehug.referrals.services.files import receive_file
from casehug.referrals.services.invitations import receive_invitation
from integrations.inbound.store import pack
from integrations.models import (
    BulkRow,
    BulkRun,
    CallRecord,
    Connection,
    ContactKey,
    ExternalLink,
    InboundEndpoint,
    InboundEvent,
    QuarantinedEvent,
    RemoteIntent,
    SyncLog,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.proofs.rows import field_value, make_row

WORDS = ("zq7heron", "zq7.heron@client.example", "+12125550142")


@dataclass
class Trail:
    """Ids of a client whose words stand everywhere."""

    client: Client
    matter: Matter
    referral: Referral
    upload: uuid.UUID = field(default_factory=uuid.uuid4)


def sealed(row: models.Model, column: str, text: str | Secret) -> bytes:
    """Seal a text for a column of a row."""
    value = text if isinstance(text, Secret) else Secret(text)
    return seal(value, table=row._meta.db_table, column=column, row_id=row.pk)


def made(model: type[models.Model], **given: object) -> models.Model:
    """Save a row with what it needs and what is given."""
    row = model(**given)
    for one in model._meta.concrete_fields:
        is_set = one.name in given or one.attname in given or one.name in ("id", "firm_id", "created_at", "updated_at")
        if not is_set and not one.has_default() and not one.null and not (one.blank and not one.choices):
            setattr(row, one.name, field_value(one))
    return row


def save(row: models.Model) -> models.Model:
    """Insert the row."""
    row.save(force_insert=True)
    return row


def leave_trail(name: str = "Zq7Heron", email: str = "Zq7.Heron@client.example", phone: str = "+12125550142") -> Trail:
    """Make the client and everything about them in the open scope."""
    client = create_client(first_name="Mira", last_name=name, email=email, phone=phone, notes=f"{name} is private")
    case_type = CaseType.objects.get(key="divorce_standard")
    matter = create_matter(title=f"{name} v. {name}", case_type_id=case_type.id, client_id=client.id, description=name)
    link = create_intake_link(matter_id=matter.id)
    answers = {"last_name": name, "email": email, "statement": name}
    save_answers(matter_id=matter.id, link_id=link.link.id, answers=answers)
    add_note(matter_id=matter.id, body=f"Call {name}")
    document = Document.objects.filter(matter=matter).order_by("position")[0]
    content = io.BytesIO(b"%PDF-1.7\n" + name.encode() + os.urandom(4))
    upload = upload_document(document_id=document.id, file=content, filename=f"{name}.pdf")
    announce_upload(document_id=document.id, filename=f"{name}.pdf", content_type="application/pdf", size_bytes=5)
    referral = _referred(name, email, phone, matter)
    _imported(matter, name, email)
    _shared(client, matter, name, email)
    _outside(client, matter, name, email)
    return Trail(client, matter, referral, upload.id)


def _referred(name: str, email: str, phone: str, matter: Matter) -> Referral:
    facts = CaseFacts(first_name="Mira", last_name=name, email=email, phone=phone, summary=name)
    case = receive_case(facts=facts)
    receive_invitation(referral_id=case.id, facts=InvitationFacts())
    pdf = io.BytesIO(b"%PDF-1.7\n" + name.encode() + b" retainer")
    receive_file(referral_id=case.id, facts=FileFacts(key=f"file-{name}", name=f"{name}.pdf"), file=pdf)
    Referral.objects.filter(id=case.id).update(matter=matter)
    batch = make_row(CaseImport)
    save(made(CaseImportRow, case_import=batch, line=1, label=name, matter=matter, referral=case, outcome="handed"))
    save(made(CaseImportRow, case_import=batch, line=2, values={"email": email}, outcome="refused"))
    return case


def _imported(matter: Matter, name: str, email: str) -> None:
    batch = make_row(ImportBatch)
    save(made(ImportRow, batch=batch, line=2, raw=["Mira", name], values={"last_name": name}, outcome="imported",
              matter=matter))  # fmt: skip
    save(made(ImportRow, batch=batch, line=3, raw=["Mira", name, email], outcome="refused"))


def _shared(client: Client, matter: Matter, name: str, email: str) -> None:
    save(made(WorkItem, kind="nothing", queue="maintenance", subject_type="matter", subject_id=matter.id,
              next_attempt_at=timezone.now(), last_error_text=f"{name} was refused"))  # fmt: skip
    save(made(Notice, kind="sync", subject_id=matter.id, title="A sync failed", text=f"{name} v. {name}", url="/"))
    kept = made(IdempotentRequest, expires_at=timezone.now())
    kept.answer = sealed(kept, "answer", f'{{"id": "{public_id("cli", client.id)}", "last_name": "{name}"}}')  # type: ignore[attr-defined]
    save(kept)


def _outside(client: Client, matter: Matter, name: str, email: str) -> None:
    linked = Connection.objects.filter(provider="lawmatics").first() or Connection.objects.create(
        provider="lawmatics", state="connected", remote_firm="1", links_account="1"
    )
    tail = name[:3] + str(matter.id.int % 10**6)
    for kind, local in (("contact", client.id), ("matter", matter.id), ("note.intake_completed", matter.id)):
        save(made(ExternalLink, connection=linked, remote_firm="1", local_type=kind, local_id=local,
                  external_id=f"{kind[0]}{tail}", label=name))  # fmt: skip
    save(made(ContactKey, remote_firm="1", email_bidx=os.urandom(32), external_id=f"c{tail}"))
    call = made(CallRecord, connection=linked, matter_id=matter.id, made_at=timezone.now())
    call.content = sealed(call, "content", f'{{"last_name": "{name}"}}')  # type: ignore[attr-defined]
    save(call)
    intent = made(RemoteIntent, connection=linked, subject_id=matter.id, matter_id=matter.id, kind="matter",
                  outcome="applied", remote_id=f"m{tail}")  # fmt: skip
    intent.frozen = sealed(intent, "frozen", name)  # type: ignore[attr-defined]
    save(intent)
    save(made(SyncLog, connection=linked, matter_id=matter.id, status="failed", error_text=f"“{name}” is no name"))
    _run_of_the_referral(linked, matter, name)
    run = BulkRun.objects.create(connection=linked, choice="2 chosen", matched=1, remote_firm="1", status="planned")
    save(made(BulkRow, run=run, position=1, matter_id=matter.id, person=os.urandom(32), error_text=name))
    _events(linked, matter, name, email, tail)


def _run_of_the_referral(linked: Connection, matter: Matter, name: str) -> None:
    """A run about a case names the case where others name a matter, and its lines name the run alone."""
    case = Referral.objects.get(matter=matter)
    run = save(made(WorkItem, kind="nothing_of_a_case", queue="maintenance", subject_type="referral",
                    subject_id=case.id, status="done", next_attempt_at=timezone.now()))  # fmt: skip
    save(made(SyncLog, connection=linked, work_item_id=run.pk, status="failed", error_text=f"“{name}” is no name"))
    call = made(CallRecord, connection=linked, work_item_id=run.pk, matter_id=case.id, made_at=timezone.now())
    call.content = sealed(call, "content", f'{{"last_name": "{name}"}}')  # type: ignore[attr-defined]
    save(call)


def _events(linked: Connection, matter: Matter, name: str, email: str, tail: str) -> None:
    endpoint = InboundEndpoint.objects.filter(connection=linked).first()
    if endpoint is None:
        endpoint = InboundEndpoint(connection=linked, token_hash=os.urandom(32))
        endpoint.seal_token("t" * 22)
        save(endpoint)
    for number, about in enumerate(({"matter_id": matter.id}, {"matter_external_id": f"m{tail}"}, {})):
        event = made(InboundEvent, endpoint=endpoint, connection=linked, event_id=f"{tail}-{number}", result="logged",
                     received_at=timezone.now(), **about)  # fmt: skip
        event.payload = sealed(event, "payload", pack(f'{{"email": "{email}"}}'.encode()))  # type: ignore[attr-defined]
        save(event)
    strange = made(QuarantinedEvent, endpoint=endpoint, digest=os.urandom(32), size=9)
    strange.body = sealed(strange, "body", pack(f'{{"id": "m{tail}", "last": "{email}"}}'.encode()))  # type: ignore[attr-defined]
    save(strange)
    told = OutboxEvent.objects.filter(subject_id=matter.id).latest("created_at")
    hook = made(WebhookEndpoint, kind="webhook", events=["*"], version="1")
    hook.seal_url("https://hooks.example.com/")  # type: ignore[attr-defined]
    save(hook)
    delivery = made(WebhookDelivery, endpoint=hook, event_id=told.id, event_type=told.type, occurred_at=timezone.now())
    delivery.body = sealed(delivery, "body", f'{{"client": "{name}"}}')  # type: ignore[attr-defined]
    save(delivery)


def found(words: tuple[str, ...] = WORDS) -> list[str]:
    """Return every place that still holds one of the words: columns of all tables, what is sealed, names and files."""
    places = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND nspname = 'public' "
            "WHERE relkind = 'r' AND has_table_privilege(c.oid, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT lower(t::text) FROM "{table}" t')
            rows = [row[0] for row in cursor.fetchall()]
            places += [f"{table}: {word}" for word in words for row in rows
                       if word in row or word.encode().hex() in row]  # fmt: skip
    for model in (one for one in apps.get_models() if issubclass(one, FirmModel)):
        for column in (one.name for one in model._meta.concrete_fields if isinstance(one, models.BinaryField)):
            places += _sealed_places(model, column, words)
    for path in Path(settings.CASEHUG_MEDIA_DIR).rglob("*"):
        held = (path.read_bytes() if path.is_file() else b"") + str(path).encode()
        places += [f"{path}: {word}" for word in words if word in held.lower().decode("latin-1")]
    return places


def _sealed_places(model: type[models.Model], column: str, words: tuple[str, ...]) -> list[str]:
    places = []
    for row in model._default_manager.exclude(**{column: None}):
        try:
            text = unseal(getattr(row, column), table=model._meta.db_table, column=column, row_id=row.pk).reveal()
        except DecryptionError:
            continue
        try:
            text += base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except ValueError:
            pass
        places += [f"{model._meta.db_table}.{column}: {word}" for word in words if word in text.lower()]
    return places

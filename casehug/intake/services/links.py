"""Intake links: make, send, resolve, revoke. The raw token exists only in the answer of `create_intake_link`."""

import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.scope import assert_no_transaction, firm_scope
from casehug.common.secret import Secret
from casehug.firms.models import Firm
from casehug.intake import events
from casehug.intake.errors import NotFound, Refused
from casehug.intake.models import IntakeLink
from casehug.intake.services.locking import lock_matter

TOKEN_BYTES = 32
VALID_DAYS = 90
USE_NOTED_EVERY = timedelta(minutes=5)
PORTAL_PATH = "/portal/"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MAIL = """Hello,

{firm} has prepared your intake. Please open this link to answer a few questions and add your documents:

{url}

The link is for you alone and works until {until}. You can stop at any time and come back.
If you did not expect this message, please tell {firm}.
"""


@dataclass(frozen=True)
class NewLink:
    """A new link with its token, which is never readable again."""

    link: IntakeLink
    token: Secret

    @property
    def url(self) -> str:
        """The address the client opens. Show it once; keep it out of logs."""
        return f"{settings.CASEHUG_BASE_URL.rstrip('/')}{PORTAL_PATH}{self.token.reveal()}/"


@dataclass(frozen=True)
class PortalAccess:
    """What a valid token opens: one matter of one firm."""

    firm_id: uuid.UUID
    link_id: uuid.UUID
    matter_id: uuid.UUID


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def create_intake_link(*, matter_id: uuid.UUID) -> NewLink:
    """Make the matter's intake link (90 days); an earlier one ends. Raises NotFound, Refused (archived)."""
    matter = lock_matter(matter_id)
    now = timezone.now()
    replaced = IntakeLink.objects.filter(matter=matter, revoked_at=None).update(revoked_at=now)
    token = Secret(secrets.token_urlsafe(TOKEN_BYTES))
    link = IntakeLink.objects.create(
        matter=matter, token_hash=_hash(token.reveal()), expires_at=now + timedelta(days=VALID_DAYS)
    )
    record(action="intake_link.created", object_type="matter", object_id=matter.id, changes={"replaced": replaced})
    return NewLink(link, token)


@transaction.atomic
def record_link_sent(*, link_id: uuid.UUID, way: str) -> IntakeLink:
    """Note that the link went out (`way`: email or copied). Publishes `intake.link.sent` once per link."""
    found = IntakeLink.objects.filter(id=link_id).values_list("matter_id", flat=True).first()
    if found is None:
        raise NotFound("intake_link")
    lock_matter(found)
    link: IntakeLink = IntakeLink.objects.select_for_update().get(id=link_id)
    if link.state != "valid":
        raise Refused("link_not_valid", "This link no longer works. Make a new one.")
    if link.sent_at is None:
        link.sent_at, link.sent_way = timezone.now(), way
        link.save(update_fields=["sent_at", "sent_way", "updated_at"])
        events.intake_link_sent(link)
        record(action="intake_link.sent", object_type="matter", object_id=link.matter_id, changes={"way": way})
    return link


def email_intake_link(*, firm_id: uuid.UUID, matter_id: uuid.UUID) -> NewLink:
    """Make a new link and mail it to the client. Call it outside any scope: the mail server is an outside call.

    Raises NotFound; Refused when the matter has no client with an e-mail, or (`mail_failed`) when the mail server did
    not take the message: the link then exists and can be copied.
    """
    assert_no_transaction()
    with firm_scope(firm_id):
        matter = lock_matter(matter_id)
        address = matter.client.email if matter.client else ""
        if not address:
            raise Refused("client_without_email", "The client has no e-mail address. Copy the link instead.")
        new = create_intake_link(matter_id=matter_id)
        firm = Firm.objects.get(id=firm_id).name
    text = _MAIL.format(firm=firm, url=new.url, until=f"{new.link.expires_at:%B %d, %Y}")
    try:
        send_mail(f"Your intake with {' '.join(firm.split())}", text, settings.DEFAULT_FROM_EMAIL, [address])
    except OSError as error:  # smtplib's errors are OSErrors
        raise Refused("mail_failed", "The mail server did not take the message. Copy a new link instead.") from error
    with firm_scope(firm_id):
        record_link_sent(link_id=new.link.id, way="email")
    return new


@transaction.atomic
def revoke_intake_link(*, link_id: uuid.UUID) -> None:
    """End a link at once; a second call changes nothing. Raises NotFound."""
    link = IntakeLink.objects.select_for_update().filter(id=link_id).first()
    if link is None:
        raise NotFound("intake_link")
    if link.revoked_at is None:
        link.revoked_at = timezone.now()
        link.save(update_fields=["revoked_at", "updated_at"])
        record(action="intake_link.revoked", object_type="matter", object_id=link.matter_id)


def resolve_intake_link(token: str) -> PortalAccess | None:
    """Return what a token opens, or None when it is malformed, unknown, expired or revoked. Needs no firm scope."""
    if not _TOKEN.fullmatch(token):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT firm_id, link_id, matter_id FROM resolve_intake_link(%s)", [_hash(token)])
        row = cursor.fetchone()
    return PortalAccess(*row) if row else None


def note_link_use(*, link_id: uuid.UUID) -> None:
    """Remember that the portal was opened; written at most once in five minutes."""
    now = timezone.now()
    link = IntakeLink.objects.filter(id=link_id)
    link.filter(last_used_at=None).update(last_used_at=now)
    link.filter(last_used_at__lt=now - USE_NOTED_EVERY).update(last_used_at=now)

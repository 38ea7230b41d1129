"""Invitations: a link by e-mail, valid for a week and once. The link's secret is made when the mail is sent."""

import hashlib
import secrets
import smtplib
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.mail import EmailMessage
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from casehug.audit.services import record
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import assert_no_transaction, firm_scope
from casehug.common.work import Settlement
from casehug.firms.models import Firm, Membership, Role, TeamInvitation, User
from casehug.firms.team.errors import NotThere, TeamError

VALID = timedelta(days=7)
MAIL_KIND = "team_invitation"
MAIL_TROUBLE = "The mail server did not take the mail ({name}). It is tried again."


@dataclass(frozen=True)
class OpenInvitation:
    """What a valid link opens: an invitation of one firm, and whether its address has an account already."""

    firm_id: uuid.UUID
    firm_name: str
    invitation: TeamInvitation
    has_account: bool


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def open_ones() -> list[TeamInvitation]:
    """Return the invitations that wait for an answer, newest first. In the firm scope."""
    rows = TeamInvitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True)
    return list(rows.select_related("invited_by__user").order_by("-created_at"))


def invite(*, email: str, name: str, role: Role, invited_by: uuid.UUID) -> TeamInvitation:
    """Invite a person and queue the mail; an open invitation of the same address is renewed. In the firm scope.

    Raises `TeamError` when the address belongs to an active member.
    """
    address = email.strip()
    if Membership.objects.filter(user__email__iexact=address, active=True).exists():
        raise TeamError("This person is a member of your firm already. Change the role in the list below.")
    open_one = TeamInvitation.objects.filter(
        email__iexact=address, accepted_at__isnull=True, revoked_at__isnull=True
    ).first()
    row = open_one or TeamInvitation(email=address, token_hash=_hash(secrets.token_urlsafe(32)))
    row.name, row.role, row.invited_by_id, row.expires_at = name.strip(), role, invited_by, timezone.now() + VALID
    row.save()
    record(action="team.invited", object_type="invitation", object_id=row.id, changes={"role": str(role)})
    _queue_mail(row)
    return row


def send_again(*, invitation_id: uuid.UUID) -> None:
    """Renew an open invitation and send its mail once more; the earlier link ends. In the firm scope."""
    row = _open_one(invitation_id)
    row.expires_at = timezone.now() + VALID
    row.save()
    record(action="team.invitation_renewed", object_type="invitation", object_id=row.id)
    _queue_mail(row)


def revoke(*, invitation_id: uuid.UUID) -> None:
    """End an open invitation: its link opens nothing any more. In the firm scope."""
    row = _open_one(invitation_id)
    row.revoked_at = timezone.now()
    row.save()
    record(action="team.invitation_revoked", object_type="invitation", object_id=row.id)


def new_link(*, invitation_id: uuid.UUID) -> str:
    """Make a new link for handing over in another way and return it, once; the earlier link ends. In the scope."""
    row = _open_one(invitation_id)
    record(action="team.invitation_link", object_type="invitation", object_id=row.id)
    return _fresh_link(row)


def _open_one(invitation_id: uuid.UUID) -> TeamInvitation:
    row = TeamInvitation.objects.select_for_update().filter(id=invitation_id).first()
    if row is None:
        raise NotThere(str(invitation_id))
    if row.accepted_at or row.revoked_at:
        raise TeamError("This invitation was answered or withdrawn meanwhile.")
    found: TeamInvitation = row
    return found


def _fresh_link(row: TeamInvitation) -> str:
    token = secrets.token_urlsafe(32)
    row.token_hash = _hash(token)
    row.save(update_fields=["token_hash", "updated_at"])
    base: str = settings.CASEHUG_BASE_URL.rstrip("/")
    return base + reverse("team_join", args=[token])


def _queue_mail(row: TeamInvitation) -> None:
    work.enqueue(kind=MAIL_KIND, queue="maintenance", subject_type="invitation", subject_id=row.id,
                 lane=WorkItem.Lane.BUTTON, trigger="invite")  # fmt: skip


def run_mail(item: WorkItem) -> Settlement:
    """Handler of kind `team_invitation`: make the link, send it. A failed mail is tried again with a new link."""
    with firm_scope(item.firm_id):
        work.guard(item)
        try:
            row = _open_one(item.subject_id)
        except (NotThere, TeamError):
            return work.done()
        inviter = row.invited_by.user
        context = {"firm": Firm.objects.get(), "inviter": inviter, "link": _fresh_link(row), "until": row.expires_at}
        body = render_to_string("settings/mail/invitation.txt", {**context, "name": row.name})
        subject = f"Join {context['firm']} on CaseHug"
    assert_no_transaction()
    try:
        EmailMessage(subject, body, to=[row.email], headers={"Auto-Submitted": "auto-generated"}).send()
    except (OSError, smtplib.SMTPException) as error:
        # Never its text: it may hold the address.
        text = MAIL_TROUBLE.format(name=type(error).__name__)
        return work.retry(error_class="network", error_code="mail", error_text=text)
    with firm_scope(item.firm_id):
        TeamInvitation.objects.filter(id=row.id).update(sent_at=timezone.now())
    return work.done()


def resolve(token: str) -> OpenInvitation | None:
    """Return what a link's secret opens; None for anything that is unknown, answered, withdrawn or too old."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM resolve_team_invitation(%s)", [_hash(token)])
        found = cursor.fetchone()
    if found is None:
        return None
    with firm_scope(found[0]):
        row = TeamInvitation.objects.get(id=found[1])
        if row.accepted_at or row.revoked_at or row.expires_at <= timezone.now():
            return None
        known = User.objects.filter(email__iexact=row.email).exists()
        return OpenInvitation(found[0], Firm.objects.get().name, row, known)


def accept(
    *, firm_id: uuid.UUID, invitation_id: uuid.UUID, user: User | None, name: str = "", password: str = ""
) -> User:
    """Make the invited person a member: an existing user who is signed in, or a new account. Opens its own scope.

    Raises `TeamError` when the invitation is no longer open or belongs to another address, and Django's
    `ValidationError` for a password that is too weak.
    """
    with firm_scope(firm_id):
        row = _open_one(invitation_id)
        if row.expires_at <= timezone.now():
            raise TeamError("This invitation is too old. Ask your firm for a new one.")
        if user is not None and user.email.lower() != row.email.lower():
            raise TeamError("This invitation is for another e-mail address than the one you are signed in with.")
        if user is None:
            if User.objects.filter(email__iexact=row.email).exists():
                raise TeamError("There is an account with this address. Sign in first, then open the link again.")
            user = User(email=row.email, name=name.strip())
            validate_password(password, user)
            user.set_password(password)
            user.save()
        Membership.objects.update_or_create(user=user, defaults={"role": row.role, "active": True})
        row.accepted_at = timezone.now()
        row.save()
        record(action="team.joined", object_type="membership", object_id=user.id, changes={"role": row.role})
    return user

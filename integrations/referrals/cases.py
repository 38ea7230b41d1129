"""Which local referral, invitation or file an exchange's record stands for. Inside the firm scope."""

import uuid

from casehug.referrals.services.sending import mark_sent
from integrations.connections.ways import PATTERNS, onboarding_of
from integrations.contract.changes import Change, Kind
from integrations.inbound import wake
from integrations.models import Connection, ExternalLink, InboundEvent, RemoteIntent
from integrations.sync.decide import arrived

CASE, INVITATION = "referral", "invitation"
ANSWER, UPDATE, FILE = "invitation_answer", "case_update", "attachment"
"""Local types of the links; a sent case is linked under the same one by whoever sends it."""
MOST_ID = 80
RECEIVED = (Kind.REFERRAL_RECEIVED, Kind.REFERRAL_CREATED, Kind.REFERRAL_CHANGED, Kind.REFERRAL_STAGE)


def linked(connection: Connection, kind: str, external_id: str) -> uuid.UUID | None:
    """Return the local id behind a record of the connected account, None when it is not linked."""
    rows = ExternalLink.objects.filter(
        remote_firm=connection.remote_firm, local_type=kind, external_id=external_id, broken_at__isnull=True
    )
    found: uuid.UUID | None = rows.values_list("local_id", flat=True).first() if external_id else None
    return found


def link(connection: Connection, kind: str, local_id: uuid.UUID, external_id: str, *, how: str) -> None:
    """Link a local row with a record there; what waited for a case is processed once more.

    A link that a person confirmed without knowing the id there gets it; another id never replaces a known one.
    """
    values = {"connection": connection, "how": how, "external_id": external_id}
    row, made = ExternalLink.objects.get_or_create(
        remote_firm=connection.remote_firm, local_type=kind, local_id=local_id, defaults=values
    )
    if not made and not row.external_id and external_id and linked(connection, kind, external_id) is None:
        row.external_id = external_id
        row.save(update_fields=["external_id", "updated_at"])
    if kind == CASE:
        free(connection, external_id)


def free(connection: Connection, case_id: str) -> int:
    """Process again what came about a case before it was known here. Returns how many events."""
    rows = InboundEvent.objects.select_for_update().filter(
        connection=connection, matter_external_id=case_id, result=InboundEvent.Result.NO_MATTER, payload__isnull=False
    )
    waiting = list(rows.exclude(content="").order_by("received_at", "id"))
    InboundEvent.objects.filter(id__in=[event.id for event in waiting]).update(result="", reason="", processed_at=None)
    for event in waiting:
        wake.process(event, connection)
    return len(waiting)


def find(connection: Connection, change: Change) -> uuid.UUID | None:
    """Return the referral an event is about: by its link, or by the marker we sent with it, which then proves

    that an unanswered sending has arrived.
    """
    news = change.news
    if news is None or not news.case_id or len(news.case_id) > MOST_ID:
        return None
    found = linked(connection, CASE, news.case_id)
    if found is not None or not news.external_id:
        return found
    sent = RemoteIntent.objects.filter(connection=connection, kind=CASE, marker=news.external_id)
    subject: uuid.UUID | None = sent.values_list("subject_id", flat=True).first()
    if subject is not None:
        arrived(connection=connection, local_type=CASE, subject_id=subject, remote_id=news.case_id)
        link(connection, CASE, subject, news.case_id, how="reconciled")
        mark_sent(referral_id=subject, at=news.at, origin=origin(connection))
    return subject


def is_offered_to_us(connection: Connection, change: Change) -> bool:
    """Tell whether an event about an unknown case says that another firm refers it to this one."""
    news, us = change.news, connection.remote_firm
    if news is None or not news.case_id or len(news.case_id) > MOST_ID:
        return False
    if change.kind is Kind.REFERRAL_RECEIVED:
        return True
    if news.invitation is not None:
        return news.invitation.handler.id == us or (not news.invitation.handler.id and only_receives(connection))
    if news.case is not None and change.kind in RECEIVED:
        return news.case.handler.id == us != news.case.originator.id
    return False


def only_receives(connection: Connection) -> bool:
    """Tell whether the firm uses this account for receiving only."""
    declared = onboarding_of(connection)
    chosen = connection.settings.get(PATTERNS, ())
    return declared is not None and all(one.sends == "none" for one in declared.patterns if one.key in chosen)


def origin(connection: Connection) -> str:
    """Return how the outbox names this connection: nothing it told is echoed back to it."""
    return f"connection:{connection.id}"

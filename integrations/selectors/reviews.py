"""Matches to review: which links wait for a person, whose they are, what was done meanwhile, and what was decided."""

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.intake.models import Client, Matter
from integrations.contract.provider import Provider
from integrations.models import Connection, ExternalLink
from integrations.selectors.connections import user_names
from integrations.selectors.unsettled import place_of
from integrations.sync import reviews
from integrations.sync.message import Message
from integrations.sync.messages import message_for
from integrations.sync.operations import kind_of

SHOWN, DECIDED_SHOWN, DECIDED_READ = 100, 10, 60
DECIDED = {
    "match.kept": "Kept as it is",
    "match.moved": "Another record chosen",
    "match.not_this_person": "Not this person",
    "match.unlinked": "No longer used",
}


@dataclass(frozen=True)
class Review:
    """One link that waits for a person: what it is about here, and what the product did meanwhile."""

    link: ExternalLink
    about: str
    about_url: str
    message: Message

    @property
    def kind(self) -> str:
        """What kind of record it is, in one word."""
        return self.link.local_type.split(".")[0].replace("_", " ")

    @property
    def others(self) -> list[str]:
        """Ids of the other records that came into question when it was linked."""
        return [str(one) for one in self.link.review_ids if one and str(one) != self.link.external_id]


@dataclass(frozen=True)
class Decided:
    """One decision: who took it, when, about what."""

    what: str
    who: str
    at: datetime
    about: str
    about_url: str


def waiting(connection: Connection) -> "QuerySet[ExternalLink]":
    """Return the links of the connected account that wait for a person, longest unchanged first. In the firm scope."""
    rows = ExternalLink.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, broken_at__isnull=True
    )
    found: QuerySet[ExternalLink] = rows.exclude(needs_review="").order_by("updated_at", "id")
    return found


def reviews_of(connection: Connection, declared: Provider) -> list[Review]:
    """Return the first hundred that wait. In the firm scope."""
    found = list(waiting(connection)[:SHOWN])
    places = _places((link.local_type, link.local_id) for link in found)
    return [_review(link, declared, places) for link in found]


def review_of(link: ExternalLink, declared: Provider) -> Review:
    """Return one link as a match to review. In the firm scope."""
    return _review(link, declared, _places([(link.local_type, link.local_id)]))


def client_of(link: ExternalLink) -> Client | None:
    """Return the client a contact's link is for."""
    found: Client | None = Client.objects.filter(id=link.local_id).first()
    return found if link.local_type == reviews.CONTACT else None


def linked_matters(link: ExternalLink) -> int:
    """Count the matters of a contact's client that stand there already. In the firm scope."""
    if link.local_type != reviews.CONTACT:
        return 0
    mine = Matter.objects.filter(client_id=link.local_id).values("id")
    rows = ExternalLink.objects.filter(remote_firm=link.remote_firm, local_type="matter", local_id__in=mine)
    return int(rows.filter(broken_at__isnull=True).count())


def decided_lately(connection: Connection) -> list[Decided]:
    """Return the last decisions about this connection from the audit log, newest first. In the firm scope."""
    entries = AuditEntry.objects.filter(action__in=DECIDED).order_by("-seq")[:DECIDED_READ]
    mine = [one for one in entries if one.changes.get("connection") == str(connection.id)][:DECIDED_SHOWN]
    names = user_names(one.actor_id for one in mine)
    places = _places((one.object_type, one.object_id) for one in mine if one.object_id)
    return [
        Decided(DECIDED[one.action], names.get(one.actor_id, "—"), one.created_at,
                *places.get((one.object_type, one.object_id), ("", "")))
        for one in mine
    ]  # fmt: skip


def _review(link: ExternalLink, declared: Provider, places: dict[tuple[str, uuid.UUID], tuple[str, str]]) -> Review:
    about, url = places.get((link.local_type, link.local_id), ("", ""))
    return Review(link, about, url, message_for("review", link.needs_review, name=declared.name))


def _places(records: Iterable[tuple[str, uuid.UUID]]) -> dict[tuple[str, uuid.UUID], tuple[str, str]]:
    """Return what each record is called here and its page, with two questions however many they are."""
    wanted = set(records)
    people = {one for kind, one in wanted if kind == reviews.CONTACT}
    others = {one for kind, one in wanted if kind != reviews.CONTACT and not kind_of(kind)}
    names = {one.id: one.full_name for one in Client.objects.filter(id__in=people)} if people else {}
    titles = dict(Matter.objects.filter(id__in=others).values_list("id", "title")) if others else {}
    found: dict[tuple[str, uuid.UUID], tuple[str, str]] = {}
    for kind, one in wanted:
        if one in names:
            found[kind, one] = names[one], reverse("client", args=[one])
        elif one in titles:
            found[kind, one] = titles[one], reverse("matter", args=[one])
        elif kind_of(kind):
            with suppress(ObjectDoesNotExist):  # erased meanwhile
                name, of = place_of(kind, one)
                found[kind, one] = "A referred case", reverse(name, args=[of])
    return found

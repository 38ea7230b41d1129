"""Whom an erasure is about: every id that leads to the person, and the words that would show a trace."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from casehug.common.ids import public_id
from casehug.intake.models import Answer, Client, Document, IntakeLink, Matter, Note, Submission, Upload, UploadSlot
from casehug.referrals.models import Attachment, CaseUpdate, Invitation, InvitationAnswer, Referral

# The shortest word looked for: two letters would be found everywhere.
SHORTEST = 5


@dataclass(frozen=True)
class Subject:
    """A client with the ids of everything about the client, by kind."""

    client: Client
    ids: dict[str, list[uuid.UUID]] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[uuid.UUID]:
        """Return the ids of these kinds."""
        return [one for kind in kinds for one in self.ids.get(kind, [])]

    def everything(self) -> list[uuid.UUID]:
        """Return the ids of all kinds, the client's own among them."""
        return [self.client.id, *(one for ids in self.ids.values() for one in ids)]

    def words(self) -> list[str]:
        """Return what a trace would hold: address, number, full name (lower case). Only while the client is there."""
        client = self.client
        name = client.full_name if client.first_name and client.last_name else ""
        found = {client.email, client.email_key, client.phone, name}
        return sorted({one.strip().lower() for one in found if len(one.strip()) >= SHORTEST})

    def marks(self) -> list[str]:
        """Return what a body about the client would hold: words, and the public ids of client, matters, documents."""
        named = (("cli", [self.client.id]), ("mat", self.of("matter")), ("doc", self.of("document")),
                 ("upl", self.of("upload", "slot")), ("ref", self.of("referral")), ("lnk", self.of("link")),
                 ("inv", self.of("invitation")), ("att", self.of("attachment")),
                 ("upd", self.of("case_update")))  # fmt: skip
        ids = [public_id(prefix, one) for prefix, found in named for one in found]
        return [*self.words(), *ids, *(str(one) for one in self.everything())]


@dataclass
class Result:
    """What was erased: counts by what people call it, files to delete, records at the providers."""

    counts: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)
    remote: list[dict[str, str]] = field(default_factory=list)
    watched: set[uuid.UUID] = field(default_factory=set)
    """Subjects beside the client's own whose work must not be running while the rows go."""

    def watch(self, ids: Iterable[uuid.UUID]) -> None:
        """Have the erasure wait for running work about these: it could bring back what was just deleted."""
        self.watched.update(ids)

    def delete(self, label: str, rows: Any) -> None:
        """Delete rows (nothing may point at them any more) and count them."""
        self.counts[label] += rows._raw_delete(rows.db) or 0

    def note(self, label: str, count: int) -> None:
        """Count rows that were blanked."""
        self.counts[label] += count


def holds(text: str, marks: Iterable[str]) -> bool:
    """Tell whether a body holds one of the marks."""
    folded = text.lower()
    return any(mark in folded for mark in marks)


def subject_of(client: Client) -> Subject:
    """Return the client with everything that belongs to them, as it is now. In the firm scope."""

    def ids(rows: Any) -> list[uuid.UUID]:
        return list(rows.values_list("id", flat=True))

    matters = ids(Matter.objects.filter(client=client))
    documents = ids(Document.objects.filter(matter_id__in=matters))
    submissions = ids(Submission.objects.filter(matter_id__in=matters))
    about = Q(matter_id__in=matters)
    if client.email_key:
        # A case that came from another firm and was never made a matter here: the same person by address and name.
        about |= Q(matter=None, email__iexact=client.email, last_name__iexact=client.last_name)
    referrals = ids(Referral.objects.filter(about))
    invitations = ids(Invitation.objects.filter(referral_id__in=referrals))
    return Subject(client, {
        "matter": matters, "document": documents, "submission": submissions, "referral": referrals,
        "invitation": invitations,
        "upload": ids(Upload.objects.filter(document_id__in=documents)),
        "slot": ids(UploadSlot.objects.filter(document_id__in=documents)),
        "note": ids(Note.objects.filter(matter_id__in=matters)),
        "link": ids(IntakeLink.objects.filter(matter_id__in=matters)),
        "answer": ids(Answer.objects.filter(submission_id__in=submissions)),
        "attachment": ids(Attachment.objects.filter(referral_id__in=referrals)),
        "case_update": ids(CaseUpdate.objects.filter(referral_id__in=referrals)),
        "invitation_answer": ids(InvitationAnswer.objects.filter(invitation_id__in=invitations)),
    })  # fmt: skip

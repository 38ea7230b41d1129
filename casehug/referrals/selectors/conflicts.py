"""The conflict check's hits: who and what this firm already knows under the names of a referred case."""

import uuid
from dataclasses import dataclass

from casehug.intake.identity import email_key
from casehug.intake.models import Answer, Client, Matter
from casehug.intake.selectors.search import possible_duplicates
from casehug.intake.text import fold
from casehug.referrals.models import Referral

LIMIT = 20


@dataclass(frozen=True)
class Hit:
    """One hit: what was found, why it is shown, and the page that shows it (`client` or `matter` with its id)."""

    kind: str
    id: uuid.UUID
    label: str
    reason: str


def hits(referral: Referral) -> list[Hit]:
    """Return clients and matters that share a mailbox, a number or a name with the referred person."""
    last = fold(referral.last_name)
    found = {(one.kind, one.id): one for one in [*_matters(referral, last), *_answers(referral, last)]}
    own = {("matter", referral.matter_id)}
    return [*_clients(referral), *(one for key, one in found.items() if key not in own)][:LIMIT]


def _clients(referral: Referral) -> list[Hit]:
    alike = possible_duplicates(
        first_name=referral.first_name, last_name=referral.last_name, email=referral.email, phone=referral.phone,
        limit=LIMIT,
    )  # fmt: skip
    return [Hit("client", one.id, one.full_name, _why(one, referral)) for one in alike]


def _why(client: Client, referral: Referral) -> str:
    if referral.email and client.email_key == email_key(referral.email):
        return "Client with the same e-mail address"
    if fold(client.full_name) == fold(referral.client_name):
        return "Client with the same name"
    return "Client with the same phone number"


def _matters(referral: Referral, last: str) -> list[Hit]:
    if len(last) < 3:
        return []
    rows = Matter.objects.filter(search_text__contains=last).order_by("-updated_at")[:LIMIT]
    return [Hit("matter", one.id, one.title, f"The matter's title names “{referral.last_name}”") for one in rows]


def _answers(referral: Referral, last: str) -> list[Hit]:
    """Opposing parties and others whom clients named in their answers."""
    full = f"{referral.first_name} {referral.last_name}".strip()
    if len(last) < 3 or not referral.first_name:
        return []
    rows = Answer.objects.filter(value__icontains=full).select_related("submission__matter")[:LIMIT]
    return [
        Hit("matter", one.submission.matter_id, one.submission.matter.title, f"“{one.label}” names “{full}”")
        for one in rows
    ]

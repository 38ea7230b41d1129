"""An accepted case becomes a matter of the firm, once: client, case type, files, and the link both ways."""

import uuid

from django.db import transaction

from casehug.audit.services import record
from casehug.intake.models import CaseType, Client
from casehug.intake.selectors.search import possible_duplicates
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.referrals import events
from casehug.referrals.choices import choices
from casehug.referrals.errors import Invalid, NotFound, Refused
from casehug.referrals.models import Referral
from casehug.referrals.services.files import copy_files
from casehug.referrals.services.locking import lock_referral


def mapped_case_type(referral: Referral) -> CaseType | None:
    """Return our case type for the exchange's word, None when it is unmapped."""
    key = choices().case_type_key(referral.case_type)
    return CaseType.objects.filter(key=key, active=True).first() if key else None


def like_clients(referral: Referral) -> list[Client]:
    """Return clients of this firm who may be the referred person."""
    return possible_duplicates(
        first_name=referral.first_name, last_name=referral.last_name, email=referral.email, phone=referral.phone
    )


def make_matter_if_clear(*, referral_id: uuid.UUID) -> bool:
    """Make the matter when nothing has to be decided: case type mapped, nobody alike, all values usable.

    Otherwise the case waits for a person. Returns whether there is a matter now.
    """
    referral = lock_referral(referral_id)
    case_type = mapped_case_type(referral)
    if referral.matter_id is None and (case_type is None or like_clients(referral)):
        return False
    try:
        with transaction.atomic():
            accept_makes_matter(referral_id=referral_id, case_type_id=case_type.id if case_type else None)
    except (Invalid, Refused):
        return False  # the page shows what a person has to decide
    return True


def make_waiting_matters() -> int:
    """Make the matters of accepted cases that waited for a case type and are clear now. Returns how many."""
    waiting = Referral.objects.filter(direction="in", state=Referral.State.ACCEPTED, matter=None)
    known = [one.id for one in waiting.order_by("created_at", "id") if mapped_case_type(one) is not None]
    return sum(make_matter_if_clear(referral_id=one) for one in known)


@transaction.atomic
def accept_makes_matter(
    *, referral_id: uuid.UUID, case_type_id: uuid.UUID | None = None, client_id: uuid.UUID | None = None
) -> Referral:
    """Make the matter of an accepted case, once: a second call returns the same. Copies the files it has.

    Without `client_id` a new client is made. Returns the referral with its matter; publishes
    `referral.state_changed`. Raises NotFound, Invalid (`case_type_id`, client fields), Refused (not accepted).
    """
    referral = lock_referral(referral_id)
    if referral.matter_id is not None:
        copy_files(referral=referral)
        return referral
    if referral.direction != Referral.Direction.IN or referral.state != Referral.State.ACCEPTED:
        raise Refused("not_accepted", "A matter is made once the case is accepted.")
    chosen = case_type_id or getattr(mapped_case_type(referral), "id", None)
    if chosen is None:
        raise Invalid({"case_type_id": "This case type is not mapped yet. Please choose one of yours."})
    client = _client(referral, client_id)
    matter = create_matter(
        source="person" if case_type_id else "referral", title=_title(referral, client), case_type_id=chosen,
        client_id=client.id, state=referral.place, description=referral.summary[:20_000],
    )  # fmt: skip
    referral.matter = matter
    referral.save(update_fields=["matter", "updated_at"])
    copy_files(referral=referral)
    events.about_case("state_changed", referral, what="matter")
    changes = {"matter_id": str(matter.id)}
    record(action="referral.matter_made", object_type="referral", object_id=referral.id, changes=changes)
    return referral


def _client(referral: Referral, client_id: uuid.UUID | None) -> Client:
    if client_id is not None:
        found: Client | None = Client.objects.filter(id=client_id).first()
        if found is None:
            raise NotFound("client")
        return found
    if not (referral.first_name or referral.last_name):
        raise Invalid({"client": "The sender told no name. Choose a client of yours for this case."})
    values = {"first_name": referral.first_name, "last_name": referral.last_name, "phone": referral.phone}
    try:
        return create_client(email=referral.email, **values)  # type: ignore[arg-type]
    except Invalid as error:
        if set(error.fields) != {"email"}:
            raise
        # An address nobody can use is no reason to lose the case: it stays readable on the referral.
        return create_client(**values)  # type: ignore[arg-type]


def _title(referral: Referral, client: Client) -> str:
    return f"{client.full_name}: {referral.case_type or 'referred case'}"[:300]

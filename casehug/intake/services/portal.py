"""What the client does in the portal: answer group by group, then send."""

import uuid
from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.intake.data.questions import IDENTITY_KEYS
from casehug.intake.errors import Invalid, Refused
from casehug.intake.models import Answer, Client, Matter, Submission
from casehug.intake.services.answers import read_answer
from casehug.intake.services.clients import ClientChanges, create_client, update_client
from casehug.intake.services.locking import lock_matter

SENT_TEXT = "Your answers have been sent. Please tell the firm if something changed."


def _open_submission(matter: Matter, link_id: uuid.UUID | None, source: str) -> Submission:
    submission, _ = Submission.objects.get_or_create(matter=matter, source=source, defaults={"link_id": link_id})
    if submission.submitted_at is not None:
        raise Refused("already_submitted", SENT_TEXT)
    found: Submission = submission
    return found


@transaction.atomic
def save_answers(
    *,
    matter_id: uuid.UUID,
    answers: Mapping[str, str],
    link_id: uuid.UUID | None = None,
    source: str = Submission.Source.PORTAL,
) -> Submission:
    """Save the answers of one group, by question key; keys that are no question are ignored, empty ones are removed.

    Returns the open submission. Raises Invalid (by question key; then nothing is saved), NotFound,
    Refused (`already_submitted`, `matter_archived`).
    """
    matter = lock_matter(matter_id)
    submission = _open_submission(matter, link_id, source)
    if link_id is not None and submission.link_id != link_id:
        submission.link_id = link_id
        submission.save(update_fields=["link", "updated_at"])
    errors: dict[str, str] = {}
    now = timezone.now()
    for question in matter.case_type.questions:
        key = question["key"]
        if key not in answers:
            continue
        try:
            value = read_answer(question, answers[key])
        except ValueError as error:
            errors[key] = str(error)
            continue
        if not value and question["required"]:
            errors[key] = "Please answer this."
            continue
        row = Answer.objects.filter(submission=submission, question_key=key)
        if not value:
            row.delete()
        elif not row.filter(value=value).exists():
            Answer.objects.update_or_create(
                submission=submission,
                question_key=key,
                defaults={"label": question["label"], "value": value, "answered_at": now},
            )
    if errors:
        raise Invalid(errors)
    return submission


def missing_answers(*, matter: Matter, submission: Submission | None) -> list[str]:
    """Return the keys of required questions without an answer."""
    given = set(Answer.objects.filter(submission=submission).values_list("question_key", flat=True))
    return [each["key"] for each in matter.case_type.questions if each["required"] and each["key"] not in given]


def _fill_identity(matter: Matter, submission: Submission) -> None:
    """Fill what the client record does not hold. A value that differs stays: the answer shows it to the firm."""
    given = dict(
        Answer.objects.filter(submission=submission, question_key__in=IDENTITY_KEYS).values_list(
            "question_key", "value"
        )
    )
    values: ClientChanges = {
        "first_name": given.get("first_name", ""),
        "last_name": given.get("last_name", ""),
        "email": given.get("email", ""),
        "phone": given.get("phone", ""),
        "date_of_birth": date.fromisoformat(given["date_of_birth"]) if "date_of_birth" in given else None,
    }
    if matter.client is None:
        matter.client = create_client(**values)
        matter.save(update_fields=["client", "updated_at"])
        return
    client: Client = matter.client
    blank: ClientChanges = {}
    for key in IDENTITY_KEYS:
        if not getattr(client, key) and values[key]:  # type: ignore[literal-required]
            blank[key] = values[key]  # type: ignore[literal-required]
    if blank:
        update_client(client_id=client.id, **blank)


@transaction.atomic
def complete_portal(*, matter_id: uuid.UUID, source: str = Submission.Source.PORTAL) -> Submission:
    """Send the answers to the firm. Documents may still be open: the client can come back and add them.

    Returns the submission; a second call changes nothing. Raises Invalid with the required questions that have no
    answer, NotFound, Refused (`matter_archived`).
    """
    matter = lock_matter(matter_id)
    submission, _ = Submission.objects.get_or_create(matter=matter, source=source)
    if submission.submitted_at is not None:
        return submission  # type: ignore[no-any-return]
    missing = missing_answers(matter=matter, submission=submission)
    if missing:
        raise Invalid(dict.fromkeys(missing, "Please answer this."))
    _fill_identity(matter, submission)
    submission.submitted_at = timezone.now()
    submission.save(update_fields=["submitted_at", "updated_at"])
    matter.save(update_fields=["updated_at"])
    change = {"source": source}
    record(action="intake.submitted", object_type="matter", object_id=matter.id, changes=change)
    return submission  # type: ignore[no-any-return]

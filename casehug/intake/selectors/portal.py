"""What the client may see of a matter: the questions with the answers given, the checklist, and nothing internal."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casehug.intake.errors import NotFound
from casehug.intake.models import Answer, Matter, Submission
from casehug.intake.selectors.documents import Checklist, checklist


@dataclass(frozen=True)
class QuestionView:
    """One question with what the client answered, or what the firm already knows (`prefilled`)."""

    key: str
    label: str
    kind: str
    help: str
    required: bool
    options: tuple[str, ...]
    value: str
    prefilled: bool


@dataclass(frozen=True)
class GroupView:
    """One topic. `answered` of `total` questions; `complete` when no required one is open."""

    name: str
    questions: tuple[QuestionView, ...]
    answered: int
    complete: bool


@dataclass(frozen=True)
class PortalView:
    """The portal of one matter. The matter's title is the firm's own and is not in here."""

    matter_name: str
    blurb: str
    first_name: str
    groups: tuple[GroupView, ...]
    checklist: Checklist
    submitted_at: datetime | None
    approved_at: datetime | None

    @property
    def everything_in(self) -> bool:
        """Whether the answers were sent and every required item came in."""
        return self.submitted_at is not None and self.checklist.given == self.checklist.total


def _known(matter: Matter) -> dict[str, str]:
    client = matter.client
    if client is None:
        return {}
    born = client.date_of_birth.isoformat() if client.date_of_birth else ""
    return {
        "first_name": client.first_name,
        "last_name": client.last_name,
        "email": client.email,
        "phone": client.phone_display,
        "date_of_birth": born,
    }


def _question(entry: dict[str, Any], given: dict[str, str], known: dict[str, str]) -> QuestionView:
    key = entry["key"]
    value = given.get(key) or known.get(key, "")
    return QuestionView(
        key=key,
        label=entry["label"],
        kind=entry["kind"],
        help=entry["help"],
        required=entry["required"],
        options=tuple(entry["options"]),
        value=value,
        prefilled=bool(value) and key not in given,
    )


def portal_view(matter_id: uuid.UUID) -> PortalView:
    """Return the portal of a matter. Raises NotFound."""
    matter = Matter.objects.select_related("client", "case_type").filter(id=matter_id).first()
    if matter is None:
        raise NotFound("matter")
    submission = Submission.objects.filter(matter=matter, source=Submission.Source.PORTAL).first()
    rows = Answer.objects.filter(submission=submission) if submission else Answer.objects.none()
    given = dict(rows.values_list("question_key", "value"))
    known = _known(matter)
    groups: dict[str, list[QuestionView]] = {}
    for entry in matter.case_type.questions:
        groups.setdefault(entry["group"], []).append(_question(entry, given, known))
    return PortalView(
        matter_name=matter.case_type.name,
        blurb=matter.case_type.blurb,
        first_name=matter.client.first_name if matter.client else "",
        groups=tuple(
            GroupView(
                name,
                tuple(questions),
                sum(each.key in given for each in questions),
                all(each.key in given for each in questions if each.required),
            )
            for name, questions in groups.items()
        ),
        checklist=checklist(matter_id),
        submitted_at=submission.submitted_at if submission else None,
        approved_at=matter.intake_approved_at,
    )

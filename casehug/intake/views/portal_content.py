"""What the portal's pages add to `portal_view`: how checklist items look to the client, the steps, the frame."""

import contextlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format

from casehug.intake.files import EXTENSIONS, kinds_in_words
from casehug.intake.forms.portal import option_label
from casehug.intake.models import DocumentStatus, Upload
from casehug.intake.selectors.documents import Checklist
from casehug.intake.selectors.portal import GroupView, PortalView, QuestionView
from casehug.intake.views.portal_access import Visit

SECONDS_PER_QUESTION = {"longtext": 90}
BADGES = {"pending": ("requested", "Still needed"), "uploaded": ("done", "Received"),
          "approved": ("approved", "Accepted"), "rejected": ("rejected", "Please send again")}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One document on the checklist as the client sees it; `document` carries `current_uploads`."""

    document: Any

    @property
    def is_back(self) -> bool:
        """Whether the firm sent it back."""
        return bool(self.document.status == DocumentStatus.REJECTED)

    @property
    def files(self) -> list[Upload]:
        """The files that count."""
        return [] if self.is_back else list(self.document.current_uploads)

    @property
    def earlier(self) -> list[Upload]:
        """The files that were sent back."""
        return list(self.document.current_uploads) if self.is_back else []

    @property
    def badge(self) -> tuple[str, str]:
        """State and word of the badge."""
        state, label = BADGES[self.document.status]
        if self.document.status == DocumentStatus.PENDING and not self.document.required:
            return state, "If you have it"
        return state, label

    @property
    def is_open(self) -> bool:
        """Whether files can be added."""
        return bool(self.document.status != DocumentStatus.APPROVED)

    @property
    def may_remove(self) -> bool:
        """Whether the client can still take a file back."""
        return bool(self.document.status == DocumentStatus.UPLOADED)

    @property
    def accept(self) -> str:
        """The accept attribute of the file field."""
        found = [EXTENSIONS[kind] for kind in self.document.accepted_types if kind in EXTENSIONS]
        return ",".join([*found, ".jpeg"] if ".jpg" in found else found)

    @property
    def accept_words(self) -> str:
        """Accepted kinds in words."""
        return kinds_in_words(self.document.accepted_types)

    @property
    def pick_label(self) -> str:
        """What the upload field says."""
        return "Add another page or file" if self.files else "Choose a file or take a photo"

    @property
    def max_bytes(self) -> int:
        """Largest file."""
        return int(self.document.max_size_mb) * 1024 * 1024


def grouped_items(checklist: Checklist) -> list[tuple[str, list[Item]]]:
    """Return the checklist in its groups."""
    return [(group.category, [Item(document) for document in group.documents]) for group in checklist.groups]


def all_items(checklist: Checklist) -> list[Item]:
    """Return every item in order."""
    return [Item(document) for document in checklist.documents]


@dataclass(frozen=True)
class Part:
    """One topic of the questionnaire with its number and, for reading back, the answers in words."""

    number: int
    group: GroupView

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Question and answer, in order."""
        return [(each.label, _in_words(each)) for each in self.group.questions if each.value and not each.prefilled]

    @property
    def missing(self) -> list[str]:
        """Required questions without an answer."""
        return [each.label for each in self.group.questions if each.required and (not each.value or each.prefilled)]

    @property
    def is_done(self) -> bool:
        """Whether the client answered it and nothing required is open."""
        return self.group.answered > 0 and self.group.complete


def _in_words(question: QuestionView) -> str:
    if question.kind == "date":
        with contextlib.suppress(ValueError):
            return date_format(date.fromisoformat(question.value), "j F Y")
    return option_label(question.value) if question.kind in ("yesno", "choice") else question.value


def parts_of(content: PortalView) -> list[Part]:
    """Return the topics, numbered from 1."""
    return [Part(number, group) for number, group in enumerate(content.groups, start=1)]


def minutes_needed(content: PortalView) -> int:
    """Return about how long the questions take, in steps of five minutes."""
    kinds = [question.kind for group in content.groups for question in group.questions]
    return max(5, -(-sum(SECONDS_PER_QUESTION.get(kind, 20) for kind in kinds) // 300) * 5)


def _steps(visit: Visit, current: str) -> list[dict[str, Any]]:
    if visit.content.submitted_at:
        names: list[tuple[str, str, str, list[int]]] = [
            ("done", "Overview", "portal_done", []),
            ("documents", "Documents", "portal_documents", []),
        ]
    else:
        names = [
            ("questions", "Questions", "portal_questions", [1]),
            ("documents", "Documents", "portal_documents", []),
            ("send", "Check and send", "portal_send", []),
        ]
    done = {"questions": all(part.is_done for part in parts_of(visit.content))}
    return [
        {"label": label, "url": reverse(name, args=[visit.token, *args]), "current": key == current,
         "done": done.get(key, False)}
        for key, label, name, args in names
    ]  # fmt: skip


def frame(visit: Visit, current: str) -> dict[str, Any]:
    """Return the portal's frame: firm, matter, contact and the steps."""
    firm = visit.firm
    text = "" if firm.phone or firm.email else "Please call or write as you usually do."
    portal = {
        "firm_name": firm.name,
        "colour": firm.brand_color,
        "matter_title": visit.content.matter_name,
        "contact": {"phone": firm.phone, "email": firm.email, "text": text},
        "steps": _steps(visit, current) if current else [],
    }
    return {"portal": portal, "token": visit.token, "content": visit.content}

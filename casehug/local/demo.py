"""The demo firms: people of every role, matters in every state of an intake, one portal link. Invented names only.

Loading again changes no matter; it gives the people new passwords, a new API key and a new portal link.
"""

import io
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.models import ApiKey, Role, User
from casehug.firms.services import add_member, create_firm
from casehug.intake.models import CaseType, Document, Matter, Submission
from casehug.intake.services.clients import create_client
from casehug.intake.services.documents import approve_document
from casehug.intake.services.links import create_intake_link
from casehug.intake.services.matters import create_matter
from casehug.intake.services.notes import add_note
from casehug.intake.services.portal import complete_portal, save_answers
from casehug.intake.services.uploads import upload_document

SCOPES = [
    "matters:read", "matters:write", "clients:read", "clients:write", "documents:read", "documents:write",
    "webhooks:read", "webhooks:write", "firms:read", "firms:write",
]  # fmt: skip

FIRMS = {
    "alder-finch": ("Alder & Finch Family Law", (
        ("admin@alder-finch.example", "Dana Alder", Role.ADMIN),
        ("attorney@alder-finch.example", "Noor Finch", Role.ATTORNEY),
        ("staff@alder-finch.example", "Sam Okoro", Role.STAFF),
        ("auditor@alder-finch.example", "Lee Brandt", Role.AUDITOR),
    )),
    "northgate": ("Northgate Law", (("admin@northgate.example", "Kim Osei", Role.ADMIN),)),
}  # fmt: skip
OPERATOR = "operator@casehug.example"


@dataclass(frozen=True)
class Story:
    """One demo matter: how far its intake is (`new`, `answered`, `one_left`)."""

    title: str
    case_type: str
    state: str
    first_name: str
    last_name: str
    email: str
    phone: str
    progress: str


STORIES = (
    Story("Quill — divorce", "divorce_standard", "CA", "Maya", "Quill", "maya@example.com", "(415) 555-0142", "new"),
    Story("Abara — custody", "custody_only", "TX", "Tobi", "Abara", "tobi@example.com", "(512) 555-0178", "one_left"),
    Story("Lindqvist — divorce", "divorce_standard", "WA", "Åsa", "Lindqvist", "asa@example.com", "", "answered"),
    Story("Quill — later order", "post_decree", "CA", "Maya", "Quill", "MAYA@example.com", "", "answered"),
    Story("Moreau — child support", "child_support", "NY", "Luc", "Moreau", "", "(212) 555-0119", "one_left"),
)

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def load() -> dict[str, Any]:
    """Create what is missing; return `users` (with passwords), `api_key` and `portal_url` for the summary."""
    users: list[dict[str, str]] = []
    for slug, (name, people) in FIRMS.items():
        firm_id = _firm_id(slug) or create_firm(name=name, slug=slug, plan="demo", demo=True).id
        for email, person, role in people:
            users.append(_person(firm_id, name, email, person, role))
        if slug == "alder-finch":
            with actor_context(source="command"), firm_scope(firm_id):
                _stories()
                api_key, portal_url = _key(), _portal_url()
    users.append(_operator())
    return {"users": users, "api_key": api_key, "portal_url": portal_url}


def _firm_id(slug: str) -> uuid.UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT resolve_firm_slug(%s)", [slug])
        found: uuid.UUID | None = cursor.fetchone()[0]
    return found


def _person(firm_id: uuid.UUID, firm: str, email: str, name: str, role: Role) -> dict[str, str]:
    password = secrets.token_urlsafe(12)
    membership = add_member(firm_id=firm_id, email=email, name=name, role=role, password=password)
    user = User.objects.get(id=membership.user_id)
    user.set_password(password)
    user.save(update_fields=["password"])
    return {"email": email, "password": password, "role": role.value, "firm": firm}


def _operator() -> dict[str, str]:
    """Make the person who runs the installation and belongs to no firm: opens /operations/ after signing in."""
    user, _ = User.objects.get_or_create(email=OPERATOR, defaults={"name": "Robin Keller"})
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.is_operator = True
    user.save(update_fields=["password", "is_operator"])
    return {"email": OPERATOR, "password": password, "role": "operator", "firm": "/operations/"}


def _key() -> str:
    ApiKey.objects.filter(name="Demo key", revoked_at=None).update(revoked_at=timezone.now())
    _, clear = ApiKey.issue(name="Demo key", scopes=SCOPES)
    return clear


def _portal_url() -> str:
    matter = Matter.objects.get(title=STORIES[0].title)
    token = create_intake_link(matter_id=matter.id).token.reveal()
    return str(settings.CASEHUG_BASE_URL) + reverse("portal_welcome", args=[token])


def _stories() -> None:
    held = set(Matter.objects.values_list("title", flat=True))
    for story in STORIES:
        if story.title not in held:
            _tell(story)


def _tell(story: Story) -> None:
    person = create_client(
        first_name=story.first_name, last_name=story.last_name, email=story.email, phone=story.phone
    )
    case_type = CaseType.objects.get(key=story.case_type)
    matter = create_matter(title=story.title, client_id=person.id, case_type_id=case_type.id, state=story.state)
    add_note(matter_id=matter.id, body="Internal: called the other side's counsel. This note never leaves the firm.")
    if story.progress == "new":
        return
    save_answers(matter_id=matter.id, answers=_answers(case_type, story), source=Submission.Source.PORTAL)
    complete_portal(matter_id=matter.id)
    required = list(Document.objects.filter(matter=matter, required=True).order_by("position"))
    for document in required:
        file = io.BytesIO(PDF + f"% {document.id}".encode())
        name = f"{document.name}.pdf"
        upload_document(document_id=document.id, file=file, filename=name, content_type="application/pdf")
    if story.progress == "one_left":
        for document in required[:-1]:
            approve_document(document_id=document.id)


def _answers(case_type: CaseType, story: Story) -> dict[str, str]:
    known = {
        "first_name": story.first_name,
        "last_name": story.last_name,
        # A client without an e-mail was entered by phone; the portal itself asks for one.
        "email": story.email or "luc.moreau@example.com",
        "phone": story.phone,
        "statement": "We separated last spring and want a fair agreement without a fight.",
        "opposing_party": "Robin Example",
    }
    plain = {"date": "2024-06-01", "yesno": "no", "number": "2", "phone": "(415) 555-0100"}
    answers: dict[str, str] = {}
    for question in case_type.questions:
        fallback = (question.get("options") or [""])[0] or plain.get(question["kind"], "To be discussed")
        value = known.get(question["key"]) or (fallback if question["required"] else "")
        if value:
            answers[question["key"]] = value
    return answers

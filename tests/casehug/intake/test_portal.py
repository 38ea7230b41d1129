"""Intake links and what the client does behind them."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.audit.services import append_pending
from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.intake.errors import Invalid, Refused
from casehug.intake.models import Answer, CaseType, IntakeLink, Matter, Submission
from casehug.intake.services.answers import read_answer
from casehug.intake.services.clients import create_client
from casehug.intake.services.links import (
    create_intake_link,
    email_intake_link,
    note_link_use,
    record_link_sent,
    resolve_intake_link,
    revoke_intake_link,
)
from casehug.intake.services.matters import archive_matter, create_matter, update_matter
from casehug.intake.services.portal import complete_portal, save_answers
from tests.casehug.intake.conftest import REQUIRED_ANSWERS
from tests.conftest import make_firm

Published = Callable[[], list[str]]


def test_a_link_opens_its_matter_and_the_token_is_nowhere(matter: Matter) -> None:
    new = create_intake_link(matter_id=matter.id)
    token = new.token.reveal()
    access = resolve_intake_link(token)
    assert access is not None
    assert (access.firm_id, access.link_id, access.matter_id) == (matter.firm_id, new.link.id, matter.id)
    assert token in new.url
    assert token not in repr(new)
    assert new.link.expires_at - timezone.now() > timedelta(days=89)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM intake_intakelink l")
        assert token not in cursor.fetchone()[0]


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "A" * 43, "A" * 44, "' OR 1=1 --"])
def test_wrong_tokens_open_nothing(matter: Matter, token: str) -> None:
    create_intake_link(matter_id=matter.id)
    assert resolve_intake_link(token) is None


def test_a_new_link_ends_the_earlier_one(matter: Matter) -> None:
    first, second = create_intake_link(matter_id=matter.id), create_intake_link(matter_id=matter.id)
    assert resolve_intake_link(first.token.reveal()) is None
    assert resolve_intake_link(second.token.reveal()) is not None
    assert IntakeLink.objects.filter(matter=matter, revoked_at=None).count() == 1


@pytest.mark.parametrize("end", ["revoked", "expired", "archived"])
def test_a_link_that_ended_looks_like_one_that_never_was(matter: Matter, end: str) -> None:
    new = create_intake_link(matter_id=matter.id)
    if end == "revoked":
        revoke_intake_link(link_id=new.link.id)
    elif end == "archived":
        archive_matter(matter_id=matter.id)
    else:
        IntakeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert resolve_intake_link(new.token.reveal()) is None
    assert IntakeLink.objects.get().state == ("expired" if end == "expired" else "revoked")


def test_use_is_noted_at_most_every_five_minutes(matter: Matter) -> None:
    link = create_intake_link(matter_id=matter.id).link
    note_link_use(link_id=link.id)
    first = IntakeLink.objects.get().last_used_at
    note_link_use(link_id=link.id)
    assert IntakeLink.objects.get().last_used_at == first
    IntakeLink.objects.update(last_used_at=timezone.now() - timedelta(minutes=6))
    note_link_use(link_id=link.id)
    last = IntakeLink.objects.get().last_used_at
    assert first is not None and last is not None and last > first


def test_sent_is_announced_once(matter: Matter, published: Published) -> None:
    link = create_intake_link(matter_id=matter.id).link
    record_link_sent(link_id=link.id, way="copied")
    record_link_sent(link_id=link.id, way="copied")
    assert published().count("intake.link.sent") == 1
    revoke_intake_link(link_id=link.id)
    with pytest.raises(Refused):
        record_link_sent(link_id=link.id, way="copied")


def test_the_mailed_link_works_and_the_mail_names_no_client(committed_db: None) -> None:
    firm = make_firm()
    with firm_scope(firm.id):
        client = create_client(first_name="Ada", last_name="Quill", email="ada@example.com")
        case_type = CaseType.objects.get(key="other")
        matter = create_matter(title="Quill v. Quill", case_type_id=case_type.id, client_id=client.id)
    new = email_intake_link(firm_id=firm.id, matter_id=matter.id)
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert new.url in message.body
    assert "Quill" not in message.body + message.subject
    with firm_scope(firm.id):
        link = IntakeLink.objects.get()
        assert (link.sent_way, link.sent_at is not None) == ("email", True)
        update_matter(matter_id=matter.id, client_id=None)
    with pytest.raises(Refused, match="no e-mail"):
        email_intake_link(firm_id=firm.id, matter_id=matter.id)


def test_answers_are_saved_group_by_group_and_can_be_resumed(matter: Matter) -> None:
    first = create_intake_link(matter_id=matter.id).link
    save_answers(matter_id=matter.id, link_id=first.id, answers={"first_name": " Ada ", "unknown": "x"})
    second = create_intake_link(matter_id=matter.id).link
    save_answers(matter_id=matter.id, link_id=second.id, answers={"phone": "(281) 948-2199"})
    submission = Submission.objects.get()
    assert (submission.source, submission.link_id, submission.submitted_at) == ("portal", second.id, None)
    assert dict(Answer.objects.values_list("question_key", "value")) == {"first_name": "Ada", "phone": "+12819482199"}
    assert Answer.objects.get(question_key="phone").label == "Phone"


def test_a_wrong_answer_saves_nothing_of_its_group(matter: Matter) -> None:
    with pytest.raises(Invalid) as caught:
        save_answers(matter_id=matter.id, answers={"first_name": "Ada", "email": "a@b", "last_name": ""})
    assert set(caught.value.fields) == {"email", "last_name"}
    assert not Answer.objects.exists()


def test_an_emptied_answer_is_removed_and_an_unchanged_one_keeps_its_time(matter: Matter) -> None:
    save_answers(matter_id=matter.id, answers={"first_name": "Ada", "home_address": "1 Elm St"})
    before = Answer.objects.get(question_key="first_name").answered_at
    save_answers(matter_id=matter.id, answers={"first_name": "Ada", "home_address": " "})
    assert Answer.objects.get().answered_at == before


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("date", "2026-02-03", "2026-02-03"),
        ("number", "$1,250.50", "1250.50"),
        ("yesno", "Yes", "yes"),
        ("choice", "b", "b"),
        ("longtext", "a\r\nb", "a\nb"),
        ("text", " a\nb ", "a b"),
        ("date", "", ""),
    ],
)
def test_answers_are_stored_in_one_form(kind: str, given: str, kept: str) -> None:
    question: dict[str, Any] = {"key": "q", "kind": kind, "options": ["a", "b"]}
    assert read_answer(question, given) == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [("date", "2026-02-30"), ("date", "soon"), ("number", "many"), ("number", "nan"), ("yesno", "maybe"),
     ("choice", "c"), ("email", "a@b"), ("text", "x" * 501), ("longtext", "x" * 20_001)],
)  # fmt: skip
def test_answers_that_cannot_be_used_are_told(kind: str, given: str) -> None:
    with pytest.raises(ValueError, match="Please|complete"):
        read_answer({"key": "q", "kind": kind, "options": ["a", "b"]}, given)


def test_sending_needs_every_required_answer(matter: Matter) -> None:
    save_answers(matter_id=matter.id, answers={"first_name": "Ada"})
    with pytest.raises(Invalid) as caught:
        complete_portal(matter_id=matter.id)
    assert set(caught.value.fields) == set(REQUIRED_ANSWERS) - {"first_name"}
    assert Submission.objects.get().submitted_at is None


def test_sending_makes_the_client_and_ends_editing(submitted: Matter, published: Published) -> None:
    assert submitted.client is not None
    assert (submitted.client.full_name, submitted.client.email) == ("Ada Quill", "Ada.Quill@example.com")
    first = Submission.objects.get().submitted_at
    complete_portal(matter_id=submitted.id)
    assert Submission.objects.get().submitted_at == first
    assert submitted.intake_completed_at is None
    assert "intake.completed" not in published()
    with pytest.raises(Refused) as caught:
        save_answers(matter_id=submitted.id, answers={"first_name": "Eve"})
    assert caught.value.code == "already_submitted"


def test_a_known_client_is_filled_in_and_never_overwritten(matter: Matter) -> None:
    client = create_client(first_name="Adelaide", last_name="Quill", phone="(281) 948-2199")
    update_matter(matter_id=matter.id, client_id=client.id)
    save_answers(
        matter_id=matter.id, answers={**REQUIRED_ANSWERS, "phone": "206-555-1234", "date_of_birth": "1980-05-06"}
    )
    complete_portal(matter_id=matter.id)
    client.refresh_from_db()
    assert (client.first_name, client.phone) == ("Adelaide", "+12819482199")
    assert (client.email, str(client.date_of_birth)) == ("Ada.Quill@example.com", "1980-05-06")
    assert Answer.objects.get(question_key="first_name").value == "Ada"


def test_acts_of_the_client_are_audited_as_the_portal(matter: Matter) -> None:
    with actor_context(source="portal", address="192.0.2.7"):
        save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS)
        complete_portal(matter_id=matter.id)
    append_pending()
    entry = AuditEntry.objects.get(action="intake.submitted")
    assert (entry.source, entry.object_id) == ("portal", matter.id)
    every = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert not any(text in every for text in REQUIRED_ANSWERS.values())


def test_what_staff_type_in_is_a_submission_of_its_own(matter: Matter) -> None:
    source = Submission.Source.STAFF_ENTRY
    save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS, source=source)
    complete_portal(matter_id=matter.id, source=source)
    save_answers(matter_id=matter.id, answers={"first_name": "Ada"})
    assert set(Submission.objects.values_list("source", flat=True)) == {"staff_entry", "portal"}


def test_unknown_matters_have_no_portal(scope: uuid.UUID) -> None:
    with pytest.raises(Exception, match="does not exist"):
        complete_portal(matter_id=uuid.uuid4())

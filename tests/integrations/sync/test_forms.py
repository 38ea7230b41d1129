"""Forms against the real stand-in: submitted once, checked before, found again after every lost answer."""

import uuid
from typing import Any

import pytest

from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.intake.models import Answer, CaseType, Matter, Submission
from integrations.contract.http import Outcome
from integrations.contract.operations import RemoteRef
from integrations.mappings import forms
from integrations.models import FormDefinition, FormMapping, RemoteIntent, SyncLog
from integrations.sync import act, reviews
from integrations.sync.outgoing import snapshots
from integrations.sync.records import links
from integrations.sync.services import retry_sync
from integrations.sync.states import sync_state
from tests.integrations.sync.office import ACCOUNT, Office

LOST: list[dict[str, Any]] = [
    {"kind": "reset_after_commit"},
    {"kind": "status_after_commit", "status": 500},
    {"kind": "truncate", "bytes": 20},
    {"kind": "no_id"},
]
PERSON = {
    "first_name": "identity:first_name", "last_name": "identity:last_name", "email": "identity:email",
    "phone": "identity:phone",
}  # fmt: skip


class Forms:
    """A connected office whose forms were read, and shorthands for what a test does to them."""

    def __init__(self, office: Office) -> None:
        self.office, self.twin = office, office.twin
        forms.refresh_forms(connection=office.connection())
        listed = self.twin.control("GET", f"accounts/{ACCOUNT}")["form"]
        self.known = {one["name"]: one for one in listed}

    def fields(self, name: str) -> dict[str, str]:
        """Field ids of a form by label."""
        with firm_scope(self.office.firm_id):
            row = FormDefinition.objects.get(external_id=self.known[name]["uuid"])
            return {one["label"]: one["id"] for one in row.fields}

    def map(self, name: str, *, mode: str = "beside", mark: bool = True) -> None:
        """Map the office's case type to a form: everything it requires, and our mark if the form has a place."""
        ids = self.fields(name)
        sources = dict(PERSON)
        if "What happened?" in ids:
            sources[ids["What happened?"]] = "answer:statement"
        if mark and "Reference" in ids:
            sources[ids["Reference"]] = "system:mark"
        with firm_scope(self.office.firm_id):
            case_type = CaseType.objects.get(id=self.office.case_type_id)
            forms.save_form_mapping(
                connection=self.office.connection(), case_type=case_type, form_id=self.known[name]["uuid"], mode=mode,
                sources=sources,
            )  # fmt: skip

    def matter(self, *, title: str = "Vale divorce", client: uuid.UUID | None = None, answer: str = "We part.") -> Any:
        """A matter whose client has answered."""
        matter = self.office.matter(client or self.office.client(), title=title)
        with firm_scope(self.office.firm_id):
            sent = Submission.objects.create(
                matter_id=matter, source=Submission.Source.PORTAL, submitted_at=database_now()
            )
            if answer:
                self.answer(sent, answer)
        return matter

    def answer(self, sent: Submission, words: str) -> None:
        """The client answers the question for the story."""
        Answer.objects.create(
            submission=sent, question_key="statement", label="Story", value=words, answered_at=database_now()
        )

    def fault(self, name: str, **more: Any) -> None:
        self.twin.fault(more.pop("kind"), f"/v1/forms/{self.known[name]['uuid']}/submit", **more)

    def entries(self) -> int:
        return int(self.twin.control("GET", "ledger")["form_entries"]["total"])

    def links(self) -> dict[str, str]:
        return {kind: rows[-1].external_id for kind, rows in self.office.links().items()}

    def lines(self, action: str) -> list[str]:
        return [status for one, status in self.office.log() if one == action]


@pytest.fixture
def desk(office: Office) -> Forms:
    office.twin.switch(contact_create="upsert")
    return Forms(office)


def test_beside_contact_and_matter_it_is_submitted_once(desk: Forms) -> None:
    desk.map("Full intake")
    matter = desk.matter()
    assert desk.office.sync(matter).status == "done"
    assert desk.entries() == 1 and desk.lines("form.create") == ["success"]
    # A matter form makes a matter of its own, beside the synced one; its contact is found by e-mail.
    assert desk.links()["form"] != f"matter {desk.links()['matter']}"
    assert desk.twin.made() == (1, 2, 1)
    before = desk.twin.calls()
    assert desk.office.sync(matter).status == "done"
    assert desk.twin.calls() == before and desk.entries() == 1
    with firm_scope(desk.office.firm_id):
        sent = RemoteIntent.objects.get(kind="form")
        assert {source for _, source, _ in sent.origins} == {"identity", "client_submission", "system"}


def test_instead_of_contact_and_matter_what_the_form_made_is_linked(desk: Forms) -> None:
    desk.map("Full intake", mode="instead")
    matter = desk.matter()
    assert desk.office.sync(matter).status == "done"
    assert desk.entries() == 1 and desk.twin.made() == (1, 1, 1)
    links = desk.links()
    assert links["form"] == f"matter {links['matter']}" and links["contact"]
    assert {row[0].how for kind, row in desk.office.links().items() if kind in ("contact", "matter")} == {"form"}
    assert "POST /v1/prospects" not in desk.twin.calls() and "POST /v1/contacts" not in desk.twin.calls()
    # Unmapped afterwards: what was submitted stays, nothing is made a second time.
    with firm_scope(desk.office.firm_id):
        FormMapping.objects.all().delete()
    assert desk.office.sync(matter).status == "done"
    assert desk.entries() == 1 and desk.twin.made() == (1, 1, 1)


def test_a_form_that_makes_only_a_contact_explains_itself(desk: Forms) -> None:
    desk.map("Client card", mode="instead")
    matter = desk.matter()
    assert desk.office.sync(matter).status == "done"
    links = desk.links()
    assert links["form"] == f"contact {links['contact']}" and "matter" not in links
    with firm_scope(desk.office.firm_id):
        assert "no matter" in SyncLog.objects.get(action="form.link", status="note").error_text
    assert desk.office.sync(matter).status == "done"
    assert desk.lines("form.link") == ["note"] and desk.twin.made()[1] == 0


@pytest.mark.parametrize(
    ("name", "fault"), [*(("Full intake", fault) for fault in LOST), ("Client card", LOST[1])], ids=str
)  # by our mark; by what was sent
def test_a_lost_answer_makes_nothing_twice(desk: Forms, name: str, fault: dict[str, Any]) -> None:
    desk.map(name, mode="instead")
    desk.fault(name, **fault)
    row = desk.office.sync(desk.matter())
    assert row.status == "done", row.last_error_text
    assert desk.entries() == 1 and desk.lines("form.create") == ["success"]
    assert desk.office.links()["form"][0].how == "reconciled" and desk.links()["contact"]
    desk.office.sweep()
    assert desk.entries() == 1 and not desk.office.links()["form"][0].needs_review


def test_a_lost_request_is_sent_again_only_after_it_was_looked_for(desk: Forms) -> None:
    desk.map("Full intake", mark=False)
    desk.fault("Full intake", kind="reset_before")
    row = desk.office.sync(desk.matter())
    assert row.status == "done", row.last_error_text
    assert desk.entries() == 1 and desk.lines("form.create") == ["failed", "success"]


def test_a_commit_inside_the_settle_time_is_found(desk: Forms) -> None:
    desk.map("Full intake")
    desk.fault("Full intake", kind="late_commit", seconds=0.7)
    assert desk.office.sync(desk.matter()).status == "done"
    assert desk.entries() == 1


def test_another_matter_of_the_client_with_the_same_values_is_not_taken_for_it(desk: Forms) -> None:
    desk.map("Full intake", mark=False)
    client = desk.office.client()
    assert desk.office.sync(desk.matter(client=client)).status == "done"
    desk.fault("Full intake", kind="reset_before")
    assert desk.office.sync(desk.matter(client=client, title="Second")).status == "done"
    assert desk.entries() == 2 and len({link.external_id for link in desk.office.links()["form"]}) == 2


def test_sabotage_when_unknown_counts_as_failed_the_form_is_submitted_twice(
    desk: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = act.classify
    monkeypatch.setattr(
        act, "classify",
        lambda exchange, found: Outcome.NOT_APPLIED if real(exchange, found) is Outcome.UNKNOWN
        else real(exchange, found),
    )  # fmt: skip
    desk.map("Full intake")
    desk.fault("Full intake", kind="status_after_commit", status=500)
    assert desk.office.sync(desk.matter()).status == "done"
    assert desk.entries() == 2


def test_a_missing_required_value_sends_nothing_and_goes_on_after_a_retry(desk: Forms) -> None:
    desk.map("Full intake", mode="instead")
    matter = desk.matter(answer="")
    row = desk.office.sync(matter)
    assert (row.status, row.last_error_code) == ("dead", "form_incomplete")
    assert "“What happened?” is required and has no value." in row.last_error_text
    assert desk.entries() == 0 and desk.twin.made() == (0, 0, 0)
    with firm_scope(desk.office.firm_id):
        shown = sync_state([matter])[matter]
        assert shown.can_retry and {one.key: one.state for one in shown.steps}["form"] == "failed"
        sent = Submission.objects.get(matter_id=matter)
        desk.answer(sent, "We part.")
        again = retry_sync(work_item_id=row.id)
    assert desk.office.run(again.id).status == "done"
    assert desk.entries() == 1


def test_a_form_that_changed_since_it_was_mapped_is_checked_before_sending(desk: Forms) -> None:
    desk.map("Full intake", mode="instead")
    form = desk.known["Full intake"]
    block = {"components": [{"id": "pay", "label": "Fee", "component_type": "payment", "required": False}]}
    desk.twin.control("POST", f"forms/{form['id']}", rows=[*form["rows"], block])
    row = desk.office.sync(desk.matter())
    assert (row.status, row.last_error_code) == ("dead", "form_blocked") and "payment block" in row.last_error_text
    desk.twin.control("POST", f"forms/{form['id']}/delete")
    row = desk.office.sync(desk.matter(client=desk.office.client(email="b@example.com")))
    assert (row.status, row.last_error_code) == ("dead", "form_gone")
    assert desk.entries() == 0 and "POST /v1/forms/:uuid/submit" not in desk.twin.calls()


def test_a_refusal_names_the_likely_causes(desk: Forms) -> None:
    desk.map("Full intake")
    desk.fault("Full intake", kind="status_before", status=422)
    row = desk.office.sync(desk.matter())
    assert (row.status, row.last_error_code) == ("dead", "form_refused")
    for cause in ("payment", "relationship", "required"):
        assert cause in row.last_error_text
    assert desk.twin.made() == (1, 1, 1) and desk.entries() == 0  # what stands beside it was confirmed before


def test_a_matter_that_is_there_already_is_not_made_again_by_a_form(desk: Forms) -> None:
    matter = desk.matter()
    assert desk.office.sync(matter).status == "done"
    desk.map("Full intake", mode="instead")
    assert desk.office.sync(matter).status == "done"
    assert desk.entries() == 0 and desk.twin.made() == (1, 1, 1)


def test_an_address_that_is_somebody_elses_there_stands_in_no_form(desk: Forms) -> None:
    desk.map("Full intake")
    matter = desk.matter()
    item = desk.office.row(desk.office.press(matter))

    def sent() -> set[str]:
        prepared = snapshots.read(connection=desk.office.connection(), item=item)
        return {prepared.email, *(str(leaf.value) for leaf in prepared.snapshot.extra.values())}

    with firm_scope(desk.office.firm_id):
        person = Matter.objects.get(id=matter).client
        assert person is not None and person.email in sent()
        link = links.save(connection=desk.office.connection(), local_type="contact", local_id=person.id,
                          ref=RemoteRef("contact", "1"), how="matched_email", needs_review="other_name")  # fmt: skip
        decided = reviews.decide(
            connection=desk.office.connection(), link_id=link.id, seen=reviews.seen_of(link), decision=reviews.STRANGER
        )
        assert decided and person.email not in sent()

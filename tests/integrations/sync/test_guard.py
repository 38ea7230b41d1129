"""What may leave: mapped answers of the client, identity, case, our own marks. Nothing else has a way out."""

import pytest

from casehug.common.scope import firm_scope
from casehug.intake.models import Answer, Client, Matter, Note, Submission
from integrations.contract.records import Leaf, PrivilegeGuard, Source, seal_body
from integrations.models import CatalogueItem, FieldMapping, RemoteIntent, SyncLog
from integrations.sync.messages import _CATALOGUE, message_for
from integrations.sync.outgoing.masking import MASK, mask, parts_of, sent_values
from integrations.sync.states import sync_state
from tests.integrations.sync.office import Office

SECRET = "zzcanaryzz"


def answer(office: Office, matter_id: object, key: str, value: str, source: str = "portal") -> None:
    """Store one submitted answer."""
    with firm_scope(office.firm_id):
        matter = Matter.objects.get(id=matter_id)
        submission, _ = Submission.objects.get_or_create(
            matter=matter, source=source, defaults={"submitted_at": matter.created_at}
        )
        Answer.objects.create(
            submission=submission, question_key=key, label=key.title(), value=value, answered_at=matter.created_at
        )


def map_field(office: Office, owner: str, key: str, field_type: str = "string") -> str:
    """Map an answer to a custom field of that type in the account; returns the field's id."""
    with firm_scope(office.firm_id):
        fields = CatalogueItem.objects.filter(kind="custom_field", extra__owner=owner, extra__field_type=field_type)
        found = fields.first()
        assert found is not None, list(CatalogueItem.objects.filter(kind="custom_field").values("name", "extra"))
        FieldMapping.objects.create(
            connection_id=office.connection_id, owner=owner, question_key=key, field_id=found.external_id
        )
        return str(found.external_id)


def test_notes_description_and_staff_answers_never_leave(office: Office) -> None:
    client = office.client()
    matter = office.matter(client)
    with firm_scope(office.firm_id):
        Client.objects.filter(id=client).update(notes=SECRET)
        Matter.objects.filter(id=matter).update(description=SECRET)
        Note.objects.create(matter_id=matter, body=SECRET)
    map_field(office, "matter", "typed_in")
    answer(office, matter, "typed_in", SECRET, source="staff_entry")
    assert office.sync(matter).status == "done"
    assert SECRET not in str(office.twin.control("GET", "requests?limit=1000"))
    with firm_scope(office.firm_id):
        assert SECRET not in str(list(SyncLog.objects.values())) + str(list(RemoteIntent.objects.values()))


def test_mapped_answer_arrives_with_its_submission_on_record(office: Office) -> None:
    matter = office.matter(office.client())
    field_id = map_field(office, "matter", "nickname")
    answer(office, matter, "nickname", "Jo")
    assert office.sync(matter).status == "done"
    with firm_scope(office.firm_id):
        origins = RemoteIntent.objects.get(kind="matter").origins
        submission = str(Submission.objects.get().id)
    assert [source for _, source, reference in origins if reference == submission] == ["client_submission"]
    assert field_id


def test_answer_that_does_not_fit_is_left_out_and_remarked(office: Office) -> None:
    matter = office.matter(office.client())
    map_field(office, "matter", "wedding", "date")
    answer(office, matter, "wedding", "some time in spring")
    assert office.sync(matter).status == "done"
    with firm_scope(office.firm_id):
        shown = sync_state([matter])[matter]
    assert shown.state == "noted" and "Wedding" in shown.remarks[-1]
    assert "spring" not in shown.remarks[-1]


def test_seal_refuses_a_bare_value() -> None:
    with pytest.raises(PrivilegeGuard):
        seal_body({"first_name": Leaf("Jo", Source.IDENTITY), "bio": "hello"})


def test_provider_texts_are_masked() -> None:
    values = sent_values({"a": Leaf("Jordan Vale", Source.IDENTITY), "b": [Leaf("jo@example.com", Source.IDENTITY)]})
    text = mask('Name "VALE" of jo@example.com\n is taken; Jordan  Vale exists', parts_of(values))
    assert "vale" not in text.lower() and "jo@" not in text and "is taken" in text
    assert len(mask("x" * 2000, parts_of(values))) == 500
    # Letters that fold into others: a quick look for the value must not miss what the pattern would find.
    assert mask("Miss SMITH and Kay", parts_of({"\u017fmith", "\u212aay"})) == f"Miss {MASK} and {MASK}"
    assert mask("Zo\u00cb was here", parts_of({"zo\u00eb"})) == f"{MASK} was here"


def test_every_message_says_what_means_who_and_one_button() -> None:
    for error_class, code in _CATALOGUE:
        message = message_for(error_class, code, name="Lawmatics")
        assert message.what and message.means and message.who and message.button and message.target
        assert "{name}" not in message.text + message.who
    assert message_for("nobody", "knows") == message_for("unknown")

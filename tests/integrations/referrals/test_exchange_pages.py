"""The pages of a connection that is made with keys: cards, keys, ways of working, set-up, test; for every role."""

import pytest
from django.urls import reverse

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.firms.models import Firm, Role
from tests.conftest import Person, make_firm, make_person
from tests.integrations.referrals.conftest import MakeDesk
from tests.integrations.referrals.desk import KEY, Desk

READ = ("integration", "integration_webhooks", "integration_log")


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()


@pytest.fixture
def people(desk: Desk) -> dict[Role, Person]:
    with firm_scope(desk.firm_id):
        firm = Firm.objects.get(id=desk.firm_id)
    return {role: make_person(firm, role) for role in (Role.ADMIN, Role.STAFF, Role.AUDITOR)}


def text(person: Person, name: str) -> str:
    answer = person.browser.get(reverse(name, args=[KEY] if name != "integrations" else []))
    assert answer.status_code == 200, (name, answer.status_code)
    return " ".join(answer.content.decode().split())


def test_the_pages_of_a_connection_with_keys(desk: Desk, people: dict[Role, Person]) -> None:
    before = text(make_person(make_firm("Quill"), Role.ADMIN), "integration")
    assert "Ask your account manager there" in before and "support@lexamica.com" in before
    boss = people[Role.ADMIN]
    cards = text(boss, "integrations")
    assert "Lawmatics" in cards and "Lexamica" in cards and desk.facts["id"] in cards
    keys = text(boss, "integration_keys")
    assert desk.facts["id"] in keys and "Leave it empty to keep the stored one" in keys
    assert desk.facts["private_key"] not in keys and desk.facts["public_key"] not in keys
    ways = text(boss, "integration_ways")
    assert "Needs an address that can be reached from outside" in ways and "Only outgoing requests" in ways
    assert "Choose what you send and receive" in text(boss, "integration")
    for name in READ:
        assert text(people[Role.ADMIN], name) and text(people[Role.AUDITOR], name)


def test_choosing_setting_up_and_testing_is_for_admins(desk: Desk, people: dict[Role, Person]) -> None:
    choice = {"receives": ["handler"], "mode": "polling", "poll_minutes": "15"}
    for name in ("integration_ways", "integration_set_up", "integration_test", "integration_keys"):
        assert people[Role.STAFF].browser.post(reverse(name, args=[KEY]), choice).status_code == 403
    boss = people[Role.ADMIN].browser
    assert boss.post(reverse("integration_ways", args=[KEY]), {**choice, "receives": []}).status_code == 422
    assert boss.post(reverse("integration_ways", args=[KEY]), choice).status_code == 302
    assert "Being set up" in text(people[Role.ADMIN], "integration")
    with firm_scope(desk.firm_id):
        item = WorkItem.objects.get(kind="onboard_connection", status="ready")
    assert run_item(item.id, desk.firm_id) == "done"
    page = text(people[Role.ADMIN], "integration")
    assert "Complete" in page and "Being set up" not in page
    assert boss.post(reverse("integration_set_up", args=[KEY])).status_code == 302
    wrong = {"environment": "sandbox", "organization_id": desk.facts["id"], "private_key": "nonsense"}
    refused = boss.post(reverse("integration_keys", args=[KEY]), wrong)
    assert refused.status_code == 422 and b"does not accept these keys" in refused.content
    tested = boss.post(reverse("integration_test", args=[KEY])).content.decode()
    assert "Sandbox" in tested or "Key" in tested or "key" in tested

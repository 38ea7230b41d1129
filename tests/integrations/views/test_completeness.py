"""The hint about what a contact lacks: seen before the first sync, gone when complete, never in the way."""

from typing import Any

from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.intake.models import Client, Matter
from integrations.contract.operations import RemoteRef
from integrations.models import CatalogueItem
from integrations.selectors.completeness import missing_parts
from integrations.sync.records import links
from tests.integrations.desk import Desk


def panel(desk: Desk, matter_id: Any) -> str:
    answer = desk.admin.get(reverse("integration_panel", args=[matter_id, "lawmatics"]))
    return " ".join(answer.content.decode().split())


def test_hint_names_what_is_missing_and_blocks_nothing(connected: Desk) -> None:
    matter_id = connected.matter()
    page = panel(connected, matter_id)
    assert "Still missing: a phone number." in page and "You can sync without." in page
    assert 'id="sync-now"' in page and 'aria-disabled="true" id="sync-now"' not in page
    with firm_scope(connected.firm_id):
        CatalogueItem.objects.filter(kind="practice_area").delete()
        Client.objects.update(email="", last_name="")
    wanted = "the full name, an e-mail address, a phone number and a practice area"
    assert f"Still missing: {wanted}." in panel(connected, matter_id)
    with firm_scope(connected.firm_id):
        matter = Matter.objects.select_related("client").get(id=matter_id)
        links.save(connection=connected.must(), local_type="contact", local_id=matter.client_id,
                   ref=RemoteRef("contact", "7"), how="created")  # fmt: skip
        links.save(connection=connected.must(), local_type="matter", local_id=matter_id, ref=RemoteRef("matter", "8"),
                   how="created")  # fmt: skip
    assert "Still missing" not in panel(connected, matter_id)


def test_a_complete_client_gets_no_hint_and_no_client_has_its_own_message(connected: Desk) -> None:
    matter_id, empty = connected.matter(), connected.matter(client=False)
    with firm_scope(connected.firm_id):
        Client.objects.update(phone="+12025550143")
        assert missing_parts(Matter.objects.get(id=empty), practice_area_id="") == []
    assert "Still missing" not in panel(connected, matter_id)
    without = panel(connected, empty)
    assert "Still missing" not in without and "Add a client first" in without


def test_the_clients_pages_and_a_new_matter_say_it_before_there_is_a_sync(connected: Desk) -> None:
    matter_id = connected.matter()
    with firm_scope(connected.firm_id):
        client_id = Matter.objects.get(id=matter_id).client_id
    pages = [reverse(name, args=[client_id]) for name in ("client", "client_edit")]
    for url in pages:
        assert "Still missing: a phone number. You can sync without." in connected.admin.get(url).content.decode()
    assert "can rate a new contact by its name" in connected.admin.get(reverse("matter_new")).content.decode()
    with firm_scope(connected.firm_id):
        links.save(connection=connected.must(), local_type="contact", local_id=client_id,
                   ref=RemoteRef("contact", "7"), how="created")  # fmt: skip
    assert all("Still missing" not in connected.admin.get(url).content.decode() for url in pages)
    connected.change(state="not_connected")
    assert "can rate" not in connected.admin.get(reverse("matter_new")).content.decode()

"""Records of a provider that this installation no longer has: pages still open and name it."""

from django.urls import reverse
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.sync.services import request_sync
from tests.integrations.desk import Desk


def test_pages_open_without_the_provider_that_was_connected(connected: Desk, settings: Settings) -> None:
    matter_id = connected.matter()
    with firm_scope(connected.firm_id):
        request_sync(matter_id=matter_id, lane=WorkItem.Lane.BUTTON, trigger="manual")
    settings.INTEGRATION_PROVIDERS = ["integrations.providers.lexamica.provider.PROVIDER"]
    for url in (reverse("dashboard"), reverse("matters"), reverse("matter", args=[matter_id]), reverse("integrations")):
        assert connected.admin.get(url).status_code == 200, url
    assert connected.admin.get(reverse("integration", args=["lawmatics"])).status_code == 404

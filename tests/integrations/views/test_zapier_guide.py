"""Lawmatics by Zapier: the card with what is needed, the guide for every member, and which way is better."""

from django.urls import reverse

from casehug.common.scope import firm_scope
from integrations.models import WebhookEndpoint
from integrations.outbound import services
from integrations.outbound.addresses import parse_target
from tests.integrations.desk import Desk
from tests.integrations.views.test_help import text

GUIDE = reverse("help_zapier")


def test_the_card_says_what_is_needed_and_counts_zaps_that_listen(desk: Desk) -> None:
    card = text(desk.admin, reverse("integrations")).split('id="zapier"')[1]
    assert "faster and more reliable" in card and "API key" in card and f'href="{GUIDE}"' in card
    assert "to what happens here." not in card
    with firm_scope(desk.firm_id):
        for number in range(2):
            place = parse_target(f"https://hooks.example.com/{number}")
            made, _ = services.subscribe(kind=WebhookEndpoint.Kind.ZAPIER, target=place, events=["*"])
        services.subscribe(target=parse_target("https://other.example.com/"), events=["*"])
    assert "2 Zaps listen to what happens here." in text(desk.admin, reverse("integrations"))
    with firm_scope(desk.firm_id):
        services.remove(endpoint_id=made.id)
    assert "1 Zap listens to what happens here." in text(desk.admin, reverse("integrations"))


def test_every_member_reads_the_guide(desk: Desk) -> None:
    assert f'href="{GUIDE}"' in text(desk.admin, reverse("help"))
    for person in desk.people.values():
        page = text(person.browser, GUIDE)
        assert "The native integration is the faster and more reliable choice." in page
        assert "<li>Create a Zap." in page and "Settings, API keys" in page and "Completed Intake" in page

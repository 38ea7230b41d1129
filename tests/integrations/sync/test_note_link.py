"""The link inside the note (CH-19): it leads to the matter behind the firm's sign-in, and is not the client's link."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.intake.services.links import PORTAL_PATH, create_intake_link
from tests.conftest import make_firm, make_person
from tests.integrations.sync.office import Office


def test_the_notes_link_asks_for_the_firms_sign_in(office: Office) -> None:
    matter = office.matter(office.client())
    with firm_scope(office.firm_id):
        token = create_intake_link(matter_id=matter).token.reveal()
        firm = Firm.objects.get(id=office.firm_id)
    assert office.sync(matter).status == "done"
    sent = str(office.twin.control("GET", "requests?limit=1000"))
    assert "Documents (firm sign-in)" in sent
    links = set(re.findall(re.escape(settings.CASEHUG_BASE_URL.rstrip("/")) + r"(/[^\s\"'\\<]*)", sent))
    assert links == {reverse("matter", args=[matter])}  # the only address of ours that left
    assert token not in sent and PORTAL_PATH not in sent
    (link,) = links
    answer = Browser().get(link)
    asked = urlsplit(answer.headers["Location"])
    assert (answer.status_code, asked.path, asked.query) == (302, reverse("account_login"), f"next={link}")
    assert Browser().get(f"{PORTAL_PATH}{link.split('/')[2]}/").status_code == 404  # nor does its id open the portal
    assert make_person(firm, Role.STAFF).browser.get(link).status_code == 200
    assert make_person(make_firm("Northgate"), Role.ADMIN).browser.get(link).status_code == 404

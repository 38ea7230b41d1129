"""Pull Matters with the stand-in: figures, pages, search, linking by hand, why, unlinking, limits, roles."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import Matter
from integrations.contract.operations import RemoteRef
from integrations.models import Connection, ExternalLink, MatterReading
from integrations.sync.records import links
from integrations.sync.services import request_sync
from tests.integrations.desk import Desk, make_desk

PULL = reverse("integration_pull", args=["lawmatics"])
API = "/api/v1/integrations/lawmatics/matters"


def there(desk: Desk, title: str, **more: Any) -> str:
    """Make a contact and a matter there, as the firm's own people would; return the matter's id."""
    contact = desk.twin.control("POST", "contacts", account=8101, first_name="Jordan", last_name="Vale",
                                email=more.pop("email", "jordan@example.com"))  # fmt: skip
    made = desk.twin.control("POST", "matters", account=8101, case_title=title, contact_id=contact["id"])
    return str(made["id"])


def linked(desk: Desk, external_id: str, matter_id: uuid.UUID, how: str = "created") -> ExternalLink:
    with firm_scope(desk.firm_id):
        ref = RemoteRef("matter", external_id, "Vale there")
        return links.save(connection=desk.must(), local_type="matter", local_id=matter_id, ref=ref, how=how)


def text(desk: Desk, url: str = PULL, role: str = "admin") -> str:
    answer = desk.people[role].browser.get(url)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def at(name: str, part: Any) -> str:
    return reverse(f"integration_pull_{name}", args=["lawmatics", part])


def audits(desk: Desk, action: str) -> list[AuditEntry]:
    with firm_scope(desk.firm_id):
        return list(AuditEntry.objects.filter(action=action))


def test_figures_and_pages_come_from_there_and_nothing_is_stored(connected: Desk) -> None:
    connected.twin.control("POST", "fill", account=8101, contacts=3, matters=59)
    own = there(connected, "Vale divorce")
    matter_id = connected.matter()
    link = linked(connected, own, matter_id)
    page = text(connected)
    for wanted in ("<dt>Matters in Lawmatics</dt><dd>60</dd>", "<dt>Not linked</dt><dd>59</dd>",
                   "Nothing is imported", "Why linked", f'href="{PULL}?page=2"'):  # fmt: skip
        assert wanted in page
    assert f"{at('why', link.id)}" in page and page.count("Filler matter") >= 24
    assert "Potential new client" in page and ">pnc<" not in page  # in words, not in codes
    assert "page=3" in text(connected, f"{PULL}?page=2")
    last = text(connected, f"{PULL}?page=3")
    assert f'href="{PULL}?page=2"' in last and "page=4" not in last and last.count("Filler matter") >= 10
    assert "No matters on this page" in text(connected, f"{PULL}?page=99")
    tabs = text(connected, reverse("integration", args=["lawmatics"]))
    assert f'href="{PULL}"' in tabs
    for odd in ("0", "-1", "x", "٣", "9" * 400):
        text(connected, f"{PULL}?page={odd}")
    with firm_scope(connected.firm_id):
        assert (Matter.objects.count(), ExternalLink.objects.count()) == (1, 1)


def test_search_in_titles_there(connected: Desk) -> None:
    connected.twin.control("POST", "fill", account=8101, contacts=1, matters=3)
    there(connected, "Vale & Sons <estate>")
    found = text(connected, f"{PULL}?q=vale+%26")
    assert "Vale &amp; Sons &lt;estate&gt;" in found and "Filler matter" not in found and "1 found" in found
    assert "Title contains" in text(connected, f"{PULL}?q=nothing+like+it%00")


def test_a_used_up_budget_says_when_and_a_refusal_says_who(connected: Desk) -> None:
    connected.change(calls_per_minute=1)
    first, second = text(connected), text(connected)
    used = second if "Our budget for this minute is used up" in second else first
    assert "Our budget for this minute is used up" in used and "You can try again" in used and "Try again</" in used
    answer = connected.admin.get(API)
    assert answer.status_code == 429 and int(answer["Retry-After"]) >= 1
    connected.change(calls_per_minute=100_000)
    connected.twin.fault("status_before", "/v1/prospects", method="GET", status=503)
    assert "could not be reached" in text(connected)


def test_not_connected_keeps_the_links(connected: Desk) -> None:
    linked(connected, "991", connected.matter())
    connected.change(state=Connection.State.NEEDS_RECONNECT)
    page = text(connected)
    assert "not connected at the moment" in page and "/pull/links/" in page
    assert connected.admin.get(at("link", "991")).status_code == 302
    answer = connected.admin.get(API)
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "not_connected"


def test_link_by_hand_after_a_comparison(connected: Desk) -> None:
    own, matter_id = there(connected, "Vale v. Vale"), connected.matter()
    url, chosen = at("link", own), public_id("mat", matter_id)
    assert f"?matter={chosen}" in text(connected, url)  # suggested by the e-mail
    compared = text(connected, f"{url}?matter={chosen}")
    assert "Are these the same case?" in compared and "Differs" in compared and "Equal" in compared
    before = connected.twin.made()
    answer = connected.admin.post(url, {"matter": chosen})
    assert answer.status_code == 302 and connected.twin.made() == before
    page = text(connected, answer["Location"])
    for wanted in ("A person linked the two by hand", "Vale v. Vale", own):
        assert wanted in page
    (entry,) = audits(connected, "link.made")
    assert (entry.object_id, entry.remote_id) == (matter_id, own)
    assert entry.actor_id == connected.people["admin"].user.pk


def test_linking_is_refused_when_either_side_is_linked_or_a_sync_is_open(connected: Desk) -> None:
    own, other = there(connected, "Vale one"), there(connected, "Vale two", email="other@example.com")
    first, second = connected.matter(title="One"), connected.matter(title="Two", client=False)
    linked(connected, own, first)
    for external_id, matter_id, reason in (
        (own, second, "linked to another matter already"), (other, first, "linked to another record already"),
    ):  # fmt: skip
        answer = connected.admin.post(at("link", external_id), {"matter": public_id("mat", matter_id)})
        assert answer.status_code == 409 and reason in answer.content.decode()
    with firm_scope(connected.firm_id):
        item = request_sync(matter_id=second)
    answer = connected.admin.post(at("link", other), {"matter": public_id("mat", second)})
    assert answer.status_code == 409 and "under way" in answer.content.decode()
    with firm_scope(connected.firm_id):
        WorkItem.objects.filter(id=item.id).update(status="cancelled")
        assert ExternalLink.objects.count() == 1
    assert not audits(connected, "link.made")
    assert connected.admin.post(at("link", other), {"matter": public_id("mat", second)}).status_code == 302


def test_odd_ids_are_refused_clearly(connected: Desk) -> None:
    own = there(connected, "Vale")
    assert connected.admin.post(at("link", own), {"matter": "mat_nonsense"}).status_code == 404
    assert connected.admin.post(at("link", own), {}).status_code == 404
    assert connected.admin.get(at("link", "7" * 90)).status_code == 404
    answer = connected.admin.get(at("link", "999999"), follow=True)
    assert "is not in Lawmatics any more" in answer.content.decode()
    assert connected.admin.get(at("why", uuid.uuid4())).status_code == 404
    assert connected.admin.get(f"{PULL}links/?after=nonsense").status_code == 200


def test_look_again_finds_a_matter_gone_and_keeps_the_link_as_history(connected: Desk) -> None:
    own, matter_id = there(connected, "Vale"), connected.matter()
    link = linked(connected, own, matter_id)
    assert "It is there: Vale" in connected.admin.post(at("look", link.id), follow=True).content.decode()
    connected.twin.control("POST", f"matters/{own}/delete")
    page = connected.admin.post(at("look", link.id), follow=True).content.decode()
    assert "not in Lawmatics any more" in page and "Gone there" in page
    assert "Vale divorce" in text(connected, f"{PULL}links/?gone=1")
    assert "Vale divorce" not in text(connected, f"{PULL}links/")
    assert '?gone=1">1</a>' in text(connected) and len(audits(connected, "link.gone")) == 1
    # Its matter may be linked to another record; the dead link does not stand in the way.
    new = there(connected, "Vale again", email="new@example.com")
    assert connected.admin.post(at("link", new), {"matter": public_id("mat", matter_id)}).status_code == 302


def test_unlink_names_consequences_first(connected: Desk) -> None:
    matter_id = connected.matter()
    link = linked(connected, "991", matter_id)
    with firm_scope(connected.firm_id):
        MatterReading.objects.create(connection=connected.must(), remote_firm=link.remote_firm, external_id="991")
        item = request_sync(matter_id=matter_id)
    url = at("unlink", link.id)
    assert "makes a new matter in Lawmatics" in text(connected, url)
    assert connected.admin.post(url).status_code == 409  # its sync is queued
    with firm_scope(connected.firm_id):
        WorkItem.objects.filter(id=item.id).update(status="cancelled")
    assert connected.admin.post(url).status_code == 302
    with firm_scope(connected.firm_id):
        assert not ExternalLink.objects.exists() and not MatterReading.objects.exists()
    (entry,) = audits(connected, "link.ended")
    assert (entry.object_id, entry.remote_id) == (matter_id, "991")
    assert connected.admin.post(url).status_code == 404


def test_links_page_by_page(connected: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.selectors.pull.LOCAL_PAGE", 2)
    for number in range(3):
        linked(connected, str(900 + number), connected.matter(title=f"Matter {number}", client=False))
    first = text(connected, f"{PULL}links/")
    assert "Matter 2" in first and "Matter 0" not in first
    after = first.split("?after=")[1].split('"')[0]
    second = text(connected, f"{PULL}links/?after={after}")
    assert "Matter 0" in second and "Matter 1" not in second


def test_api_answers_counts_and_a_page(connected: Desk) -> None:
    connected.twin.control("POST", "fill", account=8101, contacts=1, matters=30)
    own, matter_id = there(connected, "Vale divorce"), connected.matter()
    linked(connected, own, matter_id)
    body = connected.people["auditor"].browser.get(API).json()
    assert body["pagination"] == {"page": 1, "per_page": 25, "total": 31, "has_more": True}
    assert (body["counts"]["total"], body["counts"]["linked"], body["counts"]["not_linked"]) == (31, 1, 30)
    (mine,) = [one for one in body["data"] if one["remote_id"] == own]
    assert (mine["matter_id"], mine["linked_how"]) == (public_id("mat", matter_id), "created")
    found = connected.admin.get(API, {"search": "vale"}).json()
    assert found["pagination"]["total"] == 1 and found["counts"]["total"] is None
    assert connected.admin.get(API, {"page": "0"}).status_code == 400
    assert connected.people["staff"].browser.get(API).status_code == 403
    assert Browser().get(API).status_code == 401


READS, CHANGES = ["", "links/", "links/{link}/"], ["links/{link}/unlink/", "link/{own}/"]
POSTS = ["links/{link}/look/", "links/{link}/unlink/", "link/{own}/"]


def test_roles_stranger_and_nobody(connected: Desk) -> None:
    own, matter_id = there(connected, "Vale secret"), connected.matter()
    link = linked(connected, own, matter_id)
    stranger = make_desk(connected.twin, "Northgate")
    names = {"link": public_id("lnk", link.id), "own": own}
    cases = [("get", part, role in ("admin", "auditor"), role) for part in READS for role in connected.people]
    cases += [("get", part, role == "admin", role) for part in CHANGES for role in connected.people]
    cases += [("post", part, False, role) for part in POSTS for role in connected.people if role != "admin"]
    for method, part, allowed, role in cases:
        url = PULL + part.format(**names)
        code = getattr(connected.people[role].browser, method)(url).status_code
        assert code == (200 if allowed else 403), (method, part, role, code)
        assert getattr(Browser(), method)(url).status_code == 302
        foreign = getattr(stranger.admin, method)(url)
        assert foreign.status_code in ((200, 302) if "{link}" not in part else (404,)), (part, foreign.status_code)
        assert b"Vale" not in foreign.content
    assert connected.admin.get(PULL.replace("lawmatics", "nobody")).status_code == 404
    with firm_scope(connected.firm_id):
        assert ExternalLink.objects.filter(id=link.id, broken_at__isnull=True).exists()


def test_the_database_refuses_a_second_link_to_one_record(connected: Desk) -> None:
    first, second = connected.matter(title="One"), connected.matter(title="Two", client=False)
    linked(connected, "77", first)
    with pytest.raises(IntegrityError), transaction.atomic():
        linked(connected, "77", second)


def test_the_next_sync_uses_a_link_made_by_hand(connected: Desk) -> None:
    own, matter_id = there(connected, "Vale v. Vale"), connected.matter()
    assert connected.admin.post(at("link", own), {"matter": public_id("mat", matter_id)}).status_code == 302
    with firm_scope(connected.firm_id):
        item = request_sync(matter_id=matter_id)
    for _ in range(20):
        run_item(item.id, connected.firm_id)
        with firm_scope(connected.firm_id):
            item.refresh_from_db()
        if item.status == "done":
            break
    assert item.status == "done"
    assert connected.twin.made()[:2] == (0, 0)  # no contact and no matter was created
    assert "1 found" in text(connected, f"{PULL}?q=Vale+divorce")  # the linked one bears the title from here now

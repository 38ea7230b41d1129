"""Marked strings in every personal and privileged field, through a success and through failures: each is looked for in

logs, broker, error columns, audit, pages of another firm, and – the privileged ones – in every byte that left.
Sabotage: when what staff typed counts as submitted, it leaves.
"""

import io
import json
import uuid
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client as Browser

from casehug.audit.models import AuditEntry
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Role
from casehug.intake.models import Client, Document, Matter, Note
from integrations.models import RemoteIntent, SyncLog
from tests.conftest import make_firm, make_person
from tests.integrations.sync.conftest import make_office, office, twin, twin_process
from tests.integrations.sync.office import Office
from tests.integrations.sync.test_fields_refused import answer, fill

__all__ = ["make_office", "office", "twin", "twin_process"]
PERSONAL = ("first", "last", "email", "title", "answer")
PRIVILEGED = ("client_notes", "client_custom", "description", "matter_custom", "tag", "note", "doc_reason",
              "doc_description", "staff_answer")  # fmt: skip
FAULTS = ("reset_after_commit", "status_before", "truncate", "html_body")
PAGES = ("/", "/matters/", "/clients/", "/settings/", "/settings/audit/", "/settings/integrations/")


class Marks:
    """One marked string per field, different in each run."""

    def __init__(self, word: str) -> None:
        self.of = {name: f"zq{word}{index:02}zq" for index, name in enumerate((*PERSONAL, *PRIVILEGED))}

    def found(self, text: str, names: tuple[str, ...]) -> set[str]:
        return {name for name in names if self.of[name].lower() in text.lower()}


def planted(office: Office, marks: Marks) -> uuid.UUID:
    """Make a matter with a mark in every field, mapping fields to each place that has no way out."""
    of = marks.of
    client = office.client(f"{of['email']}@example.com", first=of["first"], last=of["last"])
    matter = office.matter(client, title=of["title"])
    with firm_scope(office.firm_id):
        Client.objects.filter(id=client).update(notes=of["client_notes"], custom_fields={"notes": of["client_custom"]})
        Matter.objects.filter(id=matter).update(
            description=of["description"], custom_fields={"x": of["matter_custom"]}, tags=[of["tag"]]
        )
        Note.objects.create(matter_id=matter, body=of["note"])
        Document.objects.filter(matter_id=matter).update(reason=of["doc_reason"], description=of["doc_description"])
    answer(office, matter, "nickname", of["answer"])
    answer(office, matter, "typed_in", of["staff_answer"], source="staff_entry")
    return matter


def map_everything(office: Office) -> None:
    for name, key in (("Contact string", "notes"), ("Contact text", "typed_in"), ("Matter string", "nickname"),
                      ("Matter text", "remarks"), ("Matter list", "documents")):  # fmt: skip
        fill(office, name, key)


def broker() -> str:
    """Return everything the broker holds."""
    link = redis.Redis.from_url(django_settings.REDIS_URL)
    found = []
    for key in link.scan_iter("*"):
        kind = link.type(key)
        read: dict[bytes, Callable[[], object]] = {
            b"string": lambda k=key: link.get(k), b"list": lambda k=key: link.lrange(k, 0, -1),  # type: ignore[misc]
            b"hash": lambda k=key: link.hgetall(k), b"set": lambda k=key: link.smembers(k),  # type: ignore[misc]
            b"zset": lambda k=key: link.zrange(k, 0, -1),  # type: ignore[misc]
        }  # fmt: skip
        found.append(f"{key!r} {read.get(kind, lambda: b'')()!r}")
    return "\n".join(found)


def records(office: Office) -> str:
    """Return what is noted about the work: rows, intents, audit; and of the log what is kept outside of its texts."""
    with firm_scope(office.firm_id):
        rows: list[object] = [*WorkItem.objects.values(), *RemoteIntent.objects.values(), *AuditEntry.objects.values()]
        return "\n".join(map(str, rows))


@pytest.fixture
def played(
    office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[], tuple[Marks, dict[str, str]]]]:
    def play() -> tuple[Marks, dict[str, str]]:
        marks = Marks(uuid.uuid4().hex[:6])
        map_everything(office)
        matter = planted(office, marks)
        assert office.sync(matter).status == "done"
        for number, kind in enumerate(FAULTS):
            more = {"status": 500} if kind == "status_before" else {}
            office.twin.fault(kind, ("/v1/contacts", "/v1/prospects", "/v1/notes")[number % 3], **more)
            client = office.client(f"{marks.of['email']}{number}@example.com", last=marks.of["last"])
            office.sync(office.matter(client, title=f"{marks.of['title']} {number}"), seconds=60)
        out = capfd.readouterr()
        left = json.dumps(office.twin.control("GET", "requests?limit=100000"))
        return marks, {"logs": out.out + out.err + caplog.text, "broker": broker(), "records": records(office),
                       "left": left}  # fmt: skip

    yield play


def test_no_mark_is_where_it_must_not_be(
    office: Office, played: Callable[[], tuple[Marks, dict[str, str]]], record_property: Callable[[str, object], None]
) -> None:
    marks, places = played()
    everything = (*PERSONAL, *PRIVILEGED)
    stranger = make_person(make_firm("Northgate"), Role.ADMIN)
    pages = io.StringIO()
    for page in PAGES:
        for browser in (stranger.browser, Browser()):
            pages.write(browser.get(page, follow=True).content.decode(errors="replace"))
    places["another firm's pages"] = pages.getvalue()
    wrong = {where: marks.found(places[where], everything) for where in places if where != "left"}
    wrong["left"] = marks.found(places["left"], PRIVILEGED)
    record_property("trials", len(everything) * (len(places) - 1) + len(PRIVILEGED))
    record_property("measured", f"{len(everything)} marks, {1 + len(FAULTS)} ways, {len(places)} places: 0 found")
    assert marks.found(places["left"], PERSONAL) == set(PERSONAL), "what may leave must have left"
    assert {where: found for where, found in wrong.items() if found} == {}
    with firm_scope(office.firm_id):
        assert not marks.found(str(list(SyncLog.objects.values())), PRIVILEGED)


def test_sabotage_when_source_tags_are_ignored_a_privileged_mark_leaves(
    played: Callable[[], tuple[Marks, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casehug.intake.selectors.sync.LEAVING_SOURCES", ("portal", "csv_import", "staff_entry"))
    marks, places = played()
    assert "staff_answer" in marks.found(places["left"], PRIVILEGED)

"""The screens a firm's people would use: the pipeline board, a matter, contacts, a contact, the activity feed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_POST

from sandbox.lawmatics.records import matters, staffwork
from sandbox.lawmatics.records.people import PERSONAL
from sandbox.lawmatics.records.staffwork import Refused
from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.records.timeline import Invalid
from sandbox.lawmatics.screen import forms, operating, pages
from sandbox.lawmatics.world import world

CARDS = 12
ROWS = 100


def card(matter: Record, stages: dict[int, Record]) -> dict[str, Any]:
    """What a board card and a list row show of a matter."""
    contact = world().store.get("contact", matter.doc.get("contact_id"))
    stage = stages.get(matter.doc.get("stage_id") or 0)
    return {
        "id": matter.id, "title": matter.doc.get("case_title") or "Untitled matter",
        "contact": pages.full_name(contact),
        "contact_id": contact.id if contact else None, "stage": stage.doc["name"] if stage else "No stage",
        "stage_id": stage.id if stage else "", "status": matter.doc["status"],
        "changed": pages.clock(matter.updated, matter.account),
    }  # fmt: skip


def lane(account: int, stage: Record | None, stages: dict[int, Record], limit: int) -> dict[str, Any]:
    """One stage of the board with its newest matters."""
    where, values = "stage = ? AND kind = 'prospect'", [stage.id if stage else -account]
    found = world().store.select(where, values, order="id DESC", limit=limit)
    total = world().store.count(where, values)
    return {
        "stage": stage, "cards": [card(matter, stages) for matter in found], "total": total, "more": total - len(found),
    }  # fmt: skip


def board(request: HttpRequest) -> HttpResponse:
    """Matters as pipelines with stages, or as a list."""
    account = pages.account_in_view(request)
    stages = {stage.id: stage for stage in world().store.all("stage", account.id)}
    pipelines = world().store.all("pipeline", account.id)
    if request.GET.get("view") == "list":
        found = world().store.select(
            "account = ? AND kind = 'prospect'", [account.id], order="id DESC", limit=ROWS
        )  # fmt: skip
        total = world().store.count("account = ? AND kind = 'prospect'", [account.id])
        rows = [card(matter, stages) for matter in found]
        return pages.page(request, "Matters", "_matters.html", rows=rows, total=total, pipelines=pipelines, view="list")
    chosen = request.GET.get("pipeline", "")
    shown = [pipeline for pipeline in pipelines if str(pipeline.id) == chosen] or pipelines
    limit = CARDS if len(shown) > 1 else 5 * CARDS
    groups = []
    for pipeline in shown:
        own = sorted(
            (s for s in stages.values() if s.doc.get("pipeline_id") == pipeline.id), key=lambda s: s.doc["order"]
        )
        groups.append({"pipeline": pipeline, "lanes": [lane(account.id, stage, stages, limit) for stage in own]})
    loose = lane(account.id, None, stages, limit) if len(shown) > 1 else None
    return pages.page(
        request, "Matters", "_board.html", groups=groups, loose=loose if loose and loose["total"] else None,
        pipelines=pipelines, chosen=chosen,
    )  # fmt: skip


def named(kind: str, number: int | None) -> str:
    """The name of a linked record, empty without one."""
    record = world().store.get(kind, number)
    return str(record.doc["name"]) if record else ""


def lines(owner_kind: str, owner_id: int) -> list[dict[str, Any]]:
    """The timeline of a contact or matter, newest first."""
    found = world().store.owned("activity", owner_kind, owner_id)[::-1][:ROWS]
    return [describe(record) for record in found]


def describe(record: Record) -> dict[str, Any]:
    """One activity in words."""
    who = {"application": "The API", "user": "Staff", "firm": "The firm"}[record.doc["actor"][0]]
    subject, _, act = record.doc["key"].partition(".")
    noun = "matter" if subject == "prospect" else subject
    verb = {"create": "added", "update": "changed", "delete": "deleted"}.get(act, act)
    details = record.doc["detail_keys"]
    text = "a new" if act == "create" else "the"
    keys = [key for entry in details for key in entry] if isinstance(details, list) else []
    kind, number = record.doc["owner_kind"], record.doc["owner_id"]
    page = "matters" if kind == "prospect" else "contacts"
    return {
        "id": record.id, "text": f"{who} {verb} {text} {noun}", "by_api": record.doc["actor"][0] == "application",
        "keys": ", ".join(keys), "when": pages.clock(record.created, record.account), "href": f"/crm/{page}/{number}",
        "owner": f"{'Matter' if kind == 'prospect' else 'Contact'} {number}",
        "body": details.get("body") if isinstance(details, dict) else None,
    }  # fmt: skip


def notes(owner_kind: str, owner_id: int) -> list[dict[str, Any]]:
    """The notes of a contact or matter, newest first."""
    found = world().store.owned("note", owner_kind, owner_id)[::-1][:ROWS]
    return [{"id": note.id, "when": pages.clock(note.created, note.account)} | note.doc for note in found]


def matter(request: HttpRequest, number: int) -> HttpResponse:
    """One matter."""
    record = world().store.get("prospect", number)
    if record is None:
        raise Http404
    stages = world().store.all("stage", record.account)
    pipelines = {pipeline.id: pipeline.doc["name"] for pipeline in world().store.all("pipeline", record.account)}
    choices = [
        {"id": s.id, "label": f"{pipelines.get(s.doc.get('pipeline_id') or 0, '')} / {s.doc['name']}"} for s in stages
    ]
    info = card(record, {stage.id: stage for stage in stages})
    facts = [
        ("Status", record.doc["status"]), ("Sub-status", named("sub_status", record.doc.get("sub_status_id"))),
        ("Practice area", named("practice_area", record.doc.get("practice_area_id"))),
        ("Converted", record.doc.get("converted_date")), ("Case number", record.doc.get("case_number")),
        ("Added", pages.clock(record.created, record.account)["shown"]), ("Changed", info["changed"]["shown"]),
    ]  # fmt: skip
    return pages.page(
        request, info["title"], "_matter.html", below="_matter_acts.html", matter=info, choices=choices,
        facts=[(label, value) for label, value in facts if value], blurb=record.doc.get("case_blurb"),
        notes=notes("prospect", number), timeline=lines("prospect", number),
    )  # fmt: skip


@require_POST
def move(request: HttpRequest, number: int) -> HttpResponse:
    """Staff move a matter to another stage, or change it by one of the buttons."""
    changes: dict[str, Any] = {}
    if request.POST.get("stage_id"):
        changes = {"stage_id": matters.number(request.POST["stage_id"])}
    elif request.POST.get("status") in ("pnc", "hired", "lost"):
        changes = {"status": request.POST["status"]}
    try:
        with world().store.transaction():
            if request.POST.get("act") == "delete":
                staffwork.act(world(), "matters", number, "delete", {})
                return pages.back(request, "/") if request.headers.get("X-Fragment") else HttpResponseRedirect("/")
            staffwork.act(world(), "matters", number, "change", changes)
    except (Refused, Invalid) as error:
        return HttpResponse(str(error), status=404, content_type="text/plain")
    return pages.back(request, "/")


def contacts(request: HttpRequest) -> HttpResponse:
    """Contacts, newest first, with a search over name and address."""
    account, asked = pages.account_in_view(request), request.GET.get("q", "").strip()
    where, values = "account = ? AND kind = 'contact'", [account.id]
    arguments: list[object] = list(values)
    if asked:
        where += " AND (name LIKE ? OR email LIKE ?)"
        arguments += [f"%{asked.casefold()}%", f"%{asked.lower()}%"]
    found = world().store.select(where, arguments, order="id DESC", limit=ROWS)
    rows = [
        {
            "id": person.id, "name": pages.full_name(person), "email": person.doc.get("email"),
            "phone": person.doc.get("phone"), "when": pages.clock(person.created, person.account),
            "matters": world().store.count("contact = ? AND kind = 'prospect'", [person.id]),
        }
        for person in found
    ]  # fmt: skip
    total = world().store.count(where, arguments)
    return pages.page(request, "Contacts", "_contacts.html", rows=rows, total=total, q=asked)


def contact(request: HttpRequest, number: int) -> HttpResponse:
    """One contact with its addresses, matters, notes and timeline."""
    person = world().store.get("contact", number)
    if person is None:
        raise Http404
    stages = {stage.id: stage for stage in world().store.all("stage", person.account)}
    found = world().store.select("contact = ? AND kind = 'prospect'", [number], order="id DESC", limit=ROWS)
    reach = [
        (f"{label} ({item.doc['label']})", item.doc["info"])
        for kind, label in (("email_address", "E-mail"), ("phone_number", "Phone"))
        for item in world().store.owned(kind, "contact", number)
    ]
    facts = [(name.replace("_", " ").capitalize(), person.doc.get(name)) for name in PERSONAL]
    return pages.page(
        request, pages.full_name(person), "_contact.html", number=number, reach=reach, kind=person.doc["contact_type"],
        facts=[(label, value) for label, value in facts if value], rows=[card(m, stages) for m in found],
        notes=notes("contact", number), timeline=lines("contact", number),
    )  # fmt: skip


def feed(request: HttpRequest) -> HttpResponse:
    """What happened lately, newest first."""
    account = pages.account_in_view(request)
    found = world().store.select("account = ? AND kind = 'activity'", [account.id], order="id DESC", limit=ROWS)
    return pages.page(request, "Activity", "_activity.html", timeline=[describe(record) for record in found])


ROUTES = [
    path("", board),
    path("crm/matters", board),
    path("crm/matters/<int:number>", matter),
    path("crm/matters/<int:number>/move", move),
    path("crm/contacts", contacts),
    path("crm/contacts/<int:number>", contact),
    path("crm/activity", feed),
    *forms.ROUTES,
    path("crm/account", require_POST(pages.choose_account)),
    path("static/<str:name>", pages.static),
    path("favicon.ico", pages.static, {"name": "standin.svg"}),
    *operating.ROUTES,
]

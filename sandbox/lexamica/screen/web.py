"""The screens of the staff of both sides: inbox, sent and handled cases, one case, a new case."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from sandbox.lexamica import catalogue
from sandbox.lexamica.records import cases, relay, views
from sandbox.lexamica.screen import acts, operating, pages
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import world

ROWS = 100
ROLES = {
    "accepted": "done", "closed": "done", "settling": "run", "invited": "run", "matching": "run", "new": "run",
    "declined": "fail", "expired": "fail", "missed": "fail", "rejected": "fail", "cancelled": "wait",
    "other": "wait", "draft": "wait", "stored": "done", "pending": "run", "failed": "fail", "removed": "wait",
}  # fmt: skip


def name_of(case: Record) -> str:
    """The client's name of a case."""
    client = case.doc["fields"].get("client", {})
    return " ".join(filter(None, (client.get("firstName"), client.get("lastName")))) or "Client without a name"


def firm_name(number: int | None) -> str:
    """An organization's name, empty without one."""
    return str(world().organization(number).doc["name"]) if number else ""


def row(case: Record) -> dict[str, Any]:
    """What a list shows of a case."""
    fields = case.doc["fields"]
    return {
        "id": case.id, "client": name_of(case), "type": fields.get("caseType", ""), "state": case.state,
        "role": ROLES.get(case.state, ""), "stage": case.doc.get("stage") or "",
        "state_of": fields.get("incident", {}).get("address", {}).get("state", ""),
        "looks": len(case.doc.get("asked_firms", [])), "from": firm_name(case.org),
        "firm": firm_name(case.doc.get("handler") or case.doc.get("asked")), "when": pages.clock(case.at),
        "imported": case.doc["imported"],
    }  # fmt: skip


def look(invitation: Record) -> dict[str, Any]:
    """What the screens show of an invitation."""
    doc = invitation.doc
    marks = [
        label for flag, label in (("evaluating", "evaluating"), ("contact_attempted", "contact attempted"),
                                  ("consult_complete", "consult complete")) if doc.get(flag)
    ]  # fmt: skip
    return {
        "id": invitation.id, "firm": firm_name(invitation.org), "look": doc["look"], "state": invitation.state,
        "role": ROLES.get(invitation.state, ""), "marks": marks, "expires": pages.clock(doc["expires"]),
        "left": pages.left(doc["expires"]) if invitation.state == "new" else "", "reason": doc.get("decline_reason"),
        "note": doc.get("note"),
    }  # fmt: skip


def inbox(request: HttpRequest) -> HttpResponse:
    """Invitations addressed to the firm: open ones by deadline, then the others."""
    firm = pages.firm_in_view(request)
    store = world().store
    where = "kind = 'invitation' AND org = ?"
    found = store.select(f"{where} AND state = 'new'", [firm.org], order="due")
    rest = store.select(f"{where} AND state <> 'new'", [firm.org], order="n DESC", limit=ROWS)
    rows = []
    for invitation in found + rest:
        case = store.get("case", invitation.parent)
        if case is not None:
            rows.append(look(invitation) | {"case": row(case)})
    return pages.page(request, "Inbox", "lx_inbox.html", rows=rows, open=len(found))


def sent(request: HttpRequest) -> HttpResponse:
    """Cases the firm sent, with their looks."""
    firm = pages.firm_in_view(request)
    found = world().store.select("kind = 'case' AND org = ?", [firm.org], order="n DESC", limit=ROWS)
    return pages.page(request, "Sent cases", "lx_cases.html", rows=[row(case) for case in found], side="sent")


def handled(request: HttpRequest) -> HttpResponse:
    """Cases the firm accepted or has been recorded for."""
    firm = pages.firm_in_view(request)
    where = "kind = 'case' AND json_extract(doc, '$.handler') = ?"
    found = world().store.select(where, [firm.org], order="n DESC", limit=ROWS)
    return pages.page(request, "Cases handled", "lx_cases.html", rows=[row(case) for case in found], side="handled")


def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case as the firm in view may see it, with what its staff can do."""
    here, firm = world(), pages.firm_in_view(request)
    record = here.store.get("case", number)
    if record is None:
        raise Http404
    invitations = here.store.under("invitation", record.id)
    if firm.org not in (record.org, record.doc.get("handler"), *(one.org for one in invitations)):
        raise Http404
    own = next((one for one in reversed(invitations) if one.org == firm.org), None)
    sender, worker = firm.org == record.org, firm.org == record.doc.get("handler")
    shown = views.case(here, record, viewer=firm.org)
    settlements = here.store.under("settlement", record.id)
    return pages.page(
        request, name_of(record) if shown.get("client") else "Client shown after acceptance", "lx_case.html",
        below="lx_acts.html", case=row(record), facts=_facts(shown),
        looks=[look(one) for one in invitations] if sender else [look(own)] if own else [],
        own=look(own) if own else None, sender=sender, worker=worker, part=sender or worker,
        updates=[_update(one) for one in reversed(here.store.under("update", record.id))],
        attachments=[_file(one) for one in here.store.under("attachment", record.id)] if sender or worker else [],
        settlement=_settlement(settlements[-1]) if settlements else None, stages=catalogue.value("stages"),
        statuses=catalogue.value("settlement_statuses"), money=views.MONEY,
        can_send=sender and record.state in SENDABLE,
        can_cancel=sender and record.state in ("matching", "invited", "other", "draft"),
        suggestions=relay.suggestions(here, record) if sender and record.state == "draft" else [],
        can_settle=record.state == "accepted", fields=_editable(shown) if sender else [],
    )  # fmt: skip


SENDABLE = ("draft", "other", "rejected", "missed", "cancelled")


def _flat(doc: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in doc.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        elif value is not None:
            found.append((before + name, value))
    return found


def _facts(shown: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in _flat(shown) if name != "summary"] + [
        ("summary", shown.get("summary") or "")
    ]


def _editable(shown: dict[str, Any]) -> list[str]:
    known = catalogue.model_fields("Case")
    return [name for name, facts in known.items() if facts["access"] == "read-write"]


def _update(record: Record) -> dict[str, Any]:
    doc = record.doc
    return {"title": doc.get("title") or "Update", "content": doc["content"], "firm": firm_name(record.org),
            "when": pages.clock(doc["date"]), "stage": doc.get("stage")}  # fmt: skip


def _file(record: Record) -> dict[str, Any]:
    doc = record.doc
    return {"id": record.id, "name": doc["name"], "size": doc.get("size"), "state": record.state,
            "role": ROLES.get(record.state, ""), "firm": firm_name(record.org),
            "problem": doc.get("problem")}  # fmt: skip


def _settlement(record: Record) -> dict[str, Any]:
    amounts = [(name, record.doc[name]) for name in views.MONEY if record.doc.get(name)]
    return {"status": record.state, "amounts": amounts, "note": record.doc.get("note")}


def new(request: HttpRequest) -> HttpResponse:
    """The form for a new case."""
    firm = pages.firm_in_view(request)
    others = [other for other in world().organizations() if other.org != firm.org]
    return pages.page(
        request, "Send a case", "lx_empty.html", below="lx_new.html", types=cases.vocabulary(world(), firm.org),
        others=others,
    )  # fmt: skip


ROUTES = [
    path("", inbox),
    path("app/sent", sent),
    path("app/handled", handled),
    path("app/new", new),
    path("app/cases/new", require_POST(acts.new_case)),
    path("app/cases/<str:number>", case),
    path("app/cases/<str:number>/act", require_POST(acts.act)),
    path("app/cases/<str:number>/files/<str:attachment>", acts.open_file),
    path("app/invitations/<str:number>/answer", require_POST(acts.answer)),
    path("app/choose", require_POST(pages.choose_firm)),
    path("static/<str:name>", pages.static),
    path("favicon.ico", pages.static, {"name": "standin.svg"}),
    *operating.ROUTES,
]

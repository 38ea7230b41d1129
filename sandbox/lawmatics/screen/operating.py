"""The screens behind the curtain: requests, ledger, webhooks, switches and faults."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from sandbox.chaos import KINDS, FaultError
from sandbox.lawmatics import control, tokens
from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records import staffwork
from sandbox.lawmatics.records.staffwork import Refused
from sandbox.lawmatics.screen import pages
from sandbox.lawmatics.switches import SWITCHES
from sandbox.lawmatics.world import world

SETUP = (("stages", "stage", "Stage"), ("practice_areas", "practice_area", "Practice area"),
         ("custom_fields", "custom_field", "Custom field"), ("sub_statuses", "sub_status", "Sub-status"))  # fmt: skip


def requests(request: HttpRequest) -> HttpResponse:
    """The newest calls as they arrived."""
    account = pages.account_in_view(request)
    rows = [
        {
            "n": entry.n, "method": entry.method, "path": entry.path, "query": entry.query, "body": entry.body,
            "status": entry.status, "state": entry.state, "fault": entry.fault, "account": entry.account,
            "when": pages.clock(entry.at, account.id), "milliseconds": round((entry.seconds or 0) * 1000),
            "role": "done" if entry.status and entry.status < 400 else "fail" if entry.status else "unknown",
        }
        for entry in world().log.newest(60)
    ]  # fmt: skip
    return pages.page(request, "Requests", "_requests.html", rows=rows)


def ledger(request: HttpRequest) -> HttpResponse:
    """What really happened through the API, counted."""
    account = pages.account_in_view(request)
    counted = control.ledger({"account": account.id})
    doubles = []
    for name, key in (("contacts", "by_email"), ("prospects", "by_marker"), ("notes", "by_marker"),
                      ("form_entries", "by_marker")):
        doubles += [(name, value, count) for value, count in counted[name][key].items() if count > 1]
    totals = [("Contacts", counted["contacts"]), ("Matters", counted["prospects"]), ("Notes", counted["notes"]),
              ("Form entries", counted["form_entries"])]  # fmt: skip
    recent = [row | {"when": pages.clock(row["at"], account.id)} for row in world().ledger.recent(40)]
    return pages.page(
        request, "Ledger", "_ledger.html", totals=totals, doubles=doubles, calls=counted["calls"].items(),
        meter=counted, recent=recent,
    )  # fmt: skip


def hooks(request: HttpRequest) -> HttpResponse:
    """Webhooks of the account with their event log."""
    account = pages.account_in_view(request)
    own = world().store.all("webhook", account.id)
    sent = world().store.select("account = ? AND kind = 'delivery'", [account.id], order="id DESC", limit=40)
    names = {hook.id: hook.doc["name"] for hook in own}
    rows = [
        {
            "id": item.id, "event": item.doc["event"]["event_type"], "state": item.doc["state"],
            "hook": names.get(item.doc["webhook_id"], "deleted"),
            "attempts": ", ".join(part["outcome"] for part in item.doc["attempts"]) or "none yet",
            "when": pages.clock(item.created, account.id), "data": json.dumps(item.doc["event"]["data"]),
            "role": {"delivered": "done", "failed": "fail"}.get(item.doc["state"], "wait"),
        }
        for item in sent
    ]  # fmt: skip
    types = ["*", *webhooks.EVENT_TYPES]
    return pages.page(
        request, "Webhooks", "_webhooks.html", below="_webhook_form.html", hooks=own, rows=rows, types=types
    )


@require_POST
def change_hooks(request: HttpRequest) -> HttpResponse:
    """Add, pause, renew or delete a webhook, or fire an event by hand."""
    account, given = pages.account_in_view(request), request.POST
    try:
        with world().store.transaction():
            if given.get("act") == "add":
                words = {key: given.get(key, "").strip() for key in ("name", "url", "event_type", "secret")}
                webhooks.register(world(), account.id, **words)
                return pages.back(request, "/crm/webhooks", "Webhook added.")
            if given.get("act") == "fire":
                spec: dict[str, Any] = {"event_type": given.get("event_type"), "forged": "forged" in given}
                spec |= {
                    "copies": given.get("copies") or 1,
                    "delay": given.get("delay") or 0,
                    "age": given.get("age") or 0,
                }
                spec["data"] = json.loads(given.get("data") or "{}")
                queued = staffwork.fire(world(), account.id, spec)
                return pages.back(request, "/crm/webhooks", f"{len(queued)} deliveries queued.")
            number = int(given.get("webhook", 0))
            hook = staffwork.load(world(), "webhook", number, account.id)
            act = given.get("act", "")
            staffwork.act(
                world(), "webhooks", number, act, {"active": not hook.doc["active"]} if act == "toggle" else {}
            )
    except (ValueError, Refused) as error:
        return pages.back(request, "/crm/webhooks", f"Not done: {error}")
    return pages.back(request, "/crm/webhooks", "Done.")


def switches(request: HttpRequest) -> HttpResponse:
    """The switches, the faults, and what the firm's administrator could do."""
    account = pages.account_in_view(request)
    rows = [{"switch": switch, "value": world().switches.get(switch.name)} for switch in SWITCHES.values()]
    setup = [(plural, label, world().store.all(kind, account.id)) for plural, kind, label in SETUP]
    return pages.page(
        request, "Switches and faults", "_faults.html", below="_switches.html", faults=world().faults.listing(),
        kinds=KINDS.items(), rows=rows, setup=setup, state=control.state({}),
    )  # fmt: skip


@require_POST
def change_switches(request: HttpRequest) -> HttpResponse:
    """Keep changed switches."""
    changes: dict[str, object] = {name: value for name, value in request.POST.items() if name in SWITCHES}
    try:
        with world().store.transaction():
            world().switches.set(changes)
    except ValueError as error:
        return pages.back(request, "/crm/switches", f"Not kept: {error}")
    return pages.back(request, "/crm/switches", "Switches kept.")


@require_POST
def change_faults(request: HttpRequest) -> HttpResponse:
    """Queue a fault or remove faults."""
    given = request.POST
    try:
        if given.get("act") == "remove":
            number = int(given["fault"]) if given.get("fault") else None
            world().faults.remove(number)
            return pages.back(request, "/crm/switches", "Faults removed.")
        spec: dict[str, Any] = {key: given[key] for key in ("kind", "method", "path", "when") if given.get(key)}
        spec |= {key: int(given[key]) for key in ("status", "bytes", "count") if given.get(key)}
        spec["seconds"] = float(given.get("seconds") or 0)
        world().faults.add(spec)
    except (ValueError, FaultError) as error:
        return pages.back(request, "/crm/switches", f"Not queued: {error}")
    return pages.back(request, "/crm/switches", "Fault queued.")


@require_POST
def administer(request: HttpRequest) -> HttpResponse:
    """As the firm's administrator: remove the app, end tokens, rename or delete something, start again."""
    account, given = pages.account_in_view(request), request.POST
    act = given.get("act", "")
    try:
        if act == "remove-app":
            message = f"{tokens.revoke(world(), account.id)} tokens removed; every later call gets 401."
        elif act == "expire-tokens":
            message = f"{tokens.expire(world(), account.id)} tokens ended."
        elif act == "reset":
            control.reset({"keep_connections": given.get("keep") == "yes"})
            message = "Everything is as at the start."
        else:
            plural, _, number = given.get("record", "").partition(":")
            change = {} if act == "delete" else {"name": given.get("name", "").strip()}
            if act != "delete" and not change["name"]:
                raise ValueError("a name is needed")
            with world().store.transaction():
                staffwork.act(world(), plural, int(number or 0), act, change)
            message = "Done."
    except (ValueError, Refused) as error:
        message = f"Not done: {error}"
    return pages.back(request, "/crm/switches", message)


ROUTES = [
    path("crm/requests", requests),
    path("crm/ledger", ledger),
    path("crm/webhooks", hooks),
    path("crm/webhooks/change", change_hooks),
    path("crm/switches", switches),
    path("crm/switches/change", change_switches),
    path("crm/faults", change_faults),
    path("crm/administer", administer),
]

"""The screens behind the curtain: firm and keys, events, requests, ledger, switches and faults."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from sandbox.chaos import KINDS, FaultError
from sandbox.lexamica import control, seed
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.screen import pages
from sandbox.lexamica.switches import SWITCHES
from sandbox.lexamica.world import world

FAULTS = {kind: label for kind, label in KINDS.items() if kind != "finder_lag"}


def firm(request: HttpRequest) -> HttpResponse:
    """What the product's connection form asks for, and what is set up for the firm."""
    own, store = pages.firm_in_view(request), world().store
    hooks = [(item.doc["event"], item.doc["url"], item.doc["active"]) for item in store.all("webhook", own.org)]
    stored = [(item.doc["event"], "stored", item.doc["active"]) for item in store.all("stored_subscription", own.org)]
    maps = [
        {"id": item.id, "model": item.doc["model"], "name": item.doc["name"], "fields": item.doc["fields"]}
        for item in store.all("mapping", own.org)
    ]
    return pages.page(
        request, "Firm and keys", "lx_firm.html", below="lx_firm_acts.html", maps=maps, subscriptions=hooks + stored,
        address=world().public_url,
    )  # fmt: skip


def change_firm(request: HttpRequest) -> HttpResponse:
    """Make the keys new, or found one more firm."""
    own, given = pages.firm_in_view(request), request.POST
    with world().store.transaction():
        if given.get("act") == "rotate":
            own.doc |= seed.keys()
            world().store.save(own)
            return pages.back(request, "/app/firm", "Both keys are new; the old ones stopped.")
        made = seed.create(world(), {"name": given.get("name", "").strip(), "handler": "handler" in given})
    return pages.back(request, "/app/firm", f"{made.doc['name']} takes part now.")


def events(request: HttpRequest) -> HttpResponse:
    """What was pushed to the firm and what is stored for it, newest first."""
    own, store = pages.firm_in_view(request), world().store
    roles = {"delivered": "done", "failed": "fail", "dropped": "unknown"}
    pushed = [
        {
            "event": item.doc["name"], "state": item.state, "role": roles.get(item.state, "wait"),
            "attempts": ", ".join(part["outcome"] for part in item.doc["attempts"]) or "none yet",
            "when": pages.clock(item.at), "data": json.dumps(item.doc["data"], ensure_ascii=False),
        }
        for item in store.select("kind = 'delivery' AND org = ?", [own.org], order="n DESC", limit=40)
    ]  # fmt: skip
    stored = [
        {"event": item.doc["event"], "state": "stored", "role": "done", "attempts": "", "when": pages.clock(item.at),
         "data": json.dumps(item.doc["data"], ensure_ascii=False)}
        for item in store.select("kind = 'stored_event' AND org = ?", [own.org], order="n DESC", limit=40)
    ]  # fmt: skip
    return pages.page(request, "Events", "lx_events.html", pushed=pushed, stored=stored)


def requests(request: HttpRequest) -> HttpResponse:
    """The newest calls as they arrived."""
    rows = [
        {
            "n": entry.n, "method": entry.method, "path": entry.path, "query": entry.query, "body": entry.body,
            "status": entry.status, "state": entry.state, "fault": entry.fault, "when": pages.clock(entry.at),
            "milliseconds": round((entry.seconds or 0) * 1000),
            "role": "done" if entry.status and entry.status < 400 else "fail" if entry.status else "unknown",
        }
        for entry in world().log.newest(60)
    ]  # fmt: skip
    return pages.page(request, "Requests", "_requests.html", rows=rows)


def ledger(request: HttpRequest) -> HttpResponse:
    """What really happened through the API, counted for all firms."""
    counted = control.ledger({})
    names = ("cases", "answers", "updates", "attachments")
    doubles = [
        (name, key, count) for name in names for key, count in counted[name]["by_key"].items()
        if count > 1 and "@" not in key
    ]  # fmt: skip
    with world().store.lock:
        recent = [row | {"when": pages.clock(row["at"])} for row in world().ledger.recent(40)]
    return pages.page(
        request, "Ledger", "lx_ledger.html", totals=[(name.capitalize(), counted[name]) for name in names],
        doubles=doubles, meter=counted, calls=counted["calls"].items(), recent=recent,
    )  # fmt: skip


def switches(request: HttpRequest) -> HttpResponse:
    """The switches, the faults and the clock."""
    rows = [{"switch": switch, "value": world().switches.get(switch.name)} for switch in SWITCHES.values()]
    return pages.page(
        request, "Switches and faults", "lx_faults.html", below="lx_switches.html", rows=rows, kinds=FAULTS.items(),
        faults=world().faults.listing(), now=pages.clock(world().now()),
    )  # fmt: skip


def _fault(given: Any) -> str:
    if given.get("act") == "remove":
        world().faults.remove(int(given["fault"]) if given.get("fault") else None)
        return "Faults removed."
    spec: dict[str, Any] = {key: given[key] for key in ("kind", "method", "path", "when") if given.get(key)}
    spec |= {key: int(given[key]) for key in ("status", "bytes", "count") if given.get(key)}
    world().faults.add(spec | {"seconds": float(given.get("seconds") or 0)})
    return "Fault queued."


def change(request: HttpRequest, what: str) -> HttpResponse:
    """Keep switches, queue or remove a fault, put the clock ahead, start again."""
    given = request.POST
    try:
        if what == "faults":
            message = _fault(given)
        elif what == "clock":
            done = control.advance({"advance": float(given.get("hours") or 0) * 3600})["done"]
            message = f"The clock is put ahead; {done} things became due."
        elif what == "reset":
            control.reset({"keep_connections": given.get("keep") == "yes"})
            message = "Everything is as at the start."
        else:
            control.patch_switches({name: value for name, value in given.items() if name in SWITCHES})
            message = "Switches kept."
    except (ValueError, KeyError, FaultError, Refusal) as error:
        message = f"Not done: {error}"
    return pages.back(request, "/app/switches", message)


ROUTES = [
    path("app/firm", firm),
    path("app/firm/change", require_POST(change_firm)),
    path("app/events", events),
    path("app/requests", requests),
    path("app/ledger", ledger),
    path("app/switches", switches),
    path("app/change/<str:what>", require_POST(change)),
]

"""The control API under /control/: switches, faults, clock, request log, ledger, and what staff would do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox.chaos import FaultError
from sandbox.lexamica import catalogue, jobs, seed
from sandbox.lexamica.events import emit
from sandbox.lexamica.records import staff
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import iso, world

Handler = Callable[..., Any]
# kind in the ledger and name in the answer
COUNTED = (
    ("case", "cases"), ("invitation_answer", "answers"), ("update", "updates"), ("attachment", "attachments"),
    ("mapping", "mappings"), ("webhook", "webhook_subscriptions"),
    ("stored_subscription", "stored_event_subscriptions"),
)  # fmt: skip


def control(**handlers: Handler) -> Callable[..., HttpResponse]:
    """A control view: only from this machine; handlers take the JSON body and path parts and return JSON."""

    def view(request: HttpRequest, **params: Any) -> HttpResponse:
        if not ip_address(request.META["REMOTE_ADDR"]).is_loopback:
            return JsonResponse({"error": "only from this machine"}, status=403)
        handler = handlers.get(str(request.method).lower())
        if handler is None:
            return JsonResponse({"error": "method not allowed"}, status=405)
        try:
            body = json.loads(request.body or b"{}")
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            answer = handler(request.GET.dict() | body, **params)
        except Refusal as refusal:
            status = 404 if refusal.status == 404 else 422
            return JsonResponse({"error": refusal.sentence(), "code": refusal.code}, status=status)
        except (ValueError, TypeError, KeyError, FaultError) as error:
            return JsonResponse({"error": str(error)}, status=422)
        return JsonResponse(answer)

    return view


def organization_of(given: Doc) -> Record:
    """The organization a call means by number or id: the named one, or the first."""
    return staff.firm(world(), given.get("organization") or given.get("account") or 1)


def number_of(given: Doc) -> int | None:
    """The number of the organization a call names, None without one."""
    return organization_of(given).org if given.get("organization") or given.get("account") else None


def reset(given: Doc) -> Doc:
    """Start again. `keep_connections`: organizations, mappings and subscriptions stay. `keep_switches`."""
    here = world()
    started = time.perf_counter()
    here.faults.remove()
    kept = ("organization", "mapping", "webhook", "stored_subscription") if given.get("keep_connections") else ()
    with here.store.transaction():
        here.store.clear(keep=kept)
        here.ledger.clear()
        here.clock_reset()
        if not given.get("keep_switches"):
            here.switches.clear()
        seed.seed(here)
    for path in here.files.iterdir():
        path.unlink(missing_ok=True)
    here.switches.reload()
    here.meter.clear()
    here.log.clear()
    here.limiter.clear()
    return {"ok": True, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def get_switches(given: Doc) -> Doc:
    """Every switch with its value in force."""
    return {"switches": world().switches.all(number_of(given))}


def patch_switches(given: Doc) -> Doc:
    """Change switches by name, for all organizations or for `organization`."""
    changes = {name: value for name, value in given.items() if name not in ("organization", "account")}
    with world().store.transaction():
        world().switches.set(changes, number_of(given))
    world().limiter.clear()
    return get_switches(given)


def get_faults(given: Doc) -> Doc:
    """The queued faults."""
    return {"faults": world().faults.listing()}


def add_fault(given: Doc) -> Doc:
    """Queue a fault, or several under `faults`."""
    specs = given["faults"] if "faults" in given else [given]
    return {"faults": [world().faults.add(spec).as_json() for spec in specs]}


def remove_faults(given: Doc, fault_id: int | None = None) -> Doc:
    """Remove one fault or all; held requests go on."""
    return {"removed": world().faults.remove(fault_id)}


def get_clock(given: Doc) -> Doc:
    """What time it is here."""
    return {"now": iso(world().now()), "speed": world().switches.number("speed")}


def advance(given: Doc) -> Doc:
    """Put the clock ahead by `advance` seconds and do what is due by then."""
    seconds = float(given.get("advance", 0))
    if seconds < 0:
        raise ValueError("the clock goes forward only; reset sets it right")
    ahead = world().advance(seconds)
    return get_clock({}) | {"ahead": ahead, "done": jobs.settle(world())}


def requests(given: Doc) -> Doc:
    """The request log after `since`."""
    return {"requests": world().log.since(int(given.get("since", 0)), int(given.get("limit", 1000)))}


def ledger(given: Doc) -> Doc:
    """Effects made through the API since the last reset, for all or for `organization`."""
    here, account = world(), number_of(given)
    answer: Doc = {}
    with here.store.lock:
        for kind, name in COUNTED:
            answer[name] = here.ledger.counts(kind, account=account)
            answer[name]["deleted"] = here.ledger.counts(kind, effect="deleted", account=account)["total"]
    report = here.meter.report()
    return answer | report | {"keys_in_urls": report["calls"].get("key in the address", 0)}


def state(given: Doc) -> Doc:
    """Records per kind, and cases and invitations per state."""
    here = world()
    with here.store.lock:
        rows = here.store.db.execute("SELECT kind, COUNT(*) FROM records GROUP BY kind").fetchall()
        where = "SELECT kind, state, COUNT(*) FROM records WHERE kind IN ('case', 'invitation', 'delivery') " \
            "GROUP BY kind, state"  # fmt: skip
        each = here.store.db.execute(where).fetchall()
    states: dict[str, dict[str, int]] = {"case": {}, "invitation": {}, "delivery": {}}
    for kind, name, count in each:
        states[kind][name] = count
    return {"totals": dict(rows), "states": states, "catalogue": str(catalogue.FILE.name)}


def deliveries(given: Doc) -> Doc:
    """The newest webhook deliveries with their attempts."""
    number = number_of(given)
    where, values = ("kind = 'delivery' AND org = ?", [number]) if number else ("kind = 'delivery'", [])
    found = world().store.select(where, values, order="n DESC", limit=int(given.get("limit", 200)))
    return {"deliveries": [{"id": item.id, "state": item.state, "organization": item.org} | item.doc for item in found]}


def fire(given: Doc) -> Doc:
    """Send an event by hand: `organization`, `event`, `data` (as mapped), `copies`, `delay`, `forged`, `event_id`."""
    here, firm = world(), organization_of(given)
    name = str(given.get("event", ""))
    hooks = here.store.select("kind = 'webhook' AND org = ? AND state = ?", [firm.org, name])
    if not hooks:
        hooks = here.store.all("webhook", firm.org)[:1]
    if not hooks:
        raise ValueError("this organization has no webhook subscription")
    event = {"event_id": str(given.get("event_id") or f"hand-{time.time_ns()}"), "name": name,
             "data": given.get("data", {})}  # fmt: skip
    with here.store.transaction():
        made = emit.queue(here, hooks[0], event, copies=int(given.get("copies", 1)),
                          forged=bool(given.get("forged")), delay=float(given.get("delay", 0)))  # fmt: skip
    return {"deliveries": [record.id for record in made]}

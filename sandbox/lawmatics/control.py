"""The control API under /control/: switches, faults, request log, ledger, and what the firm's staff would do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox.chaos import FaultError
from sandbox.lawmatics import seed, tokens
from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records import staffwork
from sandbox.lawmatics.records.staffwork import Refused
from sandbox.lawmatics.records.store import Doc
from sandbox.lawmatics.records.timeline import Invalid
from sandbox.lawmatics.world import world

Handler = Callable[..., Any]
# kind in the ledger, name in the answer, name of the counts per key
COUNTED = (
    ("contact", "contacts", "by_email"),
    ("prospect", "prospects", "by_marker"),
    ("note", "notes", "by_marker"),
    ("form_entry", "form_entries", "by_marker"),
)


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
        except (ValueError, TypeError, Refused, FaultError, Invalid) as error:
            return JsonResponse({"error": str(error)}, status=404 if isinstance(error, Refused) else 422)
        return JsonResponse(answer if isinstance(answer, dict) else {"result": answer})

    return view


def account_of(given: Doc) -> int:
    """The account a control call means: the named one, or the first."""
    accounts = world().accounts()
    wanted = str(given.get("account") or (accounts[0].id if accounts else ""))
    for account in accounts:
        if str(account.id) == wanted:
            return account.id
    raise Refused(f"no account {wanted}")


def reset(given: Doc) -> Doc:
    """Start again. `keep_connections`: tokens, accounts and webhooks stay. `keep_switches`: switches stay."""
    here = world()
    started = time.perf_counter()
    keep = bool(given.get("keep_connections"))
    here.faults.remove()
    with here.store.transaction():
        specs = [account.doc["spec"] for account in here.accounts()] if keep else []
        here.store.clear(keep_connections=keep)
        here.ledger.clear()
        if not given.get("keep_switches"):
            here.switches.clear()
        for spec in specs:
            seed.create_account(here, spec)
        seed.seed(here)
    here.switches.reload()
    here.meter.clear()
    here.log.clear()
    here.limiter.clear()
    return {"ok": True, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def get_switches(given: Doc) -> Doc:
    """Every switch with its value in force."""
    return {"switches": world().switches.all(account_of(given) if given.get("account") else None)}


def patch_switches(given: Doc) -> Doc:
    """Change switches by name, for all accounts or for `account`."""
    account = account_of(given) if given.get("account") else None
    changes = {name: value for name, value in given.items() if name != "account"}
    with world().store.transaction():
        world().switches.set(changes, account)
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


def requests(given: Doc) -> Doc:
    """The request log after `since`."""
    return {"requests": world().log.since(int(given.get("since", 0)), int(given.get("limit", 1000)))}


def ledger(given: Doc) -> Doc:
    """Effects made through the API since the last reset, for all accounts or for `account`."""
    account = account_of(given) if given.get("account") else None
    here = world()
    answer: Doc = {}
    with here.store.lock:
        for kind, name, key in COUNTED:
            counted = here.ledger.counts(kind, account=account)
            answer[name] = {"total": counted["total"], key: counted["by_key"]}
            for effect in ("updated", "deleted"):
                answer[name][effect] = here.ledger.counts(kind, effect=effect, account=account)["total"]
    return answer | here.meter.report()


def state(given: Doc) -> Doc:
    """Records per kind that are there now, per account, and the accounts."""
    here = world()
    with here.store.lock:
        rows = here.store.db.execute("SELECT account, kind, COUNT(*) FROM records GROUP BY account, kind").fetchall()
        live = here.store.db.execute("SELECT account, COUNT(*) FROM tokens WHERE type = 'access' GROUP BY account")
        connected = dict(live.fetchall())
    totals: dict[str, int] = {}
    each: dict[str, dict[str, int]] = {}
    for account, kind, count in rows:
        totals[kind] = totals.get(kind, 0) + count
        each.setdefault(str(account), {})[kind] = count
    accounts = [
        {"id": account.id, "name": account.doc["name"], "tokens": connected.get(account.id, 0)}
        for account in here.accounts()
    ]
    return {"totals": totals, "by_account": each, "accounts": accounts}


def add_account(given: Doc) -> Doc:
    """Create a remote firm: name, firm_id, user_name, user_email, timezone, pipelines."""
    with world().store.transaction():
        number = given.get("firm_id")
        if number is not None and (not isinstance(number, int) or world().store.get("firm", number)):
            raise ValueError("firm_id must be a free number")
        firm = seed.create_account(world(), given)
    return staffwork.describe_account(world(), firm.id)


def get_account(given: Doc, account_id: int) -> Doc:
    """One account with its people, pipelines and stages, practice areas, fields and forms."""
    return staffwork.describe_account(world(), account_of({"account": account_id}))


def token(given: Doc, account_id: int) -> Doc:
    """A token without the consent screen, for measurements."""
    account = account_of({"account": account_id})
    person = world().store.select("account = ? AND kind = 'user'", [account], limit=1)[0]
    return tokens.issue_directly(world(), account, person.id)


def remove_app(given: Doc, account_id: int) -> Doc:
    """The firm removes the app: every later call is 401."""
    return {"revoked": tokens.revoke(world(), account_of({"account": account_id}))}


def expire_tokens(given: Doc, account_id: int) -> Doc:
    """Expiring access tokens end now."""
    return {"expired": tokens.expire(world(), account_of({"account": account_id}))}


def act(given: Doc, kind: str, record_id: int, action: str = "change") -> Doc:
    """Change, delete, merge, convert or move one record as staff would."""
    with world().store.transaction():
        return staffwork.act(world(), kind, record_id, action, given)


def create(given: Doc, kind: str) -> Doc:
    """Create a contact, matter or note as staff would, or a stage or practice area."""
    with world().store.transaction():
        return staffwork.create(world(), account_of(given), kind, given)


def fill(given: Doc) -> Doc:
    """Many invented contacts and matters at once, for measurements."""
    with world().store.transaction():
        return staffwork.fill(world(), account_of(given), int(given.get("contacts", 0)), int(given.get("matters", 0)))


def get_webhooks(given: Doc) -> Doc:
    """Webhooks with their secrets, and the newest deliveries."""
    hooks = world().store.select("kind = 'webhook'", [])
    sent = world().store.select("kind = 'delivery'", [], order="id DESC", limit=int(given.get("limit", 100)))
    shown = [{"id": hook.id, "account": hook.account} | hook.doc for hook in hooks]
    return {"webhooks": shown, "deliveries": [{"id": item.id, "account": item.account} | item.doc for item in sent]}


def add_webhook(given: Doc) -> Doc:
    """Set up a webhook: account, name, url, event_type (or `*`), optional secret."""
    words = {key: str(given.get(key, "")) for key in ("name", "url", "event_type", "secret")}
    with world().store.transaction():
        hook = webhooks.register(world(), account_of(given), **words)
    return {"id": hook.id, "account": hook.account} | hook.doc


def fire(given: Doc) -> Doc:
    """Fire an event: event_type, data; forged, age, copies, delay, event_id, firm_id."""
    with world().store.transaction():
        return {"deliveries": staffwork.fire(world(), account_of(given), given)}

"""What every screen shares: the account in view, the frame, the live fragment, static files."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.world import world

NAVIGATION = (
    ("/", "Matters"), ("/crm/contacts", "Contacts"), ("/crm/forms", "Forms"),
    ("/crm/activity", "Activity"), ("/crm/requests", "Requests"),
    ("/crm/ledger", "Ledger"), ("/crm/webhooks", "Webhooks"), ("/crm/switches", "Switches and faults"),
)  # fmt: skip
STATIC = Path(__file__).resolve().parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def _file(name: str) -> bytes | None:
    files = {item.name: item for item in STATIC.iterdir()}
    return files[name].read_bytes() if name in files else None


def static(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the screens."""
    content = _file(name)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type=TYPES[Path(name).suffix], headers={"Cache-Control": "no-cache"})


def account_in_view(request: HttpRequest) -> Record:
    """The account a person chose, else the first."""
    accounts = world().accounts()
    wanted = request.GET.get("account") or request.COOKIES.get("standin_account", "")
    return next((account for account in accounts if str(account.id) == wanted), accounts[0])


def choose_account(request: HttpRequest) -> HttpResponse:
    """Remember the chosen account and go back."""
    response = back(request, "/")
    response.set_cookie("standin_account", request.POST.get("account", ""), samesite="Lax", httponly=True)
    return response


def back(request: HttpRequest, otherwise: str, message: str = "") -> HttpResponse:
    """Return to the page the form was on."""
    referer = urlsplit(request.headers.get("Referer", ""))
    path = referer.path if referer.netloc == request.get_host() and referer.path.startswith("/") else otherwise
    query = f"?{referer.query}" if referer.query and path == referer.path else ""
    if message:
        response = HttpResponseRedirect(path)
        response.set_cookie(
            "standin_message", message.encode("ascii", "replace").decode()[:300], max_age=30, httponly=True
        )
        return response
    return HttpResponseRedirect("/" + path.lstrip("/") + query)


def page(request: HttpRequest, title: str, fragment: str, below: str = "", **context: Any) -> HttpResponse:
    """A whole screen, or only its live part when the script asks for that."""
    account = account_in_view(request)
    shared = {"account": account, "tz": world().zone_of(account.id)} | context
    if request.headers.get("X-Fragment"):
        return render(request, fragment, shared)
    items = [
        {
            "href": href,
            "label": label,
            "current": request.path == href or (href != "/" and request.path.startswith(href)),
        }
        for href, label in NAVIGATION
    ]
    message = request.COOKIES.get("standin_message", "")
    frame = {"title": title, "fragment": fragment, "below": below, "navigation": items, "accounts": world().accounts()}
    response = render(request, "base.html", shared | frame | {"message": message, "failed": message.startswith("Not")})
    if message:
        response.delete_cookie("standin_message")
    return response


def clock(at: float, account: int) -> dict[str, str]:
    """A time for people (firm's zone) and for machines."""
    moment = datetime.fromtimestamp(at, world().zone_of(account))
    half = "pm" if moment.hour >= 12 else "am"
    shown = f"{moment:%b} {moment.day}, {moment.hour % 12 or 12}:{moment:%M:%S} {half} {moment:%Z}"
    return {"shown": shown, "machine": moment.isoformat(timespec="seconds")}


def full_name(contact: Record | None) -> str:
    """A person's name, or what to say without one."""
    if contact is None:
        return "No contact"
    return " ".join(filter(None, (contact.doc.get("first_name"), contact.doc.get("last_name")))) or "No name"

"""What every screen shares: the firm in view, the frame, the live fragment, static files, times for people."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from sandbox.lexamica.store import Record
from sandbox.lexamica.world import world

NAVIGATION = (
    ("/", "Inbox"), ("/app/sent", "Sent cases"), ("/app/handled", "Cases handled"), ("/app/new", "Send a case"),
    ("/app/firm", "Firm and keys"), ("/app/events", "Events"), ("/app/requests", "Requests"),
    ("/app/ledger", "Ledger"), ("/app/switches", "Switches and faults"),
)  # fmt: skip
# One look for all stand-ins: style sheet, script and icon lie beside the first one's screens.
STATIC = Path(__file__).resolve().parents[2] / "lawmatics" / "screen" / "static"
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


def firm_in_view(request: HttpRequest) -> Record:
    """The firm a person chose, else the second: the first one is the product's own."""
    firms = world().organizations()
    wanted = request.GET.get("firm") or request.COOKIES.get("standin_firm", "")
    return next((firm for firm in firms if str(firm.org) == wanted), firms[min(1, len(firms) - 1)])


def choose_firm(request: HttpRequest) -> HttpResponse:
    """Remember the chosen firm and go to its inbox or back."""
    response = back(request, "/")
    response.set_cookie("standin_firm", request.POST.get("firm", ""), samesite="Lax", httponly=True)
    return response


def back(request: HttpRequest, otherwise: str, message: str = "", *, stay: bool = True) -> HttpResponse:
    """Return to the page the form was on, or with `stay` off to the one named, with a sentence."""
    referer = urlsplit(request.headers.get("Referer", ""))
    own = stay and referer.netloc == request.get_host() and referer.path.startswith("/")
    response = HttpResponseRedirect("/" + (referer.path if own else otherwise).lstrip("/"))
    if message:
        text = message.encode("ascii", "replace").decode()[:300]
        response.set_cookie("standin_message", text, max_age=30, httponly=True, samesite="Lax")
    return response


def page(request: HttpRequest, title: str, fragment: str, below: str = "", **context: Any) -> HttpResponse:
    """A whole screen, or only its live part when the script asks for that."""
    firm = firm_in_view(request)
    shared = {"firm": firm} | context
    if request.headers.get("X-Fragment"):
        return render(request, fragment, shared)
    items = [{"href": href, "label": label, "current": request.path == href} for href, label in NAVIGATION]
    message = request.COOKIES.get("standin_message", "")
    frame = {
        "title": title, "fragment": fragment, "below": below, "navigation": items, "firms": world().organizations(),
        "message": message, "failed": message.startswith("Not"),
    }  # fmt: skip
    response = render(request, "lexamica_base.html", shared | frame)
    if message:
        response.delete_cookie("standin_message")
    return response


def clock(at: float) -> dict[str, str]:
    """A time for people (UTC) and for machines."""
    moment = datetime.fromtimestamp(at, UTC)
    return {"shown": f"{moment:%b} {moment.day}, {moment:%H:%M:%S} UTC", "machine": moment.isoformat("T", "seconds")}


def left(until: float) -> str:
    """How long there is to a time, in words."""
    seconds = until - world().now()
    if seconds <= 0:
        return "over"
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number > 1 else ''}"
    return "less than a minute"

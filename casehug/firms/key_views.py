"""Pages of the API keys: list, create, the one look at a new key, rotate, revoke. Firm admins only."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from casehug.common import throttle
from casehug.firms.access import firm_page
from casehug.firms.api_keys import KeyRefused, NewKey, create_key, revoke_key, rotate_key, state_of
from casehug.firms.api_scopes import SCOPES
from casehug.firms.key_forms import ApiKeyForm, RotateForm
from casehug.firms.models import ApiKey
from casehug.firms.views import settings_tabs

KEPT_SECONDS = 24 * 3600


def _first_time(request: HttpRequest) -> bool:
    """Take the form's key: a double click or the back button makes no second API key."""
    key = request.POST.get("idempotency_key", "")
    if not key:
        return True
    used = throttle.hit(name="form", key=f"{request.user.pk}:{key}", limit=1, window_seconds=KEPT_SECONDS)
    if used:
        messages.info(request, "This was already done. A key is shown only once; rotate it if you missed it.")
    return not used


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: object) -> HttpResponse:
    tabs = settings_tabs(request, "api_keys")
    return render(request, f"settings/{template}.html", {"tabs": tabs, **context}, status=status)


def _key_or_404(key_id: uuid.UUID) -> ApiKey:
    found: ApiKey | None = ApiKey.objects.filter(id=key_id).first()
    if found is None:
        raise Http404
    return found


@firm_page("firm.manage")
def api_keys(request: HttpRequest) -> HttpResponse:
    """List the keys, those that work first."""
    rows = ApiKey.objects.select_related("created_by__user").order_by("-created_at")
    replaced = {row.replaces_id for row in rows}
    keys = [
        {"row": row, "state": state_of(row), "replaced": row.id in replaced,
         "scopes": [SCOPES.get(scope, scope) for scope in row.scopes]}
        for row in rows
    ]  # fmt: skip
    live, ended = [key for key in keys if key["state"] == "valid"], [key for key in keys if key["state"] != "valid"]
    return _page(request, "api_keys", keys=live + ended, api_root=request.build_absolute_uri("/api/v1/"))


@firm_page("firm.manage", fresh=True)
def api_key_new(request: HttpRequest) -> HttpResponse:
    """Ask for name, scopes and end; then show the new key this once."""
    form = ApiKeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not _first_time(request):
            return redirect("api_keys")
        data, membership = form.cleaned_data, request.membership  # type: ignore[attr-defined]
        try:
            new = create_key(
                name=data["name"], scopes=data["scopes"], expires_at=form.expires_at(),
                membership_id=membership.membership_id,
            )  # fmt: skip
        except KeyRefused as refused:
            form.add_error(None, str(refused))
        else:
            return _shown_once(request, new)
    return _page(request, "api_key_new", form=form, status=422 if form.errors else 200)


def _shown_once(request: HttpRequest, new: NewKey, old: ApiKey | None = None) -> HttpResponse:
    address = request.build_absolute_uri("/api/v1/")
    return _page(request, "api_key_created", key=new.row, clear=new.clear.reveal(), old=old, api_root=address)


@firm_page("firm.manage", fresh=True)
def api_key_rotate(request: HttpRequest, key_id: uuid.UUID) -> HttpResponse:
    """Say what rotating does, ask when the old key ends, then show the new key this once."""
    row = _key_or_404(key_id)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not _first_time(request):
            return redirect("api_keys")
        member = request.membership.membership_id  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                new = rotate_key(key_id=key_id, overlap_hours=form.cleaned_data["overlap"], membership_id=member)
        except KeyRefused as refused:
            messages.error(request, str(refused))
            return redirect("api_keys")
        row.refresh_from_db()
        return _shown_once(request, new, row)
    return _page(request, "api_key_rotate", key=row, form=form, status=422 if form.errors else 200)


@firm_page("firm.manage", fresh=True)
def api_key_revoke(request: HttpRequest, key_id: uuid.UUID) -> HttpResponse:
    """Say what revoking does, then end the key."""
    row = _key_or_404(key_id)
    if request.method == "POST":
        revoke_key(key_id=key_id)
        messages.success(request, f"The key “{row.name}” no longer works.")
        return redirect("api_keys")
    confirm = {
        "title": f"Revoke “{row.name}”",
        "intro": f"The key begins with {row.prefix}.",
        "consequences": ["Every tool that uses it is refused from the next request on.", "It cannot be brought back."],
        "stays": ["What the tool has made or changed here."],
        "verb": "Revoke the key",
        "danger": True,
        "safe_label": "Keep it working",
        "safe_url": reverse("api_keys"),
        "action_url": request.path,
    }
    return render(request, "base_confirm.html", {"confirm": confirm})

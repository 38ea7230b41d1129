"""Open a matter, and say whose it is."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casehug.common import slots
from casehug.firms.access import firm_page
from casehug.intake.errors import IntakeError, Invalid, NotFound
from casehug.intake.forms.clients import ClientChoiceForm
from casehug.intake.forms.matters import NewMatterForm
from casehug.intake.models import Client, Matter
from casehug.intake.selectors.matters import matter_detail
from casehug.intake.selectors.search import matching_clients, possible_duplicates
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter, update_matter
from casehug.intake.views.acting import posted
from casehug.intake.views.once import first_time, was_used

SHOWN = 8


def _found(text: str) -> list[Client]:
    words = text.strip()
    return list(matching_clients(words).order_by("last_name", "first_name")[: SHOWN + 1]) if len(words) > 1 else []


@require_safe
@firm_page("matters.edit")
def client_choices(request: HttpRequest) -> HttpResponse:
    """Answer the clients that match while staff type (a fragment)."""
    text = request.GET.get("find", "")
    context = {"found": _found(text)[:SHOWN], "more": len(_found(text)) > SHOWN, "text": text.strip(), "chosen": ""}
    return render(request, "intake/_client_choices.html", context)


def _page_context(form: ClientChoiceForm) -> dict[str, Any]:
    text = str(form["find"].value() or "")
    chosen = str(form["client"].value() or "")
    return {"form": form, "found": _found(text)[:SHOWN], "text": text.strip(), "chosen": chosen}


def _duplicates(request: HttpRequest, form: ClientChoiceForm) -> list[Client]:
    """Return who a new client may be; nobody when that was answered, or when this form was saved already."""
    if not form.wants_new or form.duplicate_answered or was_used(request):
        return []
    data = form.cleaned_data
    return possible_duplicates(
        first_name=data["first_name"], last_name=data["last_name"], email=data["email"], phone=data["phone"]
    )


def _ask(request: HttpRequest, form: ClientChoiceForm, found: list[Client], back: str) -> HttpResponse:
    hidden = {name: form[name].value() or "" for name in form.fields if name not in ("duplicate", "find")}
    context = {"found": found, "hidden": hidden, "back": back, "name": form.cleaned_data}
    return render(request, "intake/possible_duplicate.html", context)


def _client_of(form: ClientChoiceForm) -> uuid.UUID | None:
    """Return the chosen client, made if it is new."""
    return create_client(**form.person()).id if form.wants_new else form.client_id


def _newest_of(request: HttpRequest) -> Matter | None:
    return Matter.objects.filter(created_by_id=request.user.pk).order_by("-created_at").first()


@firm_page("matters.edit")
def matter_new(request: HttpRequest) -> HttpResponse:
    """Open a matter; a new client who may be known already is asked about first."""
    form = NewMatterForm(posted(request))
    searching = "search" in request.POST
    if request.method == "POST" and not searching and form.is_valid():
        found = _duplicates(request, form)
        if found:
            return _ask(request, form, found, reverse("matter_new"))
        if not first_time(request):
            newest = _newest_of(request)
            return redirect("matter", newest.id) if newest else redirect("matters")
        try:
            values = form.matter_changes()
            values["client_id"] = _client_of(form)
            matter = create_matter(**values)
        except Invalid as error:
            form.take_errors(error)
        else:
            messages.success(request, "The matter is open. Next: send the client the intake link.")
            return redirect("matter", matter.id)
    hints = slots.fill("client_hint", client=None)
    context = {**_page_context(form), "searching": searching, "hints": hints}
    return render(request, "intake/new_matter.html", context, status=422 if form.errors and not searching else 200)


@firm_page("matters.edit")
def matter_client(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Choose, create or take away the client of a matter."""
    try:
        matter = matter_detail(matter_id).matter
    except NotFound as error:
        raise Http404 from error
    form = ClientChoiceForm(posted(request), initial={"choice": "existing"})
    searching = "search" in request.POST
    if request.method == "POST" and not searching and form.is_valid():
        found = _duplicates(request, form)
        if found:
            return _ask(request, form, found, reverse("matter_client", args=[matter_id]))
        try:
            if first_time(request):
                update_matter(matter_id=matter_id, client_id=_client_of(form))
                messages.success(request, "The client of this matter was changed.")
            return redirect("matter", matter_id)
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
    context = {**_page_context(form), "matter": matter, "searching": searching}
    return render(request, "intake/matter_client.html", context, status=422 if form.errors and not searching else 200)

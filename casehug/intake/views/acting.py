"""What doors share: call a service once and say how it went; names of people; why a button cannot be used."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from casehug.firms.access import can, who_can
from casehug.firms.models import Membership
from casehug.intake.errors import Invalid, NotFound, Refused
from casehug.intake.models import Matter

ARCHIVED = "This matter is archived. Restore it to change anything."
PAGE_CAPABILITIES = ("matters.edit", "clients.edit", "documents.review", "notes.view", "notes.edit", "intake.import",
                     "clients.erase")  # fmt: skip


def attempt(request: HttpRequest, act: Callable[[], Any], *, done: str) -> bool:
    """Call a service; a success or a refusal becomes a message. Raises Http404 for what this firm does not have."""
    try:
        act()
    except NotFound as error:
        raise Http404 from error
    except Invalid as error:
        messages.error(request, " ".join(error.fields.values()))
    except Refused as error:
        messages.error(request, error.message)
    else:
        if done:
            messages.success(request, done)
        return True
    return False


def blocked(request: HttpRequest, matter: Matter | None = None) -> dict[str, str]:
    """Return, per capability (`matters_edit` …), why the member may not use it here; empty text: may."""
    membership = request.membership  # type: ignore[attr-defined]
    found = {}
    for capability in PAGE_CAPABILITIES:
        reason = "" if can(membership, capability) else f"Only a {who_can(capability)} may do this."
        if not reason and matter is not None and matter.is_archived and capability != "notes.view":
            reason = ARCHIVED
        found[capability.replace(".", "_")] = reason
    if matter is not None:
        found["matters_restore"] = "" if can(membership, "matters.edit") else found["matters_edit"]
    return found


def people(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return the names of members of this firm by user id."""
    wanted = {each for each in ids if each is not None}
    members = Membership.objects.filter(user_id__in=wanted).select_related("user") if wanted else []
    return {member.user_id: str(member.user) for member in members}


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, None when nothing was: an empty form that was sent has errors too."""
    return request.POST if request.method == "POST" else None


def form_page(request: HttpRequest, template: str, form: BaseForm, **context: Any) -> HttpResponse:
    """Draw a form; one with errors is answered with 422, so that it is told apart from a page."""
    return render(request, template, {"form": form, **context}, status=422 if form.is_bound and form.errors else 200)

"""One client: the page and the form."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from casehug.common import slots
from casehug.firms.access import can, firm_page
from casehug.intake.errors import Invalid
from casehug.intake.forms.clients import ClientForm
from casehug.intake.models import Client, Matter
from casehug.intake.services.clients import update_client
from casehug.intake.views.acting import blocked, form_page, posted


@require_safe
@firm_page("clients.view")
def client_page(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show who the client is and the client's matters."""
    client = get_object_or_404(Client, id=client_id)
    context = {
        "client": client,
        "matters": Matter.objects.filter(client=client).select_related("case_type").order_by("-updated_at", "-id"),
        "reads_notes": can(request.membership, "notes.view"),  # type: ignore[attr-defined]
        "blocked": blocked(request),
        "hints": slots.fill("client_hint", client=client),
    }
    return render(request, "intake/client.html", context)


@firm_page("clients.edit")
def client_edit(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Change a client's record."""
    client = get_object_or_404(Client, id=client_id)
    form = ClientForm.of(client, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            update_client(client_id=client_id, **form.changes())
        except Invalid as error:
            form.take_errors(error)
        else:
            messages.success(request, "Saved.")
            return redirect("client", client_id)
    hints = slots.fill("client_hint", client=client)
    return form_page(request, "intake/client_edit.html", form, client=client, hints=hints)

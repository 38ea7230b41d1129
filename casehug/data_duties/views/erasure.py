"""Erase a client in two steps, and the certificate afterwards."""

import json
import uuid

from django import forms
from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.data_duties.audit_words import record_words
from casehug.data_duties.erasure.run import KIND, certificate, plan_erasure, request_erasure
from casehug.data_duties.models import Erasure
from casehug.firms.access import firm_page
from casehug.firms.views import settings_tabs
from casehug.intake.errors import NotFound, Refused
from casehug.intake.models import Client
from casehug.intake.views.acting import form_page, people, posted

WORD = "erase"


class ErasureForm(forms.Form):
    """Why, that no duty stands against it, and the typed word."""

    reason = forms.ChoiceField(choices=Erasure.Reason.choices, label="Why", widget=forms.RadioSelect,
                               error_messages={"required": "Choose why the client is erased."})  # fmt: skip
    duty = forms.BooleanField(
        label="I have checked that we need not keep this file",
        error_messages={"required": "Erasing cannot be taken back: somebody has to have checked this."},
    )
    typed = forms.CharField(
        label=f"Type “{WORD}” to confirm", max_length=20, error_messages={"required": f"Type the word {WORD}."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def clean_typed(self) -> str:
        """Only the word itself counts."""
        if self.cleaned_data["typed"].strip().lower() != WORD:
            raise forms.ValidationError(f"Type the word {WORD}.")
        return WORD


@firm_page("clients.erase", fresh=True)
def client_erase(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show what would be erased, then queue it. A client who is being erased leads to the certificate."""
    known = Erasure.objects.filter(client_id=client_id).first()
    if known is not None:
        return redirect("settings_erasure", known.id)
    client = get_object_or_404(Client, id=client_id)
    form = ErasureForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = request_erasure(
                client_id=client_id, reason=form.cleaned_data["reason"], duty_accepted=form.cleaned_data["duty"]
            )
        except (NotFound, Refused) as error:
            raise Http404 from error
        return redirect("settings_erasure", made.id)
    plan = plan_erasure(client_id=client_id)
    words = _mention_words(plan.mentions)
    return form_page(request, "data_duties/erase.html", form, client=client, plan=plan, mentions=words)


def _mention_words(mentions: dict[str, int]) -> str:
    """Return where a name may still stand in people's words: "2 in clients, 1 in notes"."""
    names = {one._meta.db_table: str(one._meta.verbose_name_plural) for one in apps.get_models()}
    return ", ".join(f"{count} in {names.get(table, table)}" for table, count in mentions.items())


def _live(erasure: Erasure) -> dict[str, object]:
    running = erasure.state != Erasure.State.DONE
    work = WorkItem.objects.filter(kind=KIND, subject_id=erasure.id).order_by("-created_at").first()
    failed = running and work is not None and work.status == "dead"
    url = reverse("settings_erasure_live", args=[erasure.id]) if running and not failed else ""
    return {"erasure": erasure, "running": running, "failed": failed, "work": work, "poll_url": url}


@require_safe
@firm_page("data.view")
def erasure_page(request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
    """Show the certificate, or how far the erasure is."""
    erasure = get_object_or_404(Erasure, id=erasure_id)
    names = people([erasure.requested_by_id])
    context = {
        **_live(erasure), "tabs": settings_tabs(request, "settings_data"),
        "who": names.get(erasure.requested_by_id, "A command of the operator"),  # type: ignore[arg-type]
        "mentions": _mention_words(erasure.mentions),
        "client_key": public_id("cli", erasure.client_id),
        "matter_keys": [public_id("mat", uuid.UUID(one)) for one in erasure.matters],
        "firm_name": request.membership.firm_name,  # type: ignore[attr-defined]
        "remote": [{**one, "kind": record_words(one["kind"])} for one in erasure.remote],
    }  # fmt: skip
    return render(request, "data_duties/erasure.html", context)


@require_safe
@firm_page("data.view")
def erasure_live(request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
    """Answer the live part; when it is over the page is drawn anew with the certificate."""
    erasure = get_object_or_404(Erasure, id=erasure_id)
    live = _live(erasure)
    answer = render(request, "data_duties/_erasure_state.html", live)
    if not live["running"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_safe
@firm_page("data.view")
def erasure_file(request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
    """Send the certificate as JSON, exactly the bytes whose hash it bears."""
    erasure = get_object_or_404(Erasure, id=erasure_id, state=Erasure.State.DONE)
    text = json.dumps(certificate(erasure), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{erasure.public_id}.json"'
    return answer

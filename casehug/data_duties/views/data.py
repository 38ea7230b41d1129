"""Settings → Your data: the export, how long things are kept, and who was erased."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casehug.data_duties.models import Erasure
from casehug.data_duties.retention import registry
from casehug.data_duties.views.export import export_state
from casehug.firms.access import firm_page
from casehug.firms.views import settings_tabs

SHOWN = 50


@require_safe
@firm_page("data.view")
def data(request: HttpRequest) -> HttpResponse:
    """Show the duties in one place."""
    erasures = list(Erasure.objects.order_by("-created_at", "-id")[: SHOWN + 1])
    context = {
        "tabs": settings_tabs(request, "settings_data"), "erasures": erasures[:SHOWN],
        "more_erasures": len(erasures) > SHOWN, "shown": SHOWN, "retention": registry(),
        **export_state(request),
    }  # fmt: skip
    return render(request, "data_duties/data.html", context)

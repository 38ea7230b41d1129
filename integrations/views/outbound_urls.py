"""Routes of the pages of outgoing webhooks."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from integrations.models import WebhookEndpoint
from integrations.views import outbound, outbound_deliveries

HERE = "settings/outgoing-webhooks/"
ONE = f"{HERE}<wh:endpoint_id>/"
DELIVERY = f"{ONE}deliveries/<whd:delivery_id>/"


def of_one(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a page of one receiver: somebody else may remove it between our two looks, and then it is not there."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except WebhookEndpoint.DoesNotExist:
            raise Http404 from None

    return page


urlpatterns = [
    path(HERE, outbound.receivers, name="outgoing_webhooks"),
    path(f"{HERE}new/", outbound.new_receiver, name="outgoing_webhook_new"),
    path(ONE, of_one(outbound.receiver), name="outgoing_webhook"),
    path(f"{ONE}change/", of_one(outbound.edit_receiver), name="outgoing_webhook_edit"),
    path(f"{ONE}secret/", of_one(outbound.rotate), name="outgoing_webhook_rotate"),
    path(f"{ONE}secret/end-old/", of_one(outbound.end_old_secrets), name="outgoing_webhook_end_old"),
    path(f"{ONE}switch/", of_one(outbound.switch), name="outgoing_webhook_switch"),
    path(f"{ONE}remove/", of_one(outbound.remove), name="outgoing_webhook_remove"),
    path(f"{ONE}test/", of_one(outbound_deliveries.send_test), name="outgoing_webhook_test"),
    path(f"{ONE}resend/", of_one(outbound_deliveries.resend_failed), name="outgoing_webhook_resend_failed"),
    path(DELIVERY, of_one(outbound_deliveries.delivery), name="outgoing_webhook_delivery"),
    path(f"{DELIVERY}resend/", of_one(outbound_deliveries.resend), name="outgoing_webhook_resend"),
]

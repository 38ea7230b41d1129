"""Routes of the pages of outgoing webhooks."""

from django.urls import path

from integrations.views import outbound, outbound_deliveries

HERE = "settings/outgoing-webhooks/"
ONE = f"{HERE}<wh:endpoint_id>/"
DELIVERY = f"{ONE}deliveries/<whd:delivery_id>/"
urlpatterns = [
    path(HERE, outbound.receivers, name="outgoing_webhooks"),
    path(f"{HERE}new/", outbound.new_receiver, name="outgoing_webhook_new"),
    path(ONE, outbound.receiver, name="outgoing_webhook"),
    path(f"{ONE}change/", outbound.edit_receiver, name="outgoing_webhook_edit"),
    path(f"{ONE}secret/", outbound.rotate, name="outgoing_webhook_rotate"),
    path(f"{ONE}secret/end-old/", outbound.end_old_secrets, name="outgoing_webhook_end_old"),
    path(f"{ONE}switch/", outbound.switch, name="outgoing_webhook_switch"),
    path(f"{ONE}remove/", outbound.remove, name="outgoing_webhook_remove"),
    path(f"{ONE}test/", outbound_deliveries.send_test, name="outgoing_webhook_test"),
    path(f"{ONE}resend/", outbound_deliveries.resend_failed, name="outgoing_webhook_resend_failed"),
    path(DELIVERY, outbound_deliveries.delivery, name="outgoing_webhook_delivery"),
    path(f"{DELIVERY}resend/", outbound_deliveries.resend, name="outgoing_webhook_resend"),
]

"""Routes of the log beyond its page."""

from django.urls import path

from integrations.views import log_export

LOG = "settings/integrations/<slug:provider>/log/"
urlpatterns = [
    path(f"{LOG}csv/", log_export.log_csv, name="integration_log_csv"),
    path(f"{LOG}chart/", log_export.log_chart, name="integration_log_chart"),
]

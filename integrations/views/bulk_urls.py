"""Routes of bulk syncs."""

from django.urls import path, register_converter

from casehug.common.ids import converter_for
from integrations.views import bulk, bulk_acts

register_converter(converter_for("blk"), "blk")

BULK = "settings/integrations/<slug:provider>/bulk/"
RUN = f"{BULK}<blk:bulk_id>/"
urlpatterns = [
    path(BULK, bulk.bulk, name="integration_bulk"),
    path(f"{BULK}check/", bulk_acts.bulk_check, name="integration_bulk_check"),
    path(RUN, bulk.bulk_run, name="integration_bulk_run"),
    path(f"{RUN}progress/", bulk.bulk_progress, name="integration_bulk_progress"),
    path(f"{RUN}confirm/", bulk_acts.bulk_confirm, name="integration_bulk_confirm"),
    path(f"{RUN}csv/", bulk.bulk_csv, name="integration_bulk_csv"),
    path(f"{RUN}records/<int:position>/", bulk.bulk_content, name="integration_bulk_content"),
    path(f"{RUN}<slug:act>/", bulk_acts.bulk_act, name="integration_bulk_act"),
]

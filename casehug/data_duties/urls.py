"""Routes of the data duties."""

from django.urls import path

from casehug.data_duties.views import audit, data, erasure, export

urlpatterns = [
    path("settings/audit/", audit.audit_log, name="settings_audit"),
    path("settings/audit/seal/", audit.audit_seal, name="settings_audit_seal"),
    path("settings/audit/verify/", audit.audit_verify, name="settings_audit_verify"),
    path("settings/audit/csv/", audit.audit_csv, name="settings_audit_csv"),
    path("settings/data/", data.data, name="settings_data"),
    path("settings/data/export/", export.export_start, name="settings_export_start"),
    path("settings/data/export/live/", export.export_live, name="settings_export_live"),
    path("settings/data/export/<exp:export_id>/", export.export_download, name="settings_export"),
    path("settings/data/erasures/<era:erasure_id>/", erasure.erasure_page, name="settings_erasure"),
    path("settings/data/erasures/<era:erasure_id>/live/", erasure.erasure_live, name="settings_erasure_live"),
    path("settings/data/erasures/<era:erasure_id>/file/", erasure.erasure_file, name="settings_erasure_file"),
    path("clients/<cli:client_id>/erase/", erasure.client_erase, name="client_erase"),
]

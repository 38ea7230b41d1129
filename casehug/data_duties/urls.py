"""Routes of the data duties."""

from django.urls import path

from casehug.data_duties.views import audit

urlpatterns = [
    path("settings/audit/", audit.audit_log, name="settings_audit"),
    path("settings/audit/seal/", audit.audit_seal, name="settings_audit_seal"),
    path("settings/audit/verify/", audit.audit_verify, name="settings_audit_verify"),
    path("settings/audit/csv/", audit.audit_csv, name="settings_audit_csv"),
]

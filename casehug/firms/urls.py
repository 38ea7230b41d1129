"""Routes of the firm's own settings pages."""

from django.urls import path

from casehug.firms import views

urlpatterns = [
    path("settings/", views.settings_home, name="settings_home"),
    path("settings/firm/", views.firm_profile, name="firm_profile"),
    path("settings/team/", views.team, name="team"),
]

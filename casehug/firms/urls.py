"""Routes of the firm's own settings pages."""

from django.urls import path

from casehug.firms import notice_views, views

urlpatterns = [
    path("settings/", views.settings_home, name="settings_home"),
    path("settings/firm/", views.firm_profile, name="firm_profile"),
    path("settings/notifications/", notice_views.notifications, name="settings_notifications"),
    path("settings/notifications/test/", notice_views.test_mail, name="settings_notifications_test"),
    path("settings/team/", views.team, name="team"),
]

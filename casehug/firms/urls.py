"""Routes of the firm's own settings pages."""

from django.urls import path

from casehug.firms import notice_views, views
from casehug.firms.team import views as team

urlpatterns = [
    path("settings/", views.settings_home, name="settings_home"),
    path("settings/firm/", views.firm_profile, name="firm_profile"),
    path("settings/notifications/", notice_views.notifications, name="settings_notifications"),
    path("settings/notifications/test/", notice_views.test_mail, name="settings_notifications_test"),
    path("settings/team/", team.team, name="team"),
    path("settings/team/invite/", team.invite, name="team_invite"),
    path("settings/team/second-factor/", team.second_factor_rule, name="team_second_factor"),
    path("settings/team/invitations/<tin:invite_id>/send/", team.invitation_send, name="team_invitation_send"),
    path("settings/team/invitations/<tin:invite_id>/link/", team.invitation_link, name="team_invitation_link"),
    path("settings/team/invitations/<tin:invite_id>/end/", team.invitation_revoke, name="team_invitation_revoke"),
    path("settings/team/<mem:membership_id>/role/", team.member_role, name="team_member_role"),
    path("settings/team/<mem:membership_id>/access/", team.member_access, name="team_member_access"),
    path("settings/team/<mem:membership_id>/second-factor/", team.member_factor, name="team_member_factor"),
    path("join/<str:token>/", team.join, name="team_join"),
]

"""Invitations of members, the second factor a firm asks for, and who has one."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower

import casehug.common.ids
import casehug.common.scope
from casehug.common.models import FirmForeignKey
from casehug.common.rls import FirmTable, ResolverFunction, SharedTable

ROLES = [("admin", "Firm admin"), ("attorney", "Attorney"), ("staff", "Intake staff"), ("auditor", "Auditor")]

OLD_MEMBERSHIPS = (
    "TABLE (firm_id uuid, membership_id uuid, role varchar, name varchar, slug varchar, timezone varchar, demo boolean)"
)
MEMBERSHIPS = OLD_MEMBERSHIPS[:-1] + ", second_factor_from timestamptz, has_second_factor boolean)"


class Migration(migrations.Migration):
    dependencies = [
        ("firms", "0004_api_keys_and_repeats"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField("firm", "mfa_required_from", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="TeamInvitation",
            fields=[
                ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("role", models.CharField(choices=ROLES, max_length=10)),
                ("token_hash", models.BinaryField(unique=True)),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("invited_by", FirmForeignKey("firms.membership", related_name="+")),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="teaminvitation",
            constraint=models.UniqueConstraint(
                "firm_id",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_open",
            ),
        ),
        FirmTable("firms_teaminvitation", foreign_keys={"invited_by_id": "firms_membership"}),
        SharedTable("mfa_authenticator", "usersessions_usersession"),
        migrations.RunSQL(
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO cx_app", migrations.RunSQL.noop
        ),
        migrations.RunSQL("DROP FUNCTION resolve_memberships(uuid)", migrations.RunSQL.noop),
        ResolverFunction(
            "resolve_memberships",
            arguments="p_user uuid",
            returns=MEMBERSHIPS,
            body="SELECT f.id, m.id, m.role, f.name, f.slug, f.timezone, f.demo, "
            "CASE WHEN f.require_mfa THEN coalesce(f.mfa_required_from, f.created_at) END, "
            "EXISTS (SELECT 1 FROM mfa_authenticator a WHERE a.user_id = m.user_id) FROM firms_membership m "
            "JOIN firms_firm f ON f.id = m.firm_id WHERE m.user_id = p_user AND m.active ORDER BY m.created_at",
            reads={
                "firms_firm": ["id", "require_mfa", "mfa_required_from", "created_at"],
                "mfa_authenticator": ["user_id"],
            },
        ),
        ResolverFunction(
            "resolve_team_invitation",
            arguments="p_hash bytea",
            returns="TABLE (firm_id uuid, invitation_id uuid)",
            body="SELECT i.firm_id, i.id FROM firms_teaminvitation i WHERE i.token_hash = p_hash",
            reads={"firms_teaminvitation": ["id", "firm_id", "token_hash"]},
        ),
    ]

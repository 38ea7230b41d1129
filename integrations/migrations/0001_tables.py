"""Tables of connections, mappings and the exactly-once engine, walled off by firm."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable, ResolverFunction

TO_CONNECTION = {"connection_id": "integrations_connection"}


class Migration(migrations.Migration):
    initial = True

    dependencies = [("common", "0001_tables"), ("firms", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="OAuthState",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("state_hash", models.BinaryField(unique=True)),
                ("user_id", models.UUIDField()),
                ("session_hash", models.BinaryField()),
                ("redirect_uri", models.CharField(max_length=500)),
                ("verifier", models.BinaryField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_connected", "Not connected"),
                            ("connected", "Connected"),
                            ("needs_reconnect", "Reconnect needed"),
                            ("other_account", "Different account"),
                        ],
                        default="not_connected",
                        max_length=20,
                    ),
                ),
                ("state_reason", models.TextField(blank=True)),
                ("paused", models.BooleanField(default=False)),
                ("remote_firm", models.CharField(blank=True, max_length=80)),
                ("remote_firm_name", models.CharField(blank=True, max_length=200)),
                ("remote_user", models.CharField(blank=True, max_length=200)),
                ("remote_email", models.CharField(blank=True, max_length=254)),
                ("links_account", models.CharField(blank=True, max_length=80)),
                ("access_token", models.BinaryField(null=True)),
                ("refresh_token", models.BinaryField(null=True)),
                ("token_version", models.IntegerField(default=0)),
                ("token_expires_at", models.DateTimeField(null=True)),
                ("token_lifetime", models.IntegerField(null=True)),
                ("refresh_lease_until", models.DateTimeField(null=True)),
                ("refresh_started_at", models.DateTimeField(null=True)),
                ("connected_by_id", models.UUIDField(null=True)),
                ("connected_at", models.DateTimeField(null=True)),
                ("auto_sync_on_approval", models.BooleanField(default=True)),
                ("auto_sync_on_matter_created", models.BooleanField(default=False)),
                ("settings", models.JSONField(default=dict)),
                ("profile", models.JSONField(default=dict)),
                ("calls_per_minute", models.IntegerField(default=50)),
                ("learned_rate", models.FloatField(null=True)),
                ("paused_until", models.DateTimeField(null=True)),
                ("next_call_at", models.DateTimeField(null=True)),
                ("failures_in_row", models.IntegerField(default=0)),
                ("breaker_probe_at", models.DateTimeField(null=True)),
                ("last_success_at", models.DateTimeField(null=True)),
                ("catalogue_read_at", models.DateTimeField(null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm_id", "provider"),
                        name="connection_one_per_provider",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("remote_firm", models.CharField(max_length=80)),
                ("email_bidx", models.BinaryField()),
                ("holder_id", models.UUIDField(null=True)),
                ("external_id", models.CharField(blank=True, max_length=80)),
                ("name_bidx", models.BinaryField(null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm_id", "remote_firm", "email_bidx"),
                        name="contactkey_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CatalogueItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("remote_firm", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=20)),
                ("external_id", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=300)),
                ("parent", models.CharField(blank=True, max_length=300)),
                ("position", models.IntegerField(default=0)),
                ("extra", models.JSONField(default=dict)),
                ("gone_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "firm_id",
                            "connection",
                            "remote_firm",
                            "kind",
                            "external_id",
                        ),
                        name="catalogue_item_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseTypeMapping",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("case_type", models.CharField(max_length=80)),
                ("stage_id", models.CharField(blank=True, max_length=80)),
                ("practice_area_id", models.CharField(blank=True, max_length=80)),
                ("sub_status_id", models.CharField(blank=True, max_length=80)),
                (
                    "origin",
                    models.CharField(
                        choices=[("default", "Default"), ("chosen", "Chosen")],
                        default="default",
                        max_length=10,
                    ),
                ),
                ("changed_by_id", models.UUIDField(null=True)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm_id", "connection", "case_type"),
                        name="casetypemapping_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("remote_firm", models.CharField(max_length=80)),
                ("local_type", models.CharField(max_length=40)),
                ("local_id", models.UUIDField()),
                ("external_id", models.CharField(blank=True, max_length=80)),
                ("how", models.CharField(default="created", max_length=20)),
                ("label", models.CharField(blank=True, max_length=300)),
                ("fingerprint", models.JSONField(default=dict)),
                ("needs_review", models.CharField(blank=True, max_length=40)),
                ("review_ids", models.JSONField(default=list)),
                ("broken_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm_id", "remote_firm", "local_type", "local_id"),
                        name="link_local_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("local_type", "contact"), _negated=True),
                            models.Q(("external_id", ""), _negated=True),
                        ),
                        fields=("firm_id", "remote_firm", "local_type", "external_id"),
                        name="link_remote_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FieldMapping",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("owner", models.CharField(max_length=10)),
                ("question_key", models.CharField(max_length=80)),
                ("field_id", models.CharField(max_length=80)),
                ("transform", models.CharField(blank=True, max_length=20)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm_id", "connection", "owner", "field_id"),
                        name="fieldmapping_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RemoteIntent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("work_item_id", models.UUIDField()),
                ("kind", models.CharField(max_length=40)),
                ("verb", models.CharField(default="create", max_length=10)),
                ("subject_id", models.UUIDField()),
                ("matter_id", models.UUIDField()),
                ("marker", models.CharField(max_length=40)),
                ("carries", models.JSONField(default=list)),
                ("body_hmac", models.BinaryField()),
                ("origins", models.JSONField(default=list)),
                ("try_no", models.SmallIntegerField(default=1)),
                ("fence", models.BigIntegerField()),
                ("send_deadline", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("settle_until", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("inflight", "Sent"),
                            ("unknown", "Unknown — checking"),
                            ("applied", "Applied"),
                            ("not_applied", "Not applied"),
                        ],
                        default="inflight",
                        max_length=12,
                    ),
                ),
                ("ever_unknown", models.BooleanField(default=False)),
                ("probes_done", models.SmallIntegerField(default=0)),
                ("sweeps_done", models.SmallIntegerField(default=0)),
                ("frozen", models.BinaryField(null=True)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("remote_id", models.CharField(blank=True, max_length=80)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["firm_id", "matter_id", "-created_at"],
                        name="intent_matter",
                    ),
                    models.Index(
                        fields=["firm_id", "work_item_id"], name="intent_work"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("outcome__in", ("inflight", "unknown"))),
                        fields=("firm_id", "connection", "kind", "subject_id"),
                        name="intent_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StatusMapping",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("source_kind", models.CharField(max_length=20)),
                ("source_id", models.CharField(max_length=80)),
                ("local_status", models.CharField(max_length=20)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm_id", "connection", "source_kind", "source_id"),
                        name="statusmapping_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncLog",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "firm_id",
                    models.UUIDField(
                        default=casehug.common.scope.current_firm_id, editable=False
                    ),
                ),
                ("work_item_id", models.UUIDField(null=True)),
                ("matter_id", models.UUIDField(null=True)),
                ("action", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("success", "Done"),
                            ("failed", "Failed"),
                            ("checking", "Unknown — checking"),
                            ("nothing", "Nothing to change"),
                            ("note", "Note"),
                        ],
                        max_length=10,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=80)),
                ("attempt", models.SmallIntegerField(default=1)),
                ("actor_id", models.UUIDField(null=True)),
                ("trigger", models.CharField(blank=True, max_length=40)),
                ("error_class", models.CharField(blank=True, max_length=20)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_text", models.TextField(blank=True)),
                ("http_status", models.SmallIntegerField(null=True)),
                ("duration_ms", models.IntegerField(null=True)),
                ("intent_id", models.UUIDField(null=True)),
                (
                    "connection",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["firm_id", "-created_at", "-id"], name="synclog_recent"
                    ),
                    models.Index(
                        fields=["firm_id", "status", "-created_at", "-id"],
                        name="synclog_status",
                    ),
                    models.Index(
                        fields=["firm_id", "matter_id", "-created_at"],
                        name="synclog_matter",
                    ),
                    models.Index(
                        fields=["firm_id", "work_item_id"], name="synclog_work"
                    ),
                ],
            },
        ),
        FirmTable("integrations_connection"),
        FirmTable("integrations_oauthstate"),
        FirmTable("integrations_catalogueitem", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_casetypemapping", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_statusmapping", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_fieldmapping", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_externallink", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_remoteintent", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_contactkey"),
        FirmTable("integrations_synclog", foreign_keys=TO_CONNECTION),
        # The OAuth callback has no login: the firm comes from the stored state, found by its hash (CH-61).
        ResolverFunction(
            "resolve_oauth_state",
            arguments="hash bytea",
            returns="TABLE (id uuid, firm_id uuid)",
            body="SELECT s.id, s.firm_id FROM integrations_oauthstate s WHERE s.state_hash = hash",
            reads={"integrations_oauthstate": ["id", "firm_id", "state_hash"]},
        ),
    ]

"""Clients, case types, matters, the portal, documents, notes and imports; row security on each table."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable, ResolverFunction


class Migration(migrations.Migration):
    initial = True

    dependencies = [("common", "0001_tables"), ("firms", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="CaseType",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("key", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                (
                    "practice_area",
                    models.CharField(
                        choices=[
                            ("personal_injury", "Personal injury"),
                            ("estate_planning", "Estate planning"),
                            ("family_law", "Family law"),
                            ("immigration", "Immigration"),
                            ("criminal", "Criminal"),
                            ("business", "Business"),
                            ("real_estate", "Real estate"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("blurb", models.CharField(blank=True, max_length=300)),
                ("questions", models.JSONField(default=list)),
                ("documents", models.JSONField(default=list)),
                ("active", models.BooleanField(default=True)),
                ("position", models.SmallIntegerField(default=0)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["firm_id", "position", "name"], name="casetype_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("firm_id", "key"), name="casetype_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "practice_area__in",
                                [
                                    "personal_injury",
                                    "estate_planning",
                                    "family_law",
                                    "immigration",
                                    "criminal",
                                    "business",
                                    "real_estate",
                                    "other",
                                ],
                            )
                        ),
                        name="casetype_practice_area",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("first_name", models.CharField(max_length=255)),
                ("last_name", models.CharField(max_length=255)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("email_key", models.CharField(blank=True, editable=False, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=60)),
                ("phone_extension", models.CharField(blank=True, max_length=20)),
                ("date_of_birth", models.DateField(blank=True, null=True)),
                ("address", models.JSONField(blank=True, default=dict)),
                ("notes", models.TextField(blank=True)),
                ("source_reference", models.CharField(blank=True, max_length=120)),
                ("search_text", models.TextField(blank=True, editable=False)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["firm_id", "email_key"], name="client_email"),
                    models.Index(fields=["firm_id", "last_name", "first_name", "id"], name="client_name"),
                    models.Index(fields=["firm_id", "-created_at", "-id"], name="client_recent"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first_name", ""), ("last_name", ""), _negated=True),
                        name="client_has_a_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", ""), models.Q(("email_key", ""), _negated=True), _connector="OR"),
                        name="client_email_has_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("filename", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("size_bytes", models.BigIntegerField()),
                ("encoding", models.CharField(max_length=20)),
                ("delimiter", models.CharField(max_length=1)),
                ("columns", models.JSONField(default=list)),
                ("notices", models.JSONField(default=list)),
                (
                    "status",
                    models.CharField(
                        choices=[("checked", "Checked"), ("importing", "Importing"), ("done", "Imported")],
                        default="checked",
                        max_length=10,
                    ),
                ),
                ("total_rows", models.IntegerField(default=0)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("created_by_id", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["firm_id", "-created_at", "-id"], name="importbatch_recent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ("checked", "importing", "done"))), name="importbatch_status"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Matter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("title", models.CharField(max_length=300)),
                (
                    "practice_area",
                    models.CharField(
                        choices=[
                            ("personal_injury", "Personal injury"),
                            ("estate_planning", "Estate planning"),
                            ("family_law", "Family law"),
                            ("immigration", "Immigration"),
                            ("criminal", "Criminal"),
                            ("business", "Business"),
                            ("real_estate", "Real estate"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("state", models.CharField(blank=True, max_length=2)),
                ("county", models.CharField(blank=True, max_length=120)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("active", "Active"),
                            ("closed", "Closed"),
                            ("archived", "Archived"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("status_set_by", models.CharField(default="person", max_length=20)),
                ("status_actor_id", models.UUIDField(blank=True, null=True)),
                ("status_set_at", models.DateTimeField(blank=True, null=True)),
                ("description", models.TextField(blank=True)),
                ("source_reference", models.CharField(blank=True, max_length=120)),
                ("intake_completed_at", models.DateTimeField(blank=True, null=True)),
                ("intake_approved_at", models.DateTimeField(blank=True, null=True)),
                ("intake_approved_by_id", models.UUIDField(blank=True, null=True)),
                ("assigned_attorney_id", models.UUIDField(blank=True, null=True)),
                ("created_by_id", models.UUIDField(blank=True, null=True)),
                ("search_text", models.TextField(blank=True, editable=False)),
                (
                    "case_type",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matters", to="intake.casetype"
                    ),
                ),
                (
                    "client",
                    casehug.common.models.FirmForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matters",
                        to="intake.client",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="IntakeLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("token_hash", models.BinaryField(unique=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("sent_way", models.CharField(blank=True, max_length=10)),
                ("created_by_id", models.UUIDField(blank=True, null=True)),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="intake.matter"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("line", models.IntegerField()),
                ("raw", models.JSONField(default=list)),
                ("values", models.JSONField(default=dict)),
                ("source_reference", models.CharField(blank=True, max_length=120)),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ready", "Will be imported"),
                            ("imported", "Imported"),
                            ("duplicate", "Already imported"),
                            ("different", "Already imported with other content"),
                            ("refused", "Not imported"),
                            ("failed", "Could not be saved"),
                        ],
                        default="ready",
                        max_length=10,
                    ),
                ),
                ("messages", models.JSONField(default=list)),
                (
                    "batch",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="intake.importbatch"
                    ),
                ),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="import_rows",
                        to="intake.matter",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("key", models.CharField(blank=True, max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("category", models.CharField(max_length=40)),
                ("description", models.TextField(blank=True)),
                ("instructions", models.TextField(blank=True)),
                ("required", models.BooleanField(default=True)),
                ("accepted_types", models.JSONField(default=list)),
                ("max_size_mb", models.SmallIntegerField(default=25)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Requested"),
                            ("uploaded", "To review"),
                            ("approved", "Approved"),
                            ("rejected", "Sent back"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("decided_by_id", models.UUIDField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("uploaded_at", models.DateTimeField(blank=True, null=True)),
                ("position", models.SmallIntegerField(default=0)),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="intake.matter"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("body", models.TextField()),
                ("author_id", models.UUIDField(blank=True, null=True)),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="intake.matter"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("from_status", models.CharField(blank=True, max_length=10)),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("active", "Active"),
                            ("closed", "Closed"),
                            ("archived", "Archived"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("actor_id", models.UUIDField(blank=True, null=True)),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="status_changes", to="intake.matter"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("portal", "Client portal"),
                            ("csv_import", "Imported intake"),
                            ("staff_entry", "Typed in by staff"),
                        ],
                        max_length=12,
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "link",
                    casehug.common.models.FirmForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="intake.intakelink",
                    ),
                ),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="intake.matter"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("question_key", models.CharField(max_length=60)),
                ("label", models.CharField(max_length=300)),
                ("value", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField()),
                (
                    "submission",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="intake.submission"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("path", models.CharField(max_length=200)),
                ("filename", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=120)),
                ("size_bytes", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "source",
                    models.CharField(choices=[("portal", "Client"), ("staff", "Firm")], default="portal", max_length=8),
                ),
                ("uploaded_by_id", models.UUIDField(blank=True, null=True)),
                ("uploaded_at", models.DateTimeField()),
                ("page", models.SmallIntegerField(default=1)),
                ("current", models.BooleanField(default=True)),
                (
                    "document",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to="intake.document"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["firm_id", "-updated_at", "-id"], name="matter_changed"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["firm_id", "-created_at", "-id"], name="matter_recent"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["firm_id", "status", "-updated_at", "-id"], name="matter_by_status"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["firm_id", "client"], name="matter_by_client"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["firm_id", "case_type"], name="matter_by_case_type"),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="matter_has_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "active", "closed", "archived"])), name="matter_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "practice_area__in",
                        [
                            "personal_injury",
                            "estate_planning",
                            "family_law",
                            "immigration",
                            "criminal",
                            "business",
                            "real_estate",
                            "other",
                        ],
                    )
                ),
                name="matter_practice_area",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__regex", "^([A-Z]{2})?$")), name="matter_state_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("intake_approved_at", None), ("intake_completed_at__isnull", False), _connector="OR"
                ),
                name="matter_approved_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_reference", ""), _negated=True),
                fields=("firm_id", "source_reference"),
                name="matter_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="intakelink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)), fields=("firm_id", "matter"), name="intakelink_one_per_matter"
            ),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["firm_id", "batch", "outcome", "line"], name="importrow_outcome_line"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["firm_id", "matter"], name="importrow_matter"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["firm_id", "source_reference", "content_hash"], name="importrow_reference"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("firm_id", "batch", "line"), name="importrow_line_once"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ("ready", "imported", "duplicate", "different", "refused", "failed"))
                ),
                name="importrow_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("matter", None), ("outcome", "imported"), _negated=True),
                name="importrow_imported_has_matter",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["firm_id", "matter", "position"], name="document_checklist"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("status", "uploaded")),
                fields=["firm_id", "uploaded_at", "id"],
                name="document_to_review",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["firm_id", "-decided_at", "-id"], name="document_decided"),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "uploaded", "approved", "rejected"])),
                name="document_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), ("status", "rejected"), _negated=True),
                name="document_rejection_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("status__in", ("pending", "uploaded"))),
                    models.Q(("decided_at__isnull", False), ("status__in", ("approved", "rejected"))),
                    _connector="OR",
                ),
                name="document_decision_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_size_mb__gte", 1), ("max_size_mb__lte", 100)), name="document_size_limit"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="document_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("firm_id", "matter", "key"),
                name="document_key_once_per_matter",
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["firm_id", "matter", "-created_at"], name="note_matter"),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(condition=models.Q(("body", ""), _negated=True), name="note_has_body"),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["firm_id", "matter", "-created_at"], name="statuschange_matter"),
        ),
        migrations.AddConstraint(
            model_name="statuschange",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_status__in", ["pending", "active", "closed", "archived"])),
                name="statuschange_to",
            ),
        ),
        migrations.AddConstraint(
            model_name="statuschange",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_status", models.F("to_status")), _negated=True), name="statuschange_differs"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ("portal", "csv_import", "staff_entry"))), name="submission_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "csv_import"), _negated=True), ("submitted_at__isnull", False), _connector="OR"
                ),
                name="submission_import_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                fields=("firm_id", "matter", "source"), name="submission_one_per_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.UniqueConstraint(fields=("firm_id", "submission", "question_key"), name="answer_once"),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(("question_key", ""), _negated=True), name="answer_has_key"
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["firm_id", "document", "-uploaded_at"], name="upload_document"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(fields=("firm_id", "path"), name="upload_path_once"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(condition=models.Q(("size_bytes__gt", 0)), name="upload_not_empty"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="upload_sha256"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ("portal", "staff"))), name="upload_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True)),
                fields=("firm_id", "document", "sha256"),
                name="upload_same_file_once",
            ),
        ),
        FirmTable("intake_casetype"),
        FirmTable("intake_client"),
        FirmTable("intake_matter", foreign_keys={"client_id": "intake_client", "case_type_id": "intake_casetype"}),
        FirmTable("intake_statuschange", foreign_keys={"matter_id": "intake_matter"}, grants="SELECT, INSERT, DELETE"),
        FirmTable("intake_intakelink", foreign_keys={"matter_id": "intake_matter"}),
        FirmTable("intake_submission", foreign_keys={"matter_id": "intake_matter", "link_id": "intake_intakelink"}),
        FirmTable("intake_answer", foreign_keys={"submission_id": "intake_submission"}),
        FirmTable("intake_document", foreign_keys={"matter_id": "intake_matter"}),
        FirmTable("intake_upload", foreign_keys={"document_id": "intake_document"}),
        FirmTable("intake_note", foreign_keys={"matter_id": "intake_matter"}),
        FirmTable("intake_importbatch"),
        FirmTable("intake_importrow", foreign_keys={"batch_id": "intake_importbatch", "matter_id": "intake_matter"}),
        # Only live links resolve: an expired or revoked token looks like one that never existed.
        ResolverFunction(
            "resolve_intake_link",
            arguments="token_hash bytea",
            returns="TABLE (firm_id uuid, link_id uuid, matter_id uuid)",
            body="SELECT l.firm_id, l.id, l.matter_id FROM public.intake_intakelink l "
            "WHERE l.token_hash = $1 AND l.revoked_at IS NULL AND l.expires_at > now()",
            reads={"intake_intakelink": ["id", "firm_id", "matter_id", "token_hash", "revoked_at", "expires_at"]},
        ),
    ]

"""Tables of the imports of cases, and the firm's public lead form."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_saved_views"),
        ("referrals", "0002_told"),
    ]

    operations = [
        migrations.AddField(
            model_name="referral",
            name="lead_form",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="CaseImport",
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
                ("source", models.CharField(choices=[("matters", "Matters"), ("csv", "CSV file")], max_length=8)),
                ("name", models.CharField(max_length=255)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("checked", "Checked, not imported"),
                            ("running", "Importing"),
                            ("paused", "Paused"),
                            ("cancelled", "Cancelled"),
                            ("done", "Finished"),
                        ],
                        default="checked",
                        max_length=10,
                    ),
                ),
                ("notices", models.JSONField(blank=True, default=list)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("created_by_id", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["firm_id", "-created_at", "-id"], name="caseimport_recent")],
            },
        ),
        migrations.CreateModel(
            name="LeadForm",
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
                ("enabled", models.BooleanField(default=False)),
                ("slug", models.SlugField(max_length=60)),
                ("title", models.CharField(max_length=120)),
                ("intro", models.TextField(blank=True)),
                ("consent_text", models.TextField()),
                ("case_types", models.JSONField(blank=True, default=list)),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("firm_id",), name="leadform_one_per_firm"),
                    models.CheckConstraint(condition=models.Q(("slug", ""), _negated=True), name="leadform_has_slug"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseImportRow",
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
                ("label", models.CharField(blank=True, max_length=300)),
                ("values", models.JSONField(blank=True, default=dict)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ready", "Will be followed"),
                            ("draft", "Will be a draft with suggestions"),
                            ("handed", "Handed over"),
                            ("known", "Referred already"),
                            ("refused", "Left out"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="ready",
                        max_length=10,
                    ),
                ),
                ("messages", models.JSONField(blank=True, default=list)),
                (
                    "case_import",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="referrals.caseimport"
                    ),
                ),
                (
                    "matter",
                    casehug.common.models.FirmForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="case_import_rows",
                        to="intake.matter",
                    ),
                ),
                (
                    "partner",
                    casehug.common.models.FirmForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="import_rows",
                        to="referrals.partnerfirm",
                    ),
                ),
                (
                    "referral",
                    casehug.common.models.FirmForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="import_rows",
                        to="referrals.referral",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["firm_id", "case_import", "outcome", "line"], name="caseimportrow_outcome")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("firm_id", "case_import", "line"), name="caseimportrow_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome", "handed"), ("referral", None), _negated=True),
                        name="caseimportrow_handed",
                    ),
                ],
            },
        ),
        FirmTable("referrals_leadform"),
        FirmTable("referrals_caseimport"),
        FirmTable(
            "referrals_caseimportrow",
            foreign_keys={
                "case_import_id": "referrals_caseimport",
                "matter_id": "intake_matter",
                "partner_id": "referrals_partnerfirm",
                "referral_id": "referrals_referral",
            },
        ),
    ]

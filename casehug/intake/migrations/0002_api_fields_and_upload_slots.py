"""Free fields and tags of the REST API, and the places of announced uploads."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_clients_matters_and_documents")]

    operations = [
        migrations.AddField("client", "custom_fields", models.JSONField(blank=True, default=dict)),
        migrations.AddField("matter", "custom_fields", models.JSONField(blank=True, default=dict)),
        migrations.AddField("matter", "tags", models.JSONField(blank=True, default=list)),
        migrations.CreateModel(
            name="UploadSlot",
            fields=[
                ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("path", models.CharField(max_length=200)),
                ("filename", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=120)),
                ("size_bytes", models.BigIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(blank=True, null=True)),
                ("made_upload_id", models.UUIDField(blank=True, null=True)),
                (
                    "document",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="upload_slots", to="intake.document"
                    ),
                ),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="uploadslot",
            constraint=models.UniqueConstraint(fields=("firm_id", "path"), name="uploadslot_path_once"),
        ),
        migrations.AddConstraint(
            model_name="uploadslot",
            constraint=models.CheckConstraint(condition=models.Q(("size_bytes__gt", 0)), name="uploadslot_not_empty"),
        ),
        migrations.AddIndex(
            model_name="uploadslot", index=models.Index(fields=["firm_id", "expires_at"], name="uploadslot_expiry")
        ),
        FirmTable("intake_uploadslot", foreign_keys={"document_id": "intake_document"}),
    ]

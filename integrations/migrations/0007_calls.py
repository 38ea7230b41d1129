"""What calls looked like, and indexes that keep any page of a long log as fast as that of a short one."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable

TO_CONNECTION = {"connection_id": "integrations_connection"}
PAGE = ["-created_at", "-id"]


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_bulk")]

    operations = [
        migrations.CreateModel(
            name="CallRecord",
            fields=[
                ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("work_item_id", models.UUIDField()),
                ("matter_id", models.UUIDField()),
                ("step", models.CharField(max_length=40)),
                ("attempt", models.SmallIntegerField(default=1)),
                ("settling", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("method", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=200)),
                ("http_status", models.SmallIntegerField(null=True)),
                ("duration_ms", models.IntegerField(null=True)),
                ("content", models.BinaryField()),
                ("connection", casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to="integrations.connection")),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddIndex("callrecord", models.Index(fields=["firm_id", "work_item_id", "made_at"], name="callrecord_run")),
        migrations.AddIndex("callrecord", models.Index(fields=["firm_id", "made_at"], name="callrecord_age")),
        FirmTable("integrations_callrecord", foreign_keys=TO_CONNECTION),
        migrations.RemoveIndex("synclog", "synclog_recent"),
        migrations.RemoveIndex("synclog", "synclog_status"),
        migrations.RemoveIndex("synclog", "synclog_matter"),
        migrations.AddIndex("synclog", models.Index(fields=["firm_id", "connection", *PAGE], name="synclog_recent")),
        migrations.AddIndex("synclog", models.Index(fields=["firm_id", "connection", "status", *PAGE], name="synclog_status")),
        migrations.AddIndex("synclog", models.Index(fields=["firm_id", "matter_id", *PAGE], name="synclog_matter")),
        migrations.AddIndex("synclog", models.Index(
            fields=["firm_id", "connection", "error_class", *PAGE], condition=~Q(error_class=""), name="synclog_cause",
        )),
        migrations.AddIndex("synclog", models.Index(
            fields=["firm_id", "connection", "error_text", *PAGE], condition=~Q(error_text=""), name="synclog_text",
        )),
        migrations.AddIndex("synclog", models.Index(
            fields=["firm_id", "connection", "error_code", *PAGE], condition=~Q(error_code=""), name="synclog_code",
        )),
        migrations.AddIndex("synclog", models.Index(
            fields=["firm_id", "connection", *PAGE], condition=~Q(error_class=""), name="synclog_errors",
        )),
        migrations.AddIndex("synclog", models.Index(
            fields=["firm_id", "connection", "external_id", *PAGE], condition=~Q(external_id=""), name="synclog_remote",
        )),
    ]

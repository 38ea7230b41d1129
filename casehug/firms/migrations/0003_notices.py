"""The table of notices: what needs people of a firm, since when, and when they were told."""

from django.db import migrations, models

import casehug.common.ids
import casehug.common.scope
from casehug.common.rls import FirmTable


class Migration(migrations.Migration):
    dependencies = [("firms", "0002_walls")]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("kind", models.CharField(max_length=60)),
                ("subject_id", models.UUIDField()),
                ("title", models.CharField(max_length=150)),
                ("text", models.TextField()),
                ("url", models.CharField(max_length=300)),
                ("cleared_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("mails", models.IntegerField(default=0)),
                ("mail_trouble", models.CharField(blank=True, max_length=200)),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cleared_at__isnull", True)), fields=("firm_id", "kind", "subject_id"), name="notice_one_open"
            ),
        ),
        migrations.AddIndex(
            model_name="notice", index=models.Index(fields=["firm_id", "kind", "-created_at"], name="notice_recent")
        ),
        FirmTable("firms_notice"),
    ]

"""Saved views of the list of matters."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_api_fields_and_upload_slots"), ("firms", "0002_walls")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=1000)),
                (
                    "membership",
                    casehug.common.models.FirmForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="saved_views", to="firms.membership"
                    ),
                ),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("firm_id", "membership", "name"), name="savedview_name_once"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="savedview_has_name"),
        ),
        FirmTable("intake_savedview", foreign_keys={"membership_id": "firms_membership"}),
    ]

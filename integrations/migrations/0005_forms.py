"""Tables of the forms: definitions of the connected account, and which case type goes to which form."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable

TO_CONNECTION = {"connection_id": "integrations_connection"}


def own_columns() -> list[tuple[str, "models.Field[Any, Any]"]]:
    return [
        ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
        ("created_at", models.DateTimeField(auto_now_add=True)),
        ("updated_at", models.DateTimeField(auto_now=True)),
        ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
    ]


def to_connection() -> "models.Field[Any, Any]":
    return casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to="integrations.connection")


class Migration(migrations.Migration):

    dependencies = [("integrations", "0004_connection_life")]

    operations = [
        migrations.CreateModel(
            name="FormDefinition",
            fields=[
                *own_columns(),
                ("remote_firm", models.CharField(max_length=80)),
                ("external_id", models.CharField(max_length=80)),
                ("name", models.CharField(blank=True, max_length=300)),
                ("makes", models.CharField(blank=True, max_length=20)),
                ("fields", models.JSONField(default=list)),
                ("blocked", models.JSONField(default=list)),
                ("complete", models.BooleanField(default=True)),
                ("read_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                ("connection", to_connection()),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.CreateModel(
            name="FormMapping",
            fields=[
                *own_columns(),
                ("remote_firm", models.CharField(max_length=80)),
                ("case_type", models.CharField(max_length=80)),
                ("form_id", models.CharField(max_length=80)),
                ("mode", models.CharField(choices=[("beside", "Beside contact and matter"), ("instead", "Instead of contact and matter")], default="beside", max_length=10)),
                ("sources", models.JSONField(default=dict)),
                ("changed_by_id", models.UUIDField(null=True)),
                ("connection", to_connection()),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="formdefinition",
            constraint=models.UniqueConstraint(fields=("firm_id", "connection", "remote_firm", "external_id"), name="formdefinition_once"),
        ),
        migrations.AddConstraint(
            model_name="formmapping",
            constraint=models.UniqueConstraint(fields=("firm_id", "connection", "case_type"), name="formmapping_once"),
        ),
        # Two forms of one client may land on the same contact there.
        migrations.RemoveConstraint(model_name="externallink", name="link_remote_once"),
        migrations.AddConstraint(
            model_name="externallink",
            constraint=models.UniqueConstraint(
                fields=("firm_id", "remote_firm", "local_type", "external_id"),
                condition=~Q(local_type__in=("contact", "form")) & ~Q(external_id=""),
                name="link_remote_once",
            ),
        ),
        FirmTable("integrations_formdefinition", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_formmapping", foreign_keys=TO_CONNECTION),
    ]

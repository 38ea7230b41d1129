"""Exports of a firm and certificates of erased clients."""

from django.db import migrations, models

import casehug.common.ids
import casehug.common.scope
from casehug.common.rls import FirmTable

OWN: list[tuple[str, models.Field]] = [  # type: ignore[type-arg]
    ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
    ("created_at", models.DateTimeField(auto_now_add=True)),
    ("updated_at", models.DateTimeField(auto_now=True)),
    ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [("firms", "0002_walls")]

    operations = [
        migrations.CreateModel(
            name="FirmExport",
            fields=[
                *OWN,
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("building", "Being put together"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("gone", "Deleted"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("contents", models.JSONField(default=dict)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("size_bytes", models.BigIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("created_by_id", models.UUIDField(null=True)),
                ("ready_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("downloads", models.IntegerField(default=0)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["firm_id", "-created_at", "-id"], name="firmexport_recent")],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                *OWN,
                ("client_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Waiting"), ("files", "Deleting files"), ("done", "Erased")],
                        default="queued",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("request", "The client asked for it"),
                            ("over", "The time of keeping is over"),
                            ("mistake", "Entered by mistake"),
                            ("other", "Another reason, kept in the firm's own file"),
                        ],
                        max_length=10,
                    ),
                ),
                ("duty_accepted", models.BooleanField(default=False)),
                ("requested_by_id", models.UUIDField(null=True)),
                ("matters", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                ("remote", models.JSONField(default=list)),
                ("mentions", models.JSONField(default=dict)),
                ("files", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["firm_id", "-created_at", "-id"], name="erasure_recent")],
                "constraints": [models.UniqueConstraint(fields=("firm_id", "client_id"), name="erasure_client_once")],
            },
        ),
        FirmTable("data_duties_firmexport"),
        # A certificate is never deleted.
        FirmTable("data_duties_erasure", grants="SELECT, INSERT, UPDATE"),
    ]

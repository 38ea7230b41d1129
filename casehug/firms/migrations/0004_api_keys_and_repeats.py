"""Rotation of API keys, and the answers kept for repeated requests."""

from django.db import migrations, models

import casehug.common.ids
import casehug.common.scope
from casehug.common.rls import FirmTable


class Migration(migrations.Migration):
    dependencies = [("firms", "0003_notices")]

    operations = [
        migrations.AddField("apikey", "replaces_id", models.UUIDField(null=True)),
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm_id", models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ("owner_id", models.UUIDField()),
                ("key_hash", models.BinaryField()),
                ("request_digest", models.BinaryField()),
                ("status_code", models.SmallIntegerField(null=True)),
                ("answer", models.BinaryField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="idempotentrequest",
            constraint=models.UniqueConstraint(fields=("firm_id", "owner_id", "key_hash"), name="idempotent_key_once"),
        ),
        migrations.AddIndex(
            model_name="idempotentrequest", index=models.Index(fields=["firm_id", "expires_at"], name="idempotent_expiry")
        ),
        FirmTable("firms_idempotentrequest"),
    ]

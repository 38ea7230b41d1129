"""Pausing the way in by itself, looking first after a restore, and when the alarms of the way in were looked at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_mapping_versions")]

    operations = [
        migrations.AddField("connection", "paused_in", models.BooleanField(default=False)),
        migrations.AddField("connection", "probe_first_until", models.DateTimeField(null=True)),
        migrations.AddField("inboundendpoint", "alarms_checked_at", models.DateTimeField(null=True)),
    ]

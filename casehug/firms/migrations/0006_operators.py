"""Who runs the installation: a mark on a person, set by a command only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("firms", "0005_team_and_second_factor"),
    ]

    operations = [
        migrations.AddField("user", "is_operator", models.BooleanField(default=False)),
    ]

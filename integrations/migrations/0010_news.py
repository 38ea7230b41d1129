"""News of referrals: found by their case, and known again when they come by the other way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0009_operations")]

    operations = [
        migrations.AddField(
            model_name="inboundevent", name="content", field=models.CharField(blank=True, default="", max_length=64), preserve_default=False
        ),
        migrations.AddIndex(
            model_name="inboundevent",
            index=models.Index(
                fields=["firm_id", "connection", "matter_external_id"],
                condition=~models.Q(content=""),
                name="inbound_case",
            ),
        ),
    ]

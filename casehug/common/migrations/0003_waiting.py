"""Index for the question of a running write: does a more urgent row of the same connection wait?"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("common", "0002_operations")]

    operations = [
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                fields=["firm_id", "connection_id", "lane", "next_attempt_at"], condition=models.Q(status="ready"),
                name="workitem_waiting",
            ),
        ),
    ]

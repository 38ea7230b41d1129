"""Index for giving a client's mutex back: without it every sync read the keys of all clients."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0011_matches")]

    operations = [
        migrations.AddIndex(
            model_name="contactkey",
            index=models.Index(
                fields=["firm_id", "holder_id"], condition=models.Q(holder_id__isnull=False), name="contactkey_held"
            ),
        ),
    ]

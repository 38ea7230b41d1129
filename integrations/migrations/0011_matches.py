"""Matches to review: found without reading every link, and the address that is not the client's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_news")]

    operations = [
        migrations.AddField(
            model_name="externallink", name="stranger_bidx", field=models.BinaryField(null=True),
        ),
        migrations.AddIndex(
            model_name="externallink",
            index=models.Index(
                fields=["firm_id", "connection", "updated_at", "id"],
                condition=~models.Q(needs_review=""),
                name="link_review",
            ),
        ),
    ]

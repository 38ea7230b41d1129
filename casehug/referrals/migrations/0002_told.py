"""When each value of a case was told, so that news end the same in every order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_referrals")]

    operations = [
        migrations.AddField(model_name="referral", name="told", field=models.JSONField(blank=True, default=dict)),
    ]

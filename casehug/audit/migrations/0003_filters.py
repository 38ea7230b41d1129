"""Indexes for the filters of the audit log: each starts with what row security compares."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_walls")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["firm_id", "action", "-seq"], name="audit_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["firm_id", "actor_id", "-seq"], name="audit_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["firm_id", "object_id", "-seq"], name="audit_object"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["firm_id", "-seq"], condition=~Q(outcome="ok"), name="audit_not_ok"),
        ),
    ]

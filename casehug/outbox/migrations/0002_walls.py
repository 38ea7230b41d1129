"""Row security of the announcements."""

from django.db import migrations

from casehug.common.rls import FirmTable


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_tables"), ("firms", "0002_walls")]

    operations = [FirmTable("outbox_outboxevent")]

"""Tables of the mappings' history: versions, and what changed under them at the provider."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable

TO_CONNECTION = {"connection_id": "integrations_connection"}


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0002_inbound'),
    ]

    operations = [
        migrations.CreateModel(
            name='MappingVersion',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('kind', models.CharField(choices=[('case_types', 'Case type mappings'), ('status', 'Stage → status'), ('fields', 'Field mappings'), ('forms', 'Forms')], max_length=20)),
                ('number', models.IntegerField()),
                ('remote_firm', models.CharField(blank=True, max_length=80)),
                ('snapshot', models.JSONField()),
                ('actor_id', models.UUIDField(null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('connection', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.connection')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='DriftNote',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('remote_firm', models.CharField(max_length=80)),
                ('mapping', models.CharField(choices=[('case_types', 'Case type mappings'), ('status', 'Stage → status'), ('fields', 'Field mappings'), ('forms', 'Forms')], max_length=20)),
                ('item_kind', models.CharField(max_length=20)),
                ('external_id', models.CharField(max_length=200)),
                ('change', models.CharField(choices=[('renamed', 'Renamed'), ('gone', 'Deleted'), ('back', 'There again')], max_length=10)),
                ('before', models.CharField(blank=True, max_length=620)),
                ('after', models.CharField(blank=True, max_length=620)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by_id', models.UUIDField(null=True)),
                ('connection', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.connection')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.UniqueConstraint(fields=('firm_id', 'connection', 'kind', 'number'), name='mappingversion_once'),
        ),
        migrations.AddIndex(
            model_name='driftnote',
            index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['firm_id', 'connection', 'mapping'], name='driftnote_open'),
        ),
        # A version is never changed or taken back: the application may only read and add.
        FirmTable("integrations_mappingversion", foreign_keys=TO_CONNECTION, grants="SELECT, INSERT"),
        FirmTable("integrations_driftnote", foreign_keys=TO_CONNECTION),
    ]

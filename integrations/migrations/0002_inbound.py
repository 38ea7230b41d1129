"""Tables of what comes in: endpoints, secrets, events, quarantine, readings of matters."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable, ResolverFunction

TO_ENDPOINT = {"endpoint_id": "integrations_inboundendpoint"}
TO_CONNECTION = {"connection_id": "integrations_connection"}


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='InboundEndpoint',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('token_hash', models.BinaryField(unique=True)),
                ('token', models.BinaryField()),
                ('rotating_until', models.DateTimeField(null=True)),
                ('secret_replaced_at', models.DateTimeField(null=True)),
                ('last_event_at', models.DateTimeField(null=True)),
                ('unverified_count', models.IntegerField(default=0)),
                ('dropped_count', models.IntegerField(default=0)),
                ('quarantine_bytes', models.IntegerField(default=0)),
                ('poll_minutes', models.SmallIntegerField(default=15)),
                ('next_poll_at', models.DateTimeField(null=True)),
                ('polled_at', models.DateTimeField(null=True)),
                ('poll_cursor', models.DateTimeField(null=True)),
                ('poll_trouble', models.CharField(blank=True, max_length=200)),
                ('purged_at', models.DateTimeField(null=True)),
                ('connection', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.connection')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='InboundEvent',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('source', models.CharField(choices=[('webhook', 'Webhook'), ('poll', 'Read without a webhook')], max_length=10)),
                ('verification', models.CharField(choices=[('verified', 'Verified'), ('later', 'Verified later'), ('read', 'Read by us')], max_length=10)),
                ('event_id', models.CharField(max_length=200)),
                ('event_type', models.CharField(blank=True, max_length=100)),
                ('kind', models.CharField(max_length=30)),
                ('subject', models.UUIDField()),
                ('matter_external_id', models.CharField(blank=True, max_length=200)),
                ('contact_external_id', models.CharField(blank=True, max_length=200)),
                ('matter_id', models.UUIDField(null=True)),
                ('client_id', models.UUIDField(null=True)),
                ('occurred_at', models.DateTimeField(null=True)),
                ('received_at', models.DateTimeField()),
                ('headers', models.JSONField(default=dict)),
                ('payload', models.BinaryField(null=True)),
                ('size', models.IntegerField(default=0)),
                ('result', models.CharField(blank=True, choices=[('applied', 'Applied'), ('nothing', 'Nothing to change'), ('logged', 'Logged only'), ('no_matter', 'No linked matter'), ('failed', 'Failed')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('decision', models.JSONField(default=dict)),
                ('processed_at', models.DateTimeField(null=True)),
                ('duplicates', models.IntegerField(default=0)),
                ('replays', models.SmallIntegerField(default=0)),
                ('connection', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.connection')),
                ('endpoint', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.inboundendpoint')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='InboundSecret',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('label', models.CharField(max_length=80)),
                ('value', models.BinaryField()),
                ('created_by_id', models.UUIDField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('endpoint', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.inboundendpoint')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='MatterReading',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('remote_firm', models.CharField(max_length=80)),
                ('external_id', models.CharField(max_length=200)),
                ('stage_id', models.CharField(blank=True, max_length=80)),
                ('sub_status', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(blank=True, max_length=80)),
                ('remote_updated_at', models.DateTimeField(null=True)),
                ('connection', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.connection')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='QuarantinedEvent',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('digest', models.BinaryField()),
                ('body', models.BinaryField(null=True)),
                ('size', models.IntegerField()),
                ('attempts', models.JSONField(default=list)),
                ('seen', models.IntegerField(default=1)),
                ('reason', models.CharField(max_length=200)),
                ('event_id', models.CharField(blank=True, max_length=200)),
                ('verified_at', models.DateTimeField(null=True)),
                ('endpoint', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.inboundendpoint')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='inboundendpoint',
            constraint=models.UniqueConstraint(fields=('firm_id', 'connection'), name='inbound_endpoint_once'),
        ),
        migrations.AddIndex(
            model_name='inboundevent',
            index=models.Index(fields=['firm_id', '-received_at', '-id'], name='inbound_recent'),
        ),
        migrations.AddIndex(
            model_name='inboundevent',
            index=models.Index(condition=models.Q(('result', '')), fields=['firm_id', 'subject'], name='inbound_waiting'),
        ),
        migrations.AddIndex(
            model_name='inboundevent',
            index=models.Index(fields=['firm_id', 'matter_id', '-received_at'], name='inbound_matter'),
        ),
        migrations.AddIndex(
            model_name='inboundevent',
            index=models.Index(condition=models.Q(('client_id__isnull', False)), fields=['firm_id', 'client_id'], name='inbound_client'),
        ),
        migrations.AddConstraint(
            model_name='inboundevent',
            constraint=models.UniqueConstraint(fields=('firm_id', 'endpoint', 'event_id'), name='inbound_event_once'),
        ),
        migrations.AddIndex(
            model_name='inboundsecret',
            index=models.Index(fields=['firm_id', 'endpoint', '-created_at'], name='inboundsecret_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='matterreading',
            constraint=models.UniqueConstraint(fields=('firm_id', 'remote_firm', 'external_id'), name='matter_reading_once'),
        ),
        migrations.AddIndex(
            model_name='quarantinedevent',
            index=models.Index(fields=['firm_id', 'endpoint', 'created_at'], name='quarantine_age'),
        ),
        migrations.AddConstraint(
            model_name='quarantinedevent',
            constraint=models.UniqueConstraint(fields=('firm_id', 'endpoint', 'digest'), name='quarantine_body_once'),
        ),
        FirmTable("integrations_inboundendpoint", foreign_keys=TO_CONNECTION),
        FirmTable("integrations_inboundsecret", foreign_keys=TO_ENDPOINT),
        FirmTable("integrations_inboundevent", foreign_keys=TO_ENDPOINT | TO_CONNECTION),
        FirmTable("integrations_quarantinedevent", foreign_keys=TO_ENDPOINT),
        FirmTable("integrations_matterreading", foreign_keys=TO_CONNECTION),
        # A webhook has no login: the firm comes from the token in the address, found by its hash.
        ResolverFunction(
            "resolve_inbound_endpoint",
            arguments="hash bytea",
            returns="TABLE (id uuid, firm_id uuid)",
            body="SELECT e.id, e.firm_id FROM integrations_inboundendpoint e WHERE e.token_hash = hash",
            reads={"integrations_inboundendpoint": ["id", "firm_id", "token_hash"]},
        ),
    ]

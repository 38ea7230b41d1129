"""Tables of what we send: receivers, secrets, deliveries with their frozen bodies, attempts."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable

TO_ENDPOINT = {"endpoint_id": "integrations_webhookendpoint"}


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0007_calls'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('kind', models.CharField(choices=[('webhook', 'Webhook'), ('zapier', 'Zapier')], default='webhook', max_length=10)),
                ('url', models.BinaryField(null=True)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('events', models.JSONField(default=list)),
                ('with_client_data', models.BooleanField(default=False)),
                ('agreement_confirmed_at', models.DateTimeField(null=True)),
                ('agreement_confirmed_by_id', models.UUIDField(null=True)),
                ('version', models.CharField(max_length=10)),
                ('older_signature', models.BooleanField(default=False)),
                ('active', models.BooleanField(default=True)),
                ('off_by', models.CharField(blank=True, choices=[('person', 'Switched off by a person'), ('failures', 'Switched off after failures'), ('gone', 'Switched off by the receiver')], default='', max_length=10)),
                ('off_reason', models.CharField(blank=True, max_length=300)),
                ('off_at', models.DateTimeField(null=True)),
                ('failing_since', models.DateTimeField(null=True)),
                ('warned_at', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('created_by_id', models.UUIDField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
            ],
            options={
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('active', True), ('off_by', '')), ('active', False), _connector='OR'), name='webhook_off_has_cause'), models.CheckConstraint(condition=models.Q(('with_client_data', False), ('agreement_confirmed_at__isnull', False), _connector='OR'), name='webhook_client_data_agreed')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('event_id', models.UUIDField()),
                ('event_type', models.CharField(max_length=60)),
                ('occurred_at', models.DateTimeField()),
                ('body', models.BinaryField(null=True)),
                ('size', models.IntegerField(default=0)),
                ('fields', models.JSONField(default=list)),
                ('digest', models.BinaryField()),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('retry', 'Retry at'), ('gave_up', 'Gave up'), ('off', 'Endpoint off')], default='waiting', max_length=10)),
                ('tries', models.SmallIntegerField(default=0)),
                ('replays', models.SmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('sending_until', models.DateTimeField(null=True)),
                ('last_status', models.SmallIntegerField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('endpoint', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.webhookendpoint')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('value', models.BinaryField()),
                ('ends_in', models.CharField(max_length=4)),
                ('created_by_id', models.UUIDField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('endpoint', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.webhookendpoint')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('number', models.IntegerField()),
                ('replay', models.SmallIntegerField(default=0)),
                ('started_at', models.DateTimeField()),
                ('duration_ms', models.IntegerField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=20)),
                ('status', models.SmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('retry_after', models.IntegerField(null=True)),
                ('excerpt', models.BinaryField(null=True)),
                ('delivery', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.webhookdelivery')),
            ],
            options={
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('firm_id', 'delivery', 'number'), name='webhook_attempt_number_once')],
            },
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['firm_id', 'endpoint', '-created_at', '-id'], name='webhook_delivery_recent'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['firm_id', 'created_at'], name='webhook_delivery_age'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('firm_id', 'endpoint', 'event_id'), name='webhook_delivery_once'),
        ),
        migrations.AddIndex(
            model_name='webhooksecret',
            index=models.Index(fields=['firm_id', 'endpoint', '-created_at'], name='webhooksecret_endpoint'),
        ),
        FirmTable("integrations_webhookendpoint"),
        FirmTable("integrations_webhooksecret", foreign_keys=TO_ENDPOINT),
        FirmTable("integrations_webhookdelivery", foreign_keys=TO_ENDPOINT),
        FirmTable("integrations_webhookattempt", foreign_keys={"delivery_id": "integrations_webhookdelivery"}),
    ]

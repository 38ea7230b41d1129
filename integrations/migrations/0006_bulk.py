"""Tables of bulk syncs: runs with their sealed plan, and one row per matter."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0005_forms'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkRun',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('status', models.CharField(choices=[('planning', 'Checking'), ('looking', 'Looking up contacts'), ('planned', 'Dry run ready'), ('trial', 'Trial'), ('running', 'Running'), ('paused', 'Paused'), ('stopping', 'Stopping'), ('done', 'Finished'), ('stopped', 'Stopped'), ('discarded', 'Discarded')], default='planning', max_length=12)),
                ('choice', models.CharField(max_length=300)),
                ('matched', models.IntegerField()),
                ('remote_firm', models.CharField(max_length=80)),
                ('plan_version', models.CharField(blank=True, max_length=64)),
                ('seal', models.BinaryField(null=True)),
                ('calls_once', models.SmallIntegerField(default=0)),
                ('trial_passed', models.BooleanField(default=False)),
                ('trouble', models.CharField(blank=True, max_length=500)),
                ('created_by_id', models.UUIDField(null=True)),
                ('confirmed_by_id', models.UUIDField(null=True)),
                ('planned_at', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('connection', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, to='integrations.connection')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='BulkRow',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('position', models.IntegerField()),
                ('matter_id', models.UUIDField()),
                ('action', models.CharField(blank=True, choices=[('create', 'New'), ('link', 'New for a known contact'), ('either', 'New, contact looked for first'), ('update', 'Update'), ('nothing', 'Nothing to change'), ('left_out', 'Left out')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('parts', models.JSONField(default=list)),
                ('digest', models.BinaryField(null=True)),
                ('person', models.BinaryField(null=True)),
                ('contact_id', models.CharField(blank=True, max_length=80)),
                ('calls', models.SmallIntegerField(default=0)),
                ('calls_most', models.SmallIntegerField(default=0)),
                ('work_item_id', models.UUIDField(null=True)),
                ('again', models.BooleanField(default=False)),
                ('result', models.CharField(blank=True, max_length=10)),
                ('error_text', models.TextField(blank=True)),
                ('run', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='integrations.bulkrun')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='bulkrun',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('trial', 'running', 'paused', 'stopping'))), fields=('firm_id', 'connection'), name='bulkrun_one_active'),
        ),
        migrations.AddIndex(
            model_name='bulkrun',
            index=models.Index(fields=['firm_id', 'connection', '-created_at'], name='bulkrun_recent'),
        ),
        migrations.AddConstraint(
            model_name='bulkrow',
            constraint=models.UniqueConstraint(fields=('firm_id', 'run', 'position'), name='bulkrow_place_once'),
        ),
        migrations.AddConstraint(
            model_name='bulkrow',
            constraint=models.UniqueConstraint(fields=('firm_id', 'run', 'matter_id'), name='bulkrow_matter_once'),
        ),
        migrations.AddIndex(
            model_name='bulkrow',
            index=models.Index(fields=['firm_id', 'run', 'person'], name='bulkrow_person'),
        ),
        FirmTable("integrations_bulkrun", foreign_keys={"connection_id": "integrations_connection"}),
        FirmTable("integrations_bulkrow", foreign_keys={"run_id": "integrations_bulkrun"}),
    ]

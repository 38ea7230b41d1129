"""Tables of the referrals: address book, cases, invitations with answers and alarms, updates, money, files."""

import django.db.models.deletion
from django.db import migrations, models

import casehug.common.ids
import casehug.common.models
import casehug.common.scope
from casehug.common.rls import FirmTable

TO_REFERRAL = {"referral_id": "referrals_referral"}


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('intake', '0001_clients_matters_and_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='PartnerFirm',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('name', models.CharField(max_length=200)),
                ('remote_id', models.CharField(blank=True, max_length=80)),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['firm_id', 'name', 'id'], name='partnerfirm_name')],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='partnerfirm_has_name'), models.UniqueConstraint(condition=models.Q(('remote_id', ''), _negated=True), fields=('firm_id', 'remote_id'), name='partnerfirm_id_once')],
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('direction', models.CharField(choices=[('in', 'Received'), ('out', 'Referred out')], max_length=3)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('queued', 'Waiting to be sent'), ('unknown', 'Unknown — checking'), ('failed', 'Not sent'), ('matching', 'Matching'), ('invited', 'Invited'), ('following', 'Followed'), ('expired', 'Expired'), ('declined', 'Declined'), ('no_partner', 'No partner found'), ('all_declined', 'All declined'), ('cancelled', 'Cancelled'), ('accepted', 'Accepted')], max_length=12)),
                ('first_name', models.CharField(blank=True, max_length=255)),
                ('last_name', models.CharField(blank=True, max_length=255)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=60)),
                ('place', models.CharField(blank=True, max_length=2)),
                ('summary', models.TextField(blank=True)),
                ('case_type', models.CharField(blank=True, max_length=200)),
                ('incident_date', models.DateField(blank=True, null=True)),
                ('partner_name', models.CharField(blank=True, max_length=200)),
                ('stage', models.CharField(blank=True, max_length=120)),
                ('stage_at', models.DateTimeField(blank=True, null=True)),
                ('looks', models.SmallIntegerField(default=0)),
                ('is_import', models.BooleanField(default=False)),
                ('suggestions', models.BooleanField(default=False)),
                ('consent_at', models.DateTimeField(blank=True, null=True)),
                ('consent_by_id', models.UUIDField(blank=True, null=True)),
                ('requested_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('trouble', models.CharField(blank=True, max_length=300)),
                ('update_due_at', models.DateTimeField(blank=True, null=True)),
                ('last_update_at', models.DateTimeField(blank=True, null=True)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('provider', models.CharField(blank=True, max_length=40)),
                ('created_by_id', models.UUIDField(blank=True, null=True)),
                ('matter', casehug.common.models.FirmForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='intake.matter')),
                ('partner', casehug.common.models.FirmForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='referrals.partnerfirm')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('state', models.CharField(choices=[('new', 'New'), ('evaluating', 'Evaluating'), ('expired', 'Expired'), ('cancelled', 'Cancelled by sender'), ('declined', 'Declined'), ('accepted', 'Accepted')], default='new', max_length=10)),
                ('received_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('evaluating_at', models.DateTimeField(blank=True, null=True)),
                ('contact_attempted_at', models.DateTimeField(blank=True, null=True)),
                ('consult_complete_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('assigned_to_id', models.UUIDField(blank=True, null=True)),
                ('acknowledged_by_id', models.UUIDField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('conflict_result', models.CharField(blank=True, choices=[('clear', 'No conflict'), ('acceptable', 'Hits, no conflict'), ('conflict', 'Conflict')], max_length=10)),
                ('conflict_note', models.TextField(blank=True)),
                ('conflict_by_id', models.UUIDField(blank=True, null=True)),
                ('conflict_at', models.DateTimeField(blank=True, null=True)),
                ('referral', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='referrals.referral')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CaseUpdate',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('direction', models.CharField(choices=[('in', 'Received'), ('out', 'Referred out')], max_length=3)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('queued', 'Waiting to be sent'), ('unknown', 'Unknown — checking'), ('sent', 'Sent'), ('received', 'Received'), ('refused', 'Not sent')], max_length=10)),
                ('title', models.CharField(blank=True, max_length=255)),
                ('content', models.TextField()),
                ('stage', models.CharField(blank=True, max_length=120)),
                ('happened_at', models.DateTimeField()),
                ('author_id', models.UUIDField(blank=True, null=True)),
                ('author_name', models.CharField(blank=True, max_length=200)),
                ('own_key', models.CharField(blank=True, max_length=120)),
                ('refusal', models.CharField(blank=True, max_length=300)),
                ('referral', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='updates', to='referrals.referral')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('own_key', models.CharField(blank=True, max_length=120)),
                ('name', models.CharField(max_length=255)),
                ('content_type', models.CharField(blank=True, max_length=120)),
                ('size_bytes', models.BigIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('path', models.CharField(blank=True, max_length=200)),
                ('direction', models.CharField(choices=[('in', 'Received'), ('out', 'Referred out')], max_length=3)),
                ('purpose', models.CharField(blank=True, max_length=12)),
                ('state', models.CharField(choices=[('pending', 'Pending until confirmed'), ('stored', 'Stored here'), ('shared', 'Shared'), ('refused', 'Not taken'), ('failed', 'Failed'), ('removed', 'Removed')], default='pending', max_length=8)),
                ('trouble', models.CharField(blank=True, max_length=300)),
                ('created_by_id', models.UUIDField(blank=True, null=True)),
                ('copied_upload_id', models.UUIDField(blank=True, null=True)),
                ('referral', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='referrals.referral')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Settlement',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('own_key', models.CharField(blank=True, max_length=120)),
                ('status', models.CharField(blank=True, max_length=40)),
                ('gross', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('attorney_fee', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('referral_fee', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('expenses', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.TextField(blank=True)),
                ('referral', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='settlements', to='referrals.referral')),
            ],
            options={
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='DeadlineAlarm',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('threshold', models.CharField(max_length=10)),
                ('due_at', models.DateTimeField()),
                ('raised_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by_id', models.UUIDField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_to_id', models.UUIDField(blank=True, null=True)),
                ('invitation', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='referrals.invitation')),
            ],
            options={
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('raised_at', None)), fields=['firm_id', 'due_at'], name='alarm_due'), models.Index(condition=models.Q(('acknowledged_at', None), ('escalated_at', None), ('raised_at__isnull', False)), fields=['firm_id', 'raised_at'], name='alarm_unheard')],
                'constraints': [models.UniqueConstraint(fields=('firm_id', 'invitation', 'threshold'), name='alarm_threshold_once')],
            },
        ),
        migrations.CreateModel(
            name='InvitationAnswer',
            fields=[
                ('id', models.UUIDField(default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('firm_id', models.UUIDField(default=casehug.common.scope.current_firm_id, editable=False)),
                ('action', models.CharField(choices=[('accept', 'Accept'), ('decline', 'Decline'), ('evaluate', 'Evaluate'), ('contact_attempted', 'Contact attempted'), ('consult_complete', 'Consult complete')], max_length=20)),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('text', models.TextField(blank=True)),
                ('actor_id', models.UUIDField(blank=True, null=True)),
                ('state', models.CharField(choices=[('queued', 'Waiting to be sent'), ('unknown', 'Unknown — checking'), ('confirmed', 'Confirmed'), ('refused', 'Refused')], default='queued', max_length=10)),
                ('refusal', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('attachment', casehug.common.models.FirmForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='referrals.attachment')),
                ('invitation', casehug.common.models.FirmForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='referrals.invitation')),
            ],
            options={
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['firm_id', 'invitation', '-at'], name='answer_history')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action', 'decline'), ('reason', ''), _negated=True), name='answer_decline_has_reason'), models.UniqueConstraint(condition=models.Q(('action__in', ('accept', 'decline')), ('state__in', ('queued', 'unknown', 'confirmed'))), fields=('firm_id', 'invitation'), name='answer_one_final')],
            },
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['firm_id', 'direction', '-created_at', '-id'], name='referral_recent'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['firm_id', 'update_due_at'], name='referral_update_due'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ('in', 'out'))), name='referral_direction'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.UniqueConstraint(condition=models.Q(('matter__isnull', False), models.Q(('state__in', ('failed', 'no_partner', 'all_declined', 'cancelled')), _negated=True)), fields=('firm_id', 'matter', 'direction'), name='referral_matter_once'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['firm_id', 'state', 'expires_at', 'id'], name='invitation_deadline'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('conflict_at', None), ('conflict_result', '')), models.Q(models.Q(('conflict_result', ''), _negated=True), ('conflict_at__isnull', False)), _connector='OR'), name='invitation_conflict_has_time'),
        ),
        migrations.AddIndex(
            model_name='caseupdate',
            index=models.Index(fields=['firm_id', 'referral', '-happened_at'], name='caseupdate_thread'),
        ),
        migrations.AddConstraint(
            model_name='caseupdate',
            constraint=models.UniqueConstraint(condition=models.Q(('own_key', ''), _negated=True), fields=('firm_id', 'referral', 'own_key'), name='caseupdate_key_once'),
        ),
        migrations.AddConstraint(
            model_name='caseupdate',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('firm_id', 'referral'), name='caseupdate_one_draft'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(fields=['firm_id', 'referral', 'created_at'], name='attachment_referral'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='attachment_has_name'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.UniqueConstraint(condition=models.Q(('own_key', ''), _negated=True), fields=('firm_id', 'referral', 'own_key'), name='attachment_key_once'),
        ),
        migrations.AddConstraint(
            model_name='settlement',
            constraint=models.UniqueConstraint(fields=('firm_id', 'referral', 'own_key'), name='settlement_key_once'),
        ),
        FirmTable("referrals_partnerfirm"),
        FirmTable(
            "referrals_referral", foreign_keys={"matter_id": "intake_matter", "partner_id": "referrals_partnerfirm"}
        ),
        FirmTable("referrals_invitation", foreign_keys=TO_REFERRAL),
        FirmTable("referrals_caseupdate", foreign_keys=TO_REFERRAL),
        FirmTable("referrals_attachment", foreign_keys=TO_REFERRAL),
        FirmTable("referrals_settlement", foreign_keys=TO_REFERRAL),
        FirmTable("referrals_deadlinealarm", foreign_keys={"invitation_id": "referrals_invitation"}),
        FirmTable(
            "referrals_invitationanswer",
            foreign_keys={"invitation_id": "referrals_invitation", "attachment_id": "referrals_attachment"},
        ),
    ]

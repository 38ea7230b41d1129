"""What is plugged in where: dotted strings, so that the product imports none of the outside world."""

INTEGRATION_PROVIDERS = [f"integrations.providers.{name}.provider.PROVIDER" for name in ("lawmatics", "lexamica")]
OUTBOX_CONSUMERS = ["integrations.consumers.on_event", "integrations.referrals.listening.on_event"]
WORK_HANDLERS = {
    "outbox_dispatch": "casehug.outbox.dispatch.redispatch",
    "sync_matter": "integrations.sync.engine.run_sync",
    **dict.fromkeys(
        ("send_referral", "answer_invitation", "post_update", "push_file", "remove_file"),
        "integrations.sync.engine.run_sync",
    ),
    "reconcile": "integrations.sync.reconcile.run_reconcile",
    "late_sweep": "integrations.sync.reconcile.run_late_sweep",
    "bulk": "integrations.sync.bulk.drive.run_bulk",
    "import_intakes": "casehug.intake.imports.run.run_import",
    "import_cases": "casehug.referrals.services.import_runs.run_import",
    "refresh_catalogue": "integrations.mappings.prepare.run_refresh_catalogue",
    "refresh_token": "integrations.connections.refresh.run_refresh_token",  # nosec B105  # a path
    "inbound_event": "integrations.inbound.processor.run_event",
    "inbound_poll": "integrations.inbound.poller.run_poll",
    "inbound_recheck": "integrations.inbound.recheck.run_recheck",
    "inbound_news": "integrations.referrals.incoming.run_news",
    "fetch_referral_file": "integrations.referrals.fetching.run_fetch",
    "team_invitation": "casehug.firms.team.invitations.run_mail",
    "notice_mail": "casehug.firms.notice_mail.run_mail",
    "notice_test": "casehug.firms.notice_mail.run_test",
    "examine_connection": "integrations.connections.examine.run_examination",
    "onboard_connection": "integrations.inbound.onboard.run_onboard",
    "deliver_webhook": "integrations.outbound.delivery.run_delivery",
    "fan_out_webhooks": "integrations.outbound.fanout.run_fan_out",
    "verify_audit": "casehug.data_duties.audit_check.run_check",
    "erase_client": "casehug.data_duties.erasure.run.run_erasure",
    "export_firm": "casehug.data_duties.export.build.run_export",
}
SLOTS = {
    "usage_counts": ["casehug.intake.selectors.usage.usage_counts"],
    "known_template": ["casehug.intake.selectors.usage.known_template"],
    "matter_api_fields": ["integrations.api.matter_fields.fields"],
    "matter_api_values": ["integrations.api.matter_fields.values"],
    "frame_facts": [
        "casehug.operations.slots.frame_facts",
        "casehug.firms.notices.frame_facts",
        "casehug.intake.selectors.dashboard.frame_facts",
        "casehug.referrals.selectors.inbox.frame_facts",
        "integrations.slots.frame_facts",
    ],
    "nav_counts": ["casehug.intake.selectors.dashboard.nav_counts", "casehug.referrals.slots.nav_counts"],
    "matter_panel": ["integrations.slots.matter_panel", "casehug.referrals.slots.matter_panel"],
    "matter_states": ["integrations.slots.matter_states"],
    "matter_list_filters": ["integrations.selectors.matter_filter.matter_list_filters"],
    "matter_list_actions": ["integrations.views.bulk.matter_list_actions"],
    "dashboard_card": ["integrations.slots.dashboard_card"],
    "banner": ["casehug.operations.slots.banner", "integrations.slots.banner", "casehug.referrals.slots.banner"],
    "operations": ["integrations.selectors.operations.outside"],
    "timeline": ["integrations.slots.timeline", "casehug.referrals.slots.timeline"],
    "attention": [
        "casehug.firms.notices.attention",
        "integrations.slots.attention",
        "casehug.referrals.slots.attention",
    ],
    "referral_exchange": ["integrations.selectors.exchanges.referral_exchange"],
    "referral_panel": ["integrations.views.unsettled.referral_panel"],
    "setup_steps": ["integrations.selectors.setup.setup_steps"],
    "approval_effect": ["integrations.selectors.setup.approval_effect"],
    "client_hint": ["integrations.selectors.completeness.client_hint"],
}
SETTINGS_TABS = [
    ("Firm profile", "firm_profile", "firm.view"),
    ("Notifications", "settings_notifications", "firm.view"),
    ("Team", "team", "team.view"),
    ("Referrals", "settings_referrals", "firm.view"),
    ("Integrations", "integrations", "integrations.view"),
    ("API keys", "api_keys", "firm.manage"),
    ("Audit log", "settings_audit", "audit.view"),
    ("Your data", "settings_data", "data.view"),
]
# Who holds something of a client, in the order of erasing: what points at a row goes before the row.
ERASERS = [
    "integrations.duties.erasure.erase",
    "casehug.data_duties.erasure.own.erase_shared",
    "casehug.data_duties.erasure.own.erase_referrals",
    "casehug.data_duties.erasure.own.erase_intake",
]
# How long each table is kept; every table of a firm is in one of these lists.
RETENTION = ["casehug.data_duties.kept.RULES", "integrations.duties.retention.RULES"]
# Sealed columns that a firm's export opens: `text`, or `bytes` for a packed body. All other sealed ones stay out.
EXPORT_UNSEALED = {
    "integrations_inboundevent.payload": "bytes",
    "integrations_quarantinedevent.body": "bytes",
    "integrations_webhookdelivery.body": "text",
    "integrations_webhookattempt.excerpt": "text",
    "integrations_callrecord.content": "text",
    "integrations_remoteintent.frozen": "text",
}
NOTICE_KINDS = [
    "integrations.connections.notices.KINDS",
    "integrations.outbound.notices.KINDS",
    "casehug.referrals.notices.KINDS",
    "casehug.data_duties.audit_check.KINDS",
]
# Who hears when a row of a kind has ended for good (done or dead), in the transaction that ends it.
WORK_ENDED = {
    "sync_matter": ["integrations.sync.announce.ended"],
    **dict.fromkeys(
        ("send_referral", "answer_invitation", "post_update", "push_file", "remove_file"),
        ["integrations.sync.operations.ended"],
    ),
}
# What the engine sends beside matters, by kind of work.
OUTGOING_OPERATIONS = {
    "send_referral": "integrations.referrals.outgoing.SEND_REFERRAL",
    "answer_invitation": "integrations.referrals.outgoing.ANSWER_INVITATION",
    "post_update": "integrations.referrals.outgoing.POST_UPDATE",
    "push_file": "integrations.referrals.outgoing.PUSH_FILE",
    "remove_file": "integrations.referrals.outgoing.REMOVE_FILE",
}
FIRM_CREATED_HOOKS = ["casehug.intake.services.case_types.ensure_default_case_types"]
MACHINE_URLCONF = "integrations.inbound.machine_urls"
EXTRA_URLCONFS, HELP_URL = ["integrations.urls"], "help"
EXTRA_URLCONFS += [f"integrations.views.{name}" for name in ("urls", "bulk_urls", "mapping_urls", "form_urls")]
TICKS = [
    "casehug.common.ticks.purge_finished_work",
    "casehug.common.ticks.purge_throttle",
    "casehug.firms.api_repeats.purge_repeats",
    "integrations.sync.doubts.sweep",
    "integrations.sync.decide.tick",
    "integrations.sync.bulk.upkeep.tick",
    "integrations.sync.upkeep.purge",
    "casehug.intake.upkeep.remove_stray_uploads",
    "integrations.inbound.ticks.tick",
    "integrations.inbound.alarms.tick",
    "integrations.inbound.onboard.tick",
    "integrations.referrals.listening.tick",
    "integrations.mappings.drift.tick",
    "integrations.connections.upkeep.tick",
    "integrations.connections.states.purge_states",
    "integrations.outbound.upkeep.tick",
    "casehug.referrals.ticks.tick",
    "casehug.audit.heads.tick",
    "casehug.data_duties.retention.tick",
    "casehug.data_duties.audit_check.tick",
]

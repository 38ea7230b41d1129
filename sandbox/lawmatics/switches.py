"""The switches of the Lawmatics stand-in."""

from __future__ import annotations

from sandbox.switchboard import Switch

SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        Switch(
            "oauth_scope", "ignore", "A scope in the authorize request", ("ignore", "invalid_scope"), assumption="A4"
        ),
        Switch("token_mode", "non_expiring", "Tokens", ("non_expiring", "expiring"), assumption="A5"),
        Switch("token_lifetime", "7200", "Life of an expiring token, seconds", number=True, assumption="A5"),
        Switch("refresh_reuse", "reject", "A refresh token used twice", ("reject", "revoke_family"), assumption="A5"),
        Switch("auto_approve", "off", "Consent screen", ("off", "allow", "deny"), assumption="A1"),
        Switch("finder_not_found", "404", "Finder without a match", ("404", "null"), assumption="A10"),
        Switch("email_finder", "exact", "E-mail finder", ("exact", "fuzzy"), assumption="A12"),
        Switch(
            "contact_create", "upsert", "New contact with a known e-mail", ("upsert", "duplicate"), assumption="A13"
        ),
        Switch(
            "sub_status_effect", "linked", "Sub-status moves the status", ("linked", "independent"), assumption="A17"
        ),
        Switch("note_target", "all", "Notes attach to", ("all", "no_contact"), assumption="A26"),
        Switch(
            "webhook_names", "lawmatics", "Names of webhook events", ("lawmatics", "casehug", "both"), assumption="A31"
        ),
        Switch("stage_event", "on", "A stage change sends an event", ("on", "off")),
        Switch("rate_limit", "50", "Calls per window and firm", ("off",), number=True, assumption="A25"),
        Switch("rate_window", "sliding", "Kind of rate window", ("sliding", "fixed", "bucket"), assumption="A25"),
        Switch("rate_window_seconds", "60", "Length of the rate window, seconds", number=True, assumption="A25"),
        Switch("rival_calls", "0", "Calls per window taken by other apps of the firm", number=True),
        Switch("rate_body", "envelope", "Body of a 429", ("envelope", "empty", "html"), assumption="A23"),
        Switch(
            "latency", "off", "Delay of answers: off, realistic, or milliseconds", ("off", "realistic"), number=True
        ),
        Switch("finder_lag", "0", "New records invisible to finders and filters, seconds", number=True),
        Switch("shuffle_lists", "off", "Rows of a page in random order", ("off", "on")),
        Switch("custom_field_ids", "string", "Custom field ids inside records", ("string", "int")),
        Switch(
            "list_filters", "honoured", "Filters by e-mail and contact, activities by owner",
            ("honoured", "ignored", "refused"), assumption="A7",
        ),  # fmt: skip
        Switch("webhook_delivery", "normal", "Webhooks arrive", ("normal", "duplicate", "late", "reordered", "off")),
        Switch("webhook_delay_seconds", "30", "Delay of late webhooks, seconds", number=True),
        Switch("webhook_time_scale", "1", "Factor on the pauses between webhook attempts", number=True),
        Switch("clock_skew", "0", "Clock of the stand-in is ahead by seconds", number=True, signed=True),
    )
}

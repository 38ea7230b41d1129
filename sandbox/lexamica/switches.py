"""The switches of the Lexamica stand-in; the defaults are the catalogue's assumptions."""

from __future__ import annotations

from sandbox.lexamica import catalogue
from sandbox.switchboard import Switch

ON_OFF = ("on", "off")


def _plain(path: str) -> str:
    return f"{catalogue.number(path):g}"


def _on(path: str) -> str:
    return "on" if catalogue.value(path) else "off"


_ALL = (
    Switch("speed", "1", "Lives, pauses and retries run this many times faster", number=True),
    Switch("match_seconds", _plain("relay.match_seconds"), "The relay finds a firm after seconds", number=True),
    Switch("invitation_seconds", _plain("relay.invitation_seconds"), "Life of an invitation, seconds", number=True),
    Switch("looks", _plain("relay.looks"), "Firms that are asked one after the other", number=True),
    Switch("auto_answer", "off", "Handlers answer invitations by themselves", ("off", "accept", "decline")),
    Switch("matched_each_look", _on("relay.matched_each_look"), "Relay Matched at every look", ON_OFF),
    Switch("required_fields", "strict", "Fields a sent case must have", ("strict", "lenient")),
    Switch("client_before_acceptance", "shown", "Client data before acceptance", ("shown", "hidden")),
    Switch("own_action_events", _on("own_action_events"), "Events for one's own actions", ON_OFF),
    Switch("handler_notices", "all", "Notices of a new invitation to the handler",
           ("all", "case_received", "invitation_sent", "invitation_received")),
    Switch("stage_on_accept", "on", "Acceptance changes the stage", ON_OFF),
    Switch("url_life_seconds", _plain("file.url_life_seconds"), "Life of a download address, seconds", number=True),
    Switch("envelope", catalogue.text("webhook.envelope"), "Body of webhooks",
           tuple(catalogue.value("webhook.envelopes"))),
    Switch("signature", "hex", "Signature of webhooks", ("hex", "base64", "sha256=hex")),
    Switch("webhook_duplicate", "0", "Share of webhooks sent twice (0 to 1)", number=True),
    Switch("webhook_drop", "0", "Share of webhooks never sent (0 to 1)", number=True),
    Switch("webhook_wrong_signature", "0", "Share of webhooks with a wrong signature first (0 to 1)", number=True),
    Switch("webhook_delay_seconds", "0", "Webhooks leave later by seconds", number=True),
    Switch("webhook_reorder_seconds", "0", "Webhooks leave later by up to these seconds, at random", number=True),
    Switch("webhook_disable_after", _plain("webhook.disable_after_failures"),
           "A subscription is switched off after so many failed events (0: never)", number=True),
    Switch("stored_events", "on", "Events are stored for polling", ON_OFF),
    Switch("rate_limit", _plain("limits.requests_per_second"), "Calls per second and organization",
           ("off",), number=True),
    Switch("rate_burst", _plain("limits.burst"), "Calls at once before the limit holds", number=True),
    Switch("retry_after", "on", "A 429 says when to come back", ON_OFF),
    Switch("latency", "off", "Delay of answers: off, realistic, or milliseconds", ("off", "realistic"), number=True),
)  # fmt: skip
SWITCHES = {switch.name: switch for switch in _ALL}

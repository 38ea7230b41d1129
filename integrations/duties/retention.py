"""How long the tables of the connections are kept (settings `RETENTION`). The ticks named here delete."""

from casehug.data_duties.retention import Kept
from integrations.inbound import ticks as inbound
from integrations.outbound import upkeep as outbound
from integrations.sync.bulk.upkeep import KEPT_DAYS as BULK_DAYS
from integrations.sync.records.calls import KEPT_DAYS as CALL_DAYS
from integrations.sync.upkeep import LINES_DAYS

SETTINGS = "Needed as long as the connection is used."

RULES = (
    Kept("Connections, mappings and what the account has", (
        "integrations_connection", "integrations_catalogueitem", "integrations_casetypemapping",
        "integrations_statusmapping", "integrations_fieldmapping", "integrations_formmapping",
        "integrations_formdefinition", "integrations_mappingversion", "integrations_driftnote",
        "integrations_inboundendpoint", "integrations_webhookendpoint", "integrations_matterreading"), SETTINGS,
         until="Until removed"),
    Kept("Links to records at providers", (
        "integrations_externallink", "integrations_contactkey", "integrations_remoteintent"),
        "So that nothing is created twice, and as proof of what left; they end by erasing the client."),
    Kept("Tokens and secrets", ("integrations_inboundsecret", "integrations_webhooksecret"),
         "To reach the provider; gone at once with disconnecting, replacing or removing.", until="Until disconnected"),
    Kept("Started authorisations", ("integrations_oauthstate",), "Ten minutes to finish, a day to explain.",
         days=1, by="integrations.connections.states.purge_states"),
    Kept("Sync log (ids, codes)", ("integrations_synclog",), "To explain what was sent when.",
         days=LINES_DAYS, by="integrations.sync.upkeep.purge"),
    Kept("What calls looked like", ("integrations_callrecord",), "For support; names of fields, no values.",
         days=CALL_DAYS, by="integrations.sync.upkeep.purge"),
    Kept("Bulk syncs", ("integrations_bulkrun", "integrations_bulkrow"), "To explain the summary.",
         days=BULK_DAYS, by="integrations.sync.bulk.upkeep.tick"),
    Kept("Contents of incoming events", ("integrations_inboundevent",), "To process them again; then ids only.",
         days=inbound.PAYLOADS.days, by="integrations.inbound.ticks.tick"),
    Kept("Incoming events", ("integrations_inboundevent",), "So that a repeated event is known.",
         days=inbound.EVENTS.days, by="integrations.inbound.ticks.tick"),
    Kept("Unverified events", ("integrations_quarantinedevent",), "In case a secret proves them.",
         days=inbound.QUARANTINE.total_seconds() / 86400, by="integrations.inbound.ticks.tick"),
    Kept("Outgoing webhooks", ("integrations_webhookdelivery", "integrations_webhookattempt"), "To send them again.",
         days=outbound.KEPT.days, by="integrations.outbound.upkeep.tick"),
)  # fmt: skip

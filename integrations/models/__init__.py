"""Tables of the outside world: connections, mappings, and what was sent. All of them belong to a firm."""

from integrations.models.connection import CatalogueItem, Connection, OAuthState
from integrations.models.inbound import InboundEndpoint, InboundEvent, InboundSecret, MatterReading, QuarantinedEvent
from integrations.models.mapping import CaseTypeMapping, FieldMapping, StatusMapping
from integrations.models.sync import ContactKey, ExternalLink, RemoteIntent, SyncLog

__all__ = [
    "CaseTypeMapping",
    "CatalogueItem",
    "Connection",
    "ContactKey",
    "ExternalLink",
    "FieldMapping",
    "InboundEndpoint",
    "InboundEvent",
    "InboundSecret",
    "MatterReading",
    "OAuthState",
    "QuarantinedEvent",
    "RemoteIntent",
    "StatusMapping",
    "SyncLog",
]

"""Tables of the outside world: connections, mappings, and what was sent. All of them belong to a firm."""

from integrations.models.bulk import BulkRow, BulkRun
from integrations.models.calls import CallRecord
from integrations.models.connection import CatalogueItem, Connection, OAuthState
from integrations.models.forms import FormDefinition, FormMapping
from integrations.models.inbound import InboundEndpoint, InboundEvent, InboundSecret, MatterReading, QuarantinedEvent
from integrations.models.mapping import CaseTypeMapping, FieldMapping, StatusMapping
from integrations.models.outbound import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from integrations.models.sync import ContactKey, ExternalLink, RemoteIntent, SyncLog
from integrations.models.versions import DriftNote, MappingVersion

__all__ = [
    "BulkRow",
    "BulkRun",
    "CallRecord",
    "CaseTypeMapping",
    "CatalogueItem",
    "Connection",
    "ContactKey",
    "DriftNote",
    "ExternalLink",
    "FieldMapping",
    "FormDefinition",
    "FormMapping",
    "InboundEndpoint",
    "InboundEvent",
    "InboundSecret",
    "MappingVersion",
    "MatterReading",
    "OAuthState",
    "QuarantinedEvent",
    "RemoteIntent",
    "StatusMapping",
    "SyncLog",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]

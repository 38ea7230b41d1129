"""Lexamica as a provider: what it is called, how it authorises, what it can do. Read this first."""

from integrations.contract.auth import ApiKey
from integrations.contract.provider import Provider
from integrations.contract.referrals import ReferralTerms
from integrations.providers.lexamica import catalogue
from integrations.providers.lexamica.catalogue import CASE, read_catalogue, who_am_i
from integrations.providers.lexamica.client import ORGANIZATION, PRIVATE, PUBLIC, LexamicaApi
from integrations.providers.lexamica.inbound import INBOUND
from integrations.providers.lexamica.onboarding import ONBOARDING
from integrations.providers.lexamica.sync import OPERATIONS

REFUSALS = {
    "expired": "The invitation has expired. The sender may invite you again; that comes as a new invitation.",
    "answered_before": "The invitation was already answered differently, perhaps in Lexamica itself.",
    "cancelled": "The sender has withdrawn the invitation.",
    "not_ours": "This record belongs to other firms.",
    "partner_unknown": "Lexamica knows no firm with this Partner Firm ID. Nothing was created.",
    "case_unknown": "Lexamica does not know this case.",
    "invitation_unknown": "Lexamica does not know this invitation.",
    "file_gone": "The file is no longer there.",
    "file_too_large": "The file is too large for a direct upload; give its address instead.",
    "file_type": "Lexamica does not take this type of file.",
    "mapping_gone": "The field mapping is no longer there. “Set up again” on the connection's page mends it.",
    "mapping_wrong": "The field mapping was changed. “Set up again” on the connection's page mends it.",
    "fields": "Something that Lexamica needs is missing or not in its form.",
}
TERMS = ReferralTerms(
    case_types=tuple(catalogue.value("case_types")),
    stages=tuple(catalogue.value("stages")),
    required=tuple(catalogue.needed(CASE)),
    most_characters=catalogue.most(CASE),
    places=catalogue.text("formats.state"),
    file_types=dict(catalogue.value("file.types")),
    most_upload_bytes=catalogue.number("file.max_upload_bytes"),
    update_due_days=catalogue.number("update.due_days"),
    update_warning_days=catalogue.number("update.warning_days"),
    invitation_seconds=catalogue.number("relay.invitation_seconds"),
    bulk_spacing_ms=catalogue.number("limits.bulk_spacing_ms"),
    partner_help=(
        "In Lexamica's web app it stands on the firm's profile page.",
        "Lexamica's integration support can tell it, also how to look firms up.",
        "Ids kept from an earlier integration stay valid.",
    ),
    refusals=REFUSALS,
)


def record_url(web_base: str, kind: str, remote_id: str) -> str:
    """Return "": pages of the web app are not documented."""
    return ""


PROVIDER = Provider(
    key="lexamica",
    name="Lexamica",
    blurb="Refer cases to partner firms and receive theirs: invitations, answers, updates and settlements.",
    auth=ApiKey(
        fields=(
            (ORGANIZATION, "Organization ID", False),
            (PUBLIC, "Public Key", True),
            (PRIVATE, "Private Key", True),
        ),
        hosts={name: catalogue.text(f"hosts.{name}") for name in ("sandbox", "production")},
        help={
            ORGANIZATION: "Names your firm at Lexamica. It is part of every address.",
            PUBLIC: "Sends cases, answers and updates. It is kept secret here all the same.",
            PRIVATE: "Manages the integration: field mappings and subscriptions. Never give it to anybody else.",
        },
    ),
    make_api=LexamicaApi,
    settings_fields=(),
    operations=OPERATIONS,
    who_am_i=who_am_i,
    catalogue=read_catalogue,
    prerequisites=(
        "Three values from Lexamica: Organization ID, Public Key and Private Key. Ask your account manager there; they"
        " are not self-service.",
        "Start with the sandbox: its keys and cases are apart from production. Technical questions go to Lexamica's"
        " integration support (support@lexamica.com).",
        "Signed business associate agreements, if you handle health information.",
    ),
    default_stages={},
    record_url=record_url,
    calls_per_minute=60 * catalogue.number("limits.requests_per_second"),
    bulk_spacing_ms=catalogue.number("limits.bulk_spacing_ms"),
    inbound=INBOUND,
    onboarding=ONBOARDING,
    referrals=TERMS,
)

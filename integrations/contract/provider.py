"""The provider object: what a folder under `providers/` must offer. Missing capability = None or an absent entry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from integrations.contract.auth import ApiKey, OAuth2
from integrations.contract.behaviour import Behaviour
from integrations.contract.contacts import RemoteContacts
from integrations.contract.forms import RemoteForms
from integrations.contract.http import Api, Gate
from integrations.contract.inbound import Inbound
from integrations.contract.matters import RemoteMatters
from integrations.contract.onboarding import Onboarding
from integrations.contract.operations import Operation
from integrations.contract.records import FieldValue
from integrations.contract.referrals import ReferralTerms


@dataclass(frozen=True)
class Account:
    """Who the token belongs to: the remote firm (links and the account-swap guard hang on its id) and its user."""

    firm_id: str
    firm_name: str
    user_name: str
    user_email: str


@dataclass(frozen=True)
class CatalogueEntry:
    """One thing of the connected account that can be mapped. `parent` is the pipeline's name for a stage."""

    kind: str  # "stage" | "practice_area" | "sub_status" | "custom_field"
    id: str
    name: str
    parent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SettingsField:
    """One thing a firm may configure on a connection; shown on its page in this order."""

    key: str
    label: str
    help: str
    default: Any
    kind: str = "switch"  # "switch" | "number" | "choice"
    choices: Sequence[tuple[str, str]] = ()


class ApiFactory(Protocol):
    """Opens a client: base URL, bearer token or key (clear text, kept only inside), the budget gate, and an observer

    that is told each point of `contract.http.WRITE_POINTS` during a write.
    """

    def __call__(
        self,
        *,
        base_url: str,
        token: str,
        gate: Gate,
        observer: Callable[[str], None] | None = None,
    ) -> Api: ...


@dataclass(frozen=True)
class Provider:
    """A third party as data and pure functions. `key` = folder name = settings prefix = URL segment."""

    key: str
    name: str
    blurb: str
    auth: OAuth2 | ApiKey
    make_api: ApiFactory
    settings_fields: Sequence[SettingsField]
    operations: Mapping[str, Operation]
    who_am_i: Callable[[Api], Account]
    catalogue: Callable[[Api], Sequence[CatalogueEntry]]
    prerequisites: Sequence[str]
    default_stages: Mapping[str, str]
    """Case type key or practice area → stage name to look for when connecting."""
    record_url: Callable[[str, str, str], str]
    """(web base URL, kind, remote id) → page a person opens at the provider."""
    calls_per_minute: int = 50
    bulk_spacing_ms: int = 0
    """Least time between two calls of the bulk lane, 0 when the limit alone decides."""
    inbound: Inbound | None = None
    on_connect: Callable[[Api], None] | None = None
    custom_value: Callable[[CatalogueEntry, Any], FieldValue] | None = None
    """(catalogue entry of a custom field, answer) → the value in the form that field takes; `ValueError` if unfit."""
    custom_fits: Callable[[CatalogueEntry, str], str] | None = None
    """(catalogue entry of a custom field, kind of question) → why such answers never fit it, "" when they may."""
    matters: RemoteMatters | None = None
    """Looking at the matters that exist there (“Pull Matters”)."""
    contacts: RemoteContacts | None = None
    """Looking at contacts there, for a person who compares (“Matches to review”)."""
    forms: RemoteForms | None = None
    """Intake forms of the account that a matter can be submitted to."""
    behaviours: Sequence[Behaviour] = ()
    """What may differ from account to account and a read can find out (“How this account behaves”)."""
    onboarding: Onboarding | None = None
    """What has to be set up in the account, and how it is found and mended."""
    referrals: ReferralTerms | None = None
    """Terms of an exchange of cases, for checks before sending."""

"""Lawmatics as a provider: what it is called, how it authorises, what it can do. Read this first."""

from integrations.contract.auth import OAuth2
from integrations.contract.provider import Provider, SettingsField
from integrations.providers.lawmatics.behaviour import BEHAVIOURS
from integrations.providers.lawmatics.catalogue import read_catalogue, who_am_i
from integrations.providers.lawmatics.client import LawmaticsApi
from integrations.providers.lawmatics.contacts import CONTACTS
from integrations.providers.lawmatics.fields import custom_fits, custom_value
from integrations.providers.lawmatics.forms import FORMS
from integrations.providers.lawmatics.inbound import INBOUND
from integrations.providers.lawmatics.matters import MATTERS
from integrations.providers.lawmatics.sync import SYNC_MATTER

PAGES = {"contact": "contacts", "matter": "matters"}

# Stage names to look for in the firm's pipelines when connecting, by practice area (a case type falls back to its area;
# `other` is also the fallback of everything unknown).
DEFAULT_STAGES = {
    "family_law": "Family Law Intake",
    "personal_injury": "Personal Injury Intake",
    "estate_planning": "Estate Planning Intake",
    "immigration": "Immigration Intake",
    "criminal": "Criminal Intake",
    "business": "Business Intake",
    "real_estate": "Real Estate Intake",
    "other": "New Lead",
}


def record_url(web_base: str, kind: str, remote_id: str) -> str:
    """Return the page of a record, empty for kinds without a page of their own (a note stands on its contact).

    A form stands for what it made: its id is `matter 7` or `contact 7`.
    """
    if kind == "form":
        kind, _, remote_id = remote_id.partition(" ")
    return f"{web_base.rstrip('/')}/{PAGES[kind]}/{remote_id}" if kind in PAGES and web_base and remote_id else ""


PROVIDER = Provider(
    key="lawmatics",
    name="Lawmatics",
    blurb="New intakes arrive in Lawmatics as contact and matter, in the right pipeline stage, with a note.",
    auth=OAuth2(),  # no scopes, no PKCE, tokens without expiry (README, OAuth)
    make_api=LawmaticsApi,
    settings_fields=(
        SettingsField(
            key="update_matched_contacts",
            label="Fill blanks of contacts already in Lawmatics",
            help="A contact found by its e-mail is linked and left as it is. Switch on to fill fields that are empty"
            " there. A value that stands in Lawmatics is never replaced.",
            default=False,
        ),
        SettingsField(
            key="note_target",
            label="Where the intake note goes",
            help="Automatic writes it on the contact, and on the matter if your account takes no notes on contacts.",
            default="auto",
            kind="choice",
            choices=(("auto", "Automatic"), ("contact", "On the contact"), ("matter", "On the matter")),
        ),
    ),
    operations={SYNC_MATTER.key: SYNC_MATTER},
    who_am_i=who_am_i,
    catalogue=read_catalogue,
    prerequisites=(
        "A Lawmatics plan with API access. If you are not sure whether yours has it, ask support@lawmatics.com.",
        "Developer settings, switched on once by Lawmatics: write to support@lawmatics.com that CaseHug is to be"
        " connected by OAuth. Questions about the API go to api@lawmatics.com.",
        "Signed business associate agreements with CaseHug and with Lawmatics, if you handle health information.",
    ),
    default_stages=DEFAULT_STAGES,
    record_url=record_url,
    calls_per_minute=50,
    inbound=INBOUND,
    custom_value=custom_value,
    custom_fits=custom_fits,
    matters=MATTERS,
    contacts=CONTACTS,
    forms=FORMS,
    behaviours=BEHAVIOURS,
)

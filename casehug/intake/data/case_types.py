"""The case types every firm starts with: what the client is asked and which documents are requested."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from casehug.intake.data import questions as ask
from casehug.intake.data.document_kinds import KINDS
from casehug.intake.data.states import COMMUNITY_PROPERTY


@dataclass(frozen=True)
class DefaultCaseType:
    """One case type. `documents` are kinds; a trailing `?` makes one optional, `@` ties it to community property."""

    key: str
    name: str
    practice_area: str
    blurb: str
    groups: tuple[tuple[ask.Question, ...], ...]
    documents: tuple[str, ...]
    spellings: tuple[str, ...] = ()

    def stored_questions(self) -> list[dict[str, Any]]:
        """Return `CaseType.questions`: details first, then the topics, the client's own words last."""
        every = [*ask.DETAILS_GROUP, *(question for group in self.groups for question in group)]
        statement = ask.Question(**{**ask.STATEMENT.stored(), "group": "In your own words", "options": ()})
        return [question.stored() for question in [*every, statement]]

    def stored_documents(self) -> list[dict[str, Any]]:
        """Return `CaseType.documents`."""
        return [stored_document(entry) for entry in (*self.documents, "anything_else?")]


def stored_document(entry: str) -> dict[str, Any]:
    """Return one checklist entry from its short form (`passport`, `passport?`, `community_property_list@`)."""
    kind = KINDS[entry.rstrip("?@")]
    return {
        "key": kind.key,
        "name": kind.name,
        "category": kind.category,
        "why": kind.why,
        "instructions": "",
        "accepted_types": list(kind.accepted),
        "max_size_mb": kind.max_size_mb,
        "required": "?" not in entry and "@" not in entry,
        "states": list(COMMUNITY_PROPERTY) if "@" in entry else [],
    }


_FAMILY_PAPERS = ("photo_id", "marriage_certificate", "tax_returns", "pay_stubs", "bank_statements")
_DIVORCE_MORE = (
    "prenuptial_agreement?", "children_birth_certificates?", "retirement_statements?", "credit_card_statements?",
    "deeds?", "mortgage_statement?", "vehicle_titles?", "community_property_list@", "court_papers?",
)  # fmt: skip

FAMILY = (
    DefaultCaseType(
        "divorce_standard", "Divorce — Standard", "family_law", "Ending a marriage, with or without children.",
        (ask.SPOUSE, ask.MARRIAGE, ask.CHILDREN, ask.MONEY), (*_FAMILY_PAPERS, *_DIVORCE_MORE),
        ("Divorce (Standard)", "Divorce", "Standard Divorce"),
    ),
    DefaultCaseType(
        "divorce_business_owner", "Divorce — Business Owner", "family_law",
        "Ending a marriage when one of you owns a business.",
        (ask.SPOUSE, ask.MARRIAGE, ask.CHILDREN, ask.OWN_BUSINESS, ask.MONEY),
        (*_FAMILY_PAPERS, "business_tax_returns", "business_financials", "operating_agreement?", *_DIVORCE_MORE),
        ("Divorce (Business Owner)",),
    ),
    DefaultCaseType(
        "custody_only", "Custody Only", "family_law", "Where your children live and when you see them.",
        (ask.SPOUSE, ask.CHILDREN, ask.GENERAL[:2]),
        ("photo_id", "children_birth_certificates", "parenting_plan?", "prior_orders?", "school_records?",
         "letters?", "court_papers?"),
    ),
    DefaultCaseType(
        "child_support", "Child Support Calculation", "family_law", "How much support is due for your children.",
        (ask.SPOUSE, ask.CHILDREN, ask.MONEY, ask.GENERAL[:2]),
        ("photo_id", "children_birth_certificates", "tax_returns", "pay_stubs", "child_expenses?",
         "benefit_statements?", "prior_orders?"),
        ("Child Support",),
    ),
    DefaultCaseType(
        "post_decree", "Post-Decree Modification", "family_law", "Changing an order the court has already made.",
        (ask.SPOUSE, ask.EARLIER_ORDER, ask.CHILDREN, ask.MONEY, ask.GENERAL[:2]),
        ("photo_id", "divorce_decree", "prior_orders?", "tax_returns?", "pay_stubs?", "parenting_plan?", "letters?"),
        ("Post Decree Modification", "Modification"),
    ),
)  # fmt: skip

OTHERS = (
    DefaultCaseType(
        "personal_injury_auto", "Personal Injury — Auto", "personal_injury", "You were hurt on the road.",
        (ask.INJURY, ask.VEHICLES),
        ("photo_id", "police_report", "medical_bills", "medical_records?", "auto_insurance", "insurance_letters?",
         "injury_photos?", "scene_photos?", "repair_estimate?", "wage_loss?", "treatment_list?"),
        ("Auto Accident", "Car Accident"),
    ),
    DefaultCaseType(
        "personal_injury_premises", "Personal Injury — Premises", "personal_injury", "You were hurt on someone's land.",
        (ask.INJURY, ask.PREMISES),
        ("photo_id", "medical_bills", "medical_records?", "incident_report?", "injury_photos?", "scene_photos?",
         "insurance_letters?", "health_insurance_card?", "wage_loss?", "witness_list?"),
        ("Slip and Fall", "Premises Liability"),
    ),
    DefaultCaseType(
        "will_and_trust", "Estate Plan — Will and Trust", "estate_planning", "Who gets what, and who decides for you.",
        (ask.WISHES,),
        ("photo_id", "family_tree", "existing_will?", "trust_papers?", "deeds?", "life_insurance?",
         "retirement_statements?", "power_of_attorney?", "health_directive?", "household_list?"),
        ("Will and Trust", "Estate Plan", "Estate Planning"),
    ),
    DefaultCaseType(
        "probate", "Probate", "estate_planning", "Settling what someone left behind.", (ask.ESTATE,),
        ("photo_id", "death_certificate", "original_will?", "family_tree", "bank_statements?", "deeds?", "debts_list?",
         "vehicle_titles?", "life_insurance?"),
    ),
    DefaultCaseType(
        "immigration_family", "Immigration — Family Petition", "immigration", "Bringing a family member to you.",
        (ask.FAMILY_PETITION, ask.GENERAL[1:3]),
        ("photo_id", "passport", "status_proof", "relationship_proof", "birth_certificate?", "marriage_certificate?",
         "visa_pages?", "i94?", "immigration_notices?", "sponsor_income?", "passport_photos?", "translations?",
         "medical_exam?"),
        ("Family Petition", "Immigration"),
    ),
    DefaultCaseType(
        "criminal_misdemeanor", "Criminal Defense — Misdemeanor", "criminal", "You are charged with a minor offense.",
        (ask.CHARGE, ask.GENERAL[2:3]),
        ("photo_id", "charging_document", "bail_papers?", "police_report?", "witness_list?", "criminal_record?",
         "court_papers?"),
        ("Misdemeanor", "Criminal Defense"),
    ),
    DefaultCaseType(
        "business_formation", "Business Formation", "business", "Starting a company the right way.",
        (ask.COMPANY, ask.GENERAL[:1]),
        ("photo_id", "owners_list", "name_search?", "business_plan?", "operating_agreement?", "business_licenses?",
         "contracts?"),
        ("Company Formation",),
    ),
    DefaultCaseType(
        "real_estate_closing", "Real Estate — Closing", "real_estate", "Buying or selling a home or land.",
        (ask.HOME, ask.GENERAL[:1]),
        ("photo_id", "purchase_contract", "title_report?", "survey?", "inspection_report?", "mortgage_statement?",
         "homeowner_insurance?", "hoa_documents?", "gift_letter?", "lease?"),
        ("Real Estate Purchase", "Closing", "Real Estate"),
    ),
    DefaultCaseType(
        "other", "Other", "other", "Anything that fits nowhere else.", (ask.GENERAL,),
        ("photo_id", "court_papers?", "letters?", "contracts?"), ("General",),
    ),
)  # fmt: skip

DEFAULT_CASE_TYPES = (*FAMILY, *OTHERS)


def plain_name(text: str) -> str:
    """Return a case type's name without case, dashes, brackets and double spaces, for comparison."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())


def spellings_of(key: str) -> Iterable[str]:
    """Return further names under which a default case type is known."""
    return next((case_type.spellings for case_type in DEFAULT_CASE_TYPES if case_type.key == key), ())

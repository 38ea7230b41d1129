"""The questions the portal asks, in groups of one topic each, worded for the client."""

from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("text", "longtext", "date", "choice", "yesno", "phone", "email", "number")
DETAILS = "Your details"
CASE = "Your case"

# Answers to these also say who the client is; they fill what the client record does not hold yet.
IDENTITY_KEYS = ("first_name", "last_name", "email", "phone", "date_of_birth")


@dataclass(frozen=True)
class Question:
    """One question. `kind` is one of KINDS; `options` belong to a choice."""

    key: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = False
    group: str = CASE
    options: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        """Return the form kept in `CaseType.questions`."""
        return {**asdict(self), "options": list(self.options)}


DETAILS_GROUP = (
    Question("first_name", "First name", required=True, group=DETAILS),
    Question("last_name", "Last name", required=True, group=DETAILS),
    Question("email", "E-mail", "email", "We write to this address about your matter.", True, DETAILS),
    Question("phone", "Phone", "phone", "With area code. For a number abroad start with +.", False, DETAILS),
    Question("preferred_contact", "How may we contact you?", "choice", "", False, DETAILS, ("phone", "email", "text")),
    Question("date_of_birth", "Date of birth", "date", "", False, DETAILS),
    Question("home_address", "Home address", "text", "Street, city, state and ZIP code.", False, DETAILS),
)

STATEMENT = Question(
    "statement", "In your own words, what happened and what do you need?", "longtext",
    "Write as you would tell a friend. A few sentences are enough.", True,
)  # fmt: skip
OPPOSING = Question("opposing_party", "Who is on the other side?", help="A person or a company, if you know it.")


def _group(name: str, *questions: Question) -> tuple[Question, ...]:
    return tuple(Question(q.key, q.label, q.kind, q.help, q.required, name, q.options) for q in questions)


SPOUSE = _group(
    "The other person",
    Question("opposing_party", "Full name of your spouse or the other parent", required=True),
    Question("other_address_known", "Do you know where this person lives?", "yesno"),
    Question("other_has_lawyer", "Does this person have a lawyer?", "yesno"),
    Question("feel_safe", "Are you worried about your safety or your children's?", "yesno",
             "If you are in danger now, call 911 first."),
)  # fmt: skip

MARRIAGE = _group(
    "Marriage",
    Question("marriage_date", "When did you marry?", "date"),
    Question("incident_date", "When did you stop living together?", "date", "Leave it empty if you still do."),
    Question("county", "In which county do you live?"),
    Question("agree_on_divorce", "Do both of you want the divorce?", "yesno"),
)

CHILDREN = _group(
    "Children",
    Question("number_of_children", "How many children under 18 do you have together?", "number"),
    Question("children_names", "Their names and birth dates", "longtext", "One child per line."),
    Question("children_live_with", "With whom do they live now?", "choice", "", False, CASE,
             ("With me", "With the other parent", "With both of us in turn", "With someone else")),
)  # fmt: skip

MONEY = _group(
    "Money",
    Question("monthly_income", "Your income per month before taxes, in dollars", "number"),
    Question("owns_home", "Do you own a home, alone or together?", "yesno"),
    Question("has_retirement", "Does either of you have retirement savings?", "yesno"),
)

OWN_BUSINESS = _group(
    "The business",
    Question("business_name", "Name of the business", required=True),
    Question("business_share", "Your share and the share of your spouse"),
    Question("business_started", "When did it start?", "date"),
    Question("business_employees", "How many people work there?", "number"),
)

EARLIER_ORDER = _group(
    "The order you want to change",
    Question("order_date", "Date of the order", "date"),
    Question("order_court", "Which court made it?"),
    Question("what_changed", "What has changed since?", "longtext", required=True),
)

INJURY = _group(
    "What happened",
    Question("incident_date", "When did it happen?", "date", "There are deadlines that count from this day.", True),
    Question("incident_place", "Where did it happen?"),
    Question("county", "In which county?"),
    Question("opposing_party", "Who caused it, if you know?"),
    Question("injuries", "How were you hurt?", "longtext"),
    Question("saw_doctor", "Have you seen a doctor?", "yesno"),
    Question("missed_work", "Have you missed work?", "yesno"),
    Question("insurer_contact", "Has an insurance company contacted you?", "yesno",
             "Please do not sign anything before we speak."),
)  # fmt: skip

VEHICLES = _group(
    "Vehicles",
    Question("was_driver", "Were you driving?", "yesno"),
    Question("police_came", "Did the police come?", "yesno"),
    Question("other_driver_insurance", "Insurance of the other driver, if you know it"),
)

PREMISES = _group(
    "The place",
    Question("premises_owner", "Who owns or runs the place?"),
    Question("what_was_wrong", "What was wrong there?", "longtext", "For example: a wet floor, a broken step."),
    Question("reported_there", "Did you tell anyone there?", "yesno"),
)

WISHES = _group(
    "Your wishes",
    Question("marital_status", "Are you", "choice", "", False, CASE, ("Single", "Married", "Divorced", "Widowed")),
    Question("children_names", "Names and ages of your children", "longtext", "One per line."),
    Question("has_will", "Do you have a will or a trust already?", "yesno"),
    Question("executor", "Who should carry out your will?"),
    Question("property_overview", "What do you own, roughly?", "longtext", "Home, savings, business, valuables."),
    Question("county", "In which county do you live?"),
)

ESTATE = _group(
    "The person who died",
    Question("deceased_name", "Full name", required=True),
    Question("incident_date", "Date of death", "date"),
    Question("county", "County where this person lived"),
    Question("relationship", "How are you related?"),
    Question("left_will", "Is there a will?", "yesno"),
    Question("opposing_party", "Is anyone against you in this? Who?"),
)

FAMILY_PETITION = _group(
    "The family member",
    Question("relative_name", "Full name of the relative you file for", required=True),
    Question("relationship", "How are you related?", "choice", "", True, CASE,
             ("Husband or wife", "Child", "Parent", "Brother or sister", "Engaged to be married")),
    Question("relative_country", "In which country does this person live now?"),
    Question("incident_date", "Date of the last entry to the United States", "date", "Empty if there was none."),
    Question("earlier_applications", "Has anyone filed for this person before?", "yesno"),
    Question("your_status", "Are you", "choice", "", False, CASE, ("U.S. citizen", "Green card holder", "Neither")),
)  # fmt: skip

CHARGE = _group(
    "The charge",
    Question("charge", "What are you charged with?"),
    Question("incident_date", "Date of the arrest or citation", "date"),
    Question("county", "In which county?"),
    Question("court_date", "Next court date", "date", "If you have one, please do not miss it."),
    Question("in_custody", "Is the person in custody now?", "yesno"),
    Question("prior_record", "Any earlier charges?", "yesno"),
)

COMPANY = _group(
    "The company",
    Question("company_names", "Names you would like, best first", "longtext", "One per line.", True),
    Question("company_purpose", "What will it do?", "longtext"),
    Question("company_owners", "Who will own it, and in what shares?", "longtext"),
    Question("company_form", "Form you have in mind", "choice", "", False, CASE,
             ("Not sure yet", "LLC", "Corporation", "Partnership", "Nonprofit")),
    Question("county", "In which county will it work?"),
    Question("opposing_party", "Is anyone disputing this with you? Who?"),
)  # fmt: skip

HOME = _group(
    "The property",
    Question("property_address", "Address of the property", required=True),
    Question("county", "County of the property"),
    Question("buy_or_sell", "Are you", "choice", "", True, CASE, ("Buying", "Selling", "Refinancing", "Other")),
    Question("price", "Price in dollars", "number"),
    Question("closing_date", "Planned closing date", "date"),
    Question("opposing_party", "Name of the other side"),
    Question("lender", "Lender, if there is a loan"),
)

GENERAL = _group(
    CASE,
    Question("incident_date", "When did it start or happen?", "date"),
    Question("county", "In which county?"),
    OPPOSING,
    Question("deadline", "Is there a date by which something must be done?", "date"),
)

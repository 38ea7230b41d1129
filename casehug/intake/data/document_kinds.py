"""Kinds of documents a checklist can ask for, with the reason the client reads."""

from dataclasses import dataclass

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT, CSV = "text/plain", "text/csv"

SCAN = (PDF, JPEG, PNG, HEIC)
PAPER = (*SCAN, DOCX, TEXT)
SHEET = (*SCAN, DOCX, XLSX, CSV, TEXT)


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document. `why` is a sentence for the client."""

    key: str
    name: str
    category: str
    why: str
    accepted: tuple[str, ...]
    max_size_mb: int = 25


def _kinds(category: str, accepted: tuple[str, ...], *rows: tuple[str, str, str]) -> list[DocumentKind]:
    return [DocumentKind(key, name, category, why, accepted) for key, name, why in rows]


_ALL = [
    *_kinds(
        "Identification", SCAN,
        ("photo_id", "Photo ID", "So that we know we are speaking with you. A driver's license or passport works."),
        ("passport", "Passport, all used pages", "It shows who you are and when you traveled."),
        ("social_security_card", "Social Security card", "Courts and agencies ask for this number on their forms."),
        ("birth_certificate", "Birth certificate", "It proves a birth date and who the parents are."),
        ("name_change", "Name change order", "It connects papers that carry different names."),
        ("passport_photos", "Two passport photos", "The application has to carry recent photos."),
    ),
    *_kinds(
        "Family", SCAN,
        ("marriage_certificate", "Marriage certificate", "It proves where and when you married."),
        ("children_birth_certificates", "Birth certificates of the children", "They name the children and parents."),
        ("prenuptial_agreement", "Prenuptial or postnuptial agreement", "It can decide who keeps what."),
        ("parenting_plan", "Current parenting plan or schedule", "We need to know what you do today."),
        ("school_records", "School and day care records", "They show where the children spend their days."),
        ("child_expenses", "Child care and health cost receipts", "Support is worked out with these costs."),
        ("separation_agreement", "Separation agreement", "It shows what you have already settled."),
        ("family_tree", "List of family members and heirs", "We have to inform everyone who may inherit."),
    ),
    *_kinds(
        "Financial", SHEET,
        ("tax_returns", "Tax returns, last three years", "They show the income of the household."),
        ("pay_stubs", "Pay stubs, last three months", "They show what you earn now."),
        ("bank_statements", "Bank statements, last six months", "They show savings and regular spending."),
        ("retirement_statements", "Retirement account statements", "These savings may have to be divided or named."),
        ("investment_statements", "Investment account statements", "They show what you hold in stocks and funds."),
        ("credit_card_statements", "Credit card statements", "They show debts and who made them."),
        ("loan_statements", "Loan statements", "They show what is owed and to whom."),
        ("financial_affidavit", "Financial worksheet", "It puts income, costs, property and debts on one form."),
        ("life_insurance", "Life insurance policies", "They name who receives the money."),
        ("benefit_statements", "Benefit statements", "Disability, unemployment and other benefits count as income."),
        ("sponsor_income", "Sponsor's proof of income", "The sponsor has to earn enough to support the relative."),
        ("debts_list", "List of debts and bills", "Open bills are paid before anything is shared out."),
        ("gift_letter", "Gift letter or proof of down payment", "The lender asks where the money comes from."),
    ),
    *_kinds(
        "Property", PAPER,
        ("deeds", "Deeds", "They show who owns the house or land."),
        ("mortgage_statement", "Mortgage statement", "It shows what is still owed on the house."),
        ("vehicle_titles", "Vehicle titles and registration", "They show who owns each vehicle."),
        ("property_appraisal", "Appraisal or tax value of the property", "It says what the property is worth."),
        ("community_property_list", "List of what you own together", "In your state most of it is shared by law."),
        ("household_list", "List of valuable belongings", "It helps to divide fairly or to name who gets what."),
        ("purchase_contract", "Purchase contract", "It holds price, dates and conditions of the sale."),
        ("title_report", "Title report", "It shows claims of others on the property."),
        ("survey", "Survey of the land", "It shows where the borders run."),
        ("inspection_report", "Inspection report", "It names faults the seller may have to repair."),
        ("hoa_documents", "Homeowners association papers", "They hold rules and fees that come with the home."),
        ("homeowner_insurance", "Homeowner's insurance", "The lender asks for it before closing."),
        ("lease", "Lease or rental agreement", "It says who may use the place and until when."),
    ),
    *_kinds(
        "Legal", PAPER,
        ("court_papers", "Court papers you have received", "They carry the dates we must not miss."),
        ("prior_orders", "Earlier court orders", "We have to know what is already decided."),
        ("divorce_decree", "Final decree", "It is the order we ask the court to change."),
        ("police_report", "Police report", "It records what officers saw and wrote down."),
        ("charging_document", "Complaint or citation", "It names the charge and the court date."),
        ("bail_papers", "Bail or release papers", "They hold the rules you must keep until the hearing."),
        ("criminal_record", "Criminal record or background check", "Earlier cases change what we can ask for."),
        ("witness_list", "Names of witnesses", "People who saw it can help your case."),
        ("existing_will", "Current will and changes to it", "We need to know what it replaces."),
        ("trust_papers", "Trust papers", "They say what the trust holds and who runs it."),
        ("power_of_attorney", "Power of attorney", "It says who may act for you."),
        ("health_directive", "Health care directive", "It says what care you want and who decides."),
        ("original_will", "The original will", "The court accepts only the original."),
        ("death_certificate", "Death certificate", "The court opens the case with it."),
        ("letters", "Letters and messages about the matter", "They show what was said and when."),
    ),
    *_kinds(
        "Medical", PAPER,
        ("medical_records", "Medical records", "They show your injuries and treatment."),
        ("medical_bills", "Medical bills", "They show what the treatment cost."),
        ("health_insurance_card", "Health insurance card", "Your insurer may have to be paid back."),
        ("medical_exam", "Immigration medical exam", "The application needs a sealed exam."),
        ("treatment_list", "List of doctors and hospitals", "So that we can ask each of them for records."),
    ),
    *_kinds(
        "Insurance and damage", SCAN,
        ("auto_insurance", "Your car insurance policy", "It may pay before the other side does."),
        ("insurance_letters", "Letters from insurance companies", "They hold claim numbers and deadlines."),
        ("injury_photos", "Photos of your injuries", "Pictures show what words cannot."),
        ("scene_photos", "Photos of the place or the vehicles", "The place may have changed since."),
        ("incident_report", "Incident report of the business", "It records what staff noted that day."),
        ("repair_estimate", "Repair estimate or bill", "It shows the damage to your property."),
        ("wage_loss", "Employer's letter about lost pay", "You may be paid for the work you missed."),
    ),
    *_kinds(
        "Immigration", SCAN,
        ("visa_pages", "Visas and entry stamps", "They show how and when each person came in."),
        ("i94", "Arrival record (I-94)", "It shows how long the stay is allowed."),
        ("status_proof", "Proof of citizenship or green card", "Only a citizen or resident can file for a relative."),
        ("relationship_proof", "Proof of the relationship", "Photos, letters and shared bills show it is real."),
        ("immigration_notices", "Notices from immigration offices", "They carry receipt numbers and dates."),
        ("translations", "Translations of foreign papers", "Offices only read papers in English."),
    ),
    *_kinds(
        "Business", SHEET,
        ("owners_list", "List of owners and their shares", "It goes into the founding papers."),
        ("business_plan", "Business plan or short description", "It helps to choose the right form of company."),
        ("name_search", "Names you would like to use", "We check that they are free."),
        ("operating_agreement", "Operating or partnership agreement", "It says who decides and who is paid what."),
        ("business_financials", "Profit and loss statements", "They show what the business earns."),
        ("business_tax_returns", "Business tax returns, last three years", "They show the value of the business."),
        ("business_licenses", "Licenses and permits", "Some work may only start with them."),
        ("contracts", "Contracts with customers or partners", "They bind the business."),
    ),
    *_kinds("Other", SHEET, ("anything_else", "Anything else you want us to see", "Add what you think matters.")),
]  # fmt: skip

KINDS: dict[str, DocumentKind] = {kind.key: kind for kind in _ALL}

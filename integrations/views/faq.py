"""The questions firms ask about the Lawmatics integration, in five groups (CH-57), answered as the code does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question, and its answer as paragraphs."""

    asked: str
    answer: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Questions under one heading; `key` is its place in the address."""

    key: str
    title: str
    questions: tuple[Question, ...]


DATA = Group("data", "Data & Sync", (
    Question("What arrives in Lawmatics?", (
        "A contact with the client's name, e-mail and phone; a matter with title, practice area and pipeline stage;"
        " and a note on what was completed, with a link back to the matter here that asks for a login.",
    )),
    Question("What never leaves CaseHug?", (
        "Internal notes, the internal descriptions of matters and clients, and remarks on documents. Uploaded files"
        " are not sent either. Every value on its way out carries its source; one without an allowed source stops the"
        " call.",
        "The page of each matter lists under “What left the firm” which fields went out and where each came from.",
    )),
    Question("When is a matter sent?", (
        "When a document is approved, which is switched on at first; when a matter is created, if you switch that on;"
        " and whenever someone presses “Sync to Lawmatics”. The matter may be of any age.",
    )),
    Question("Are the matters we already have in Lawmatics imported?", (
        "No. “Pull Matters” shows how many exist there and which are linked, and lets a firm admin link one by hand."
        " It creates no matters here.",
    )),
    Question("Can a client or matter appear twice?", (
        "CaseHug writes down each call before it is made. If an answer is lost, it first looks in Lawmatics whether"
        " the call arrived, and only repeats it when it did not. If a late call did leave two records behind, the"
        " older one is used, nothing is deleted, and you are told.",
    )),
    Question("What about a contact that is already there?", (
        "It is found by its e-mail, linked, and left as it is. A switch lets CaseHug fill fields that are empty"
        " there; a value that stands there is never replaced.",
    )),
    Question("What comes back from Lawmatics?", (
        "A changed stage or status of a linked matter, which sets the status here as Stage → Status says. Other"
        " events are listed with the matter.",
    )),
))  # fmt: skip
PIPELINE = Group("pipeline", "Pipeline & Campaigns", (
    Question("Which stage does a new matter get?", (
        "The one chosen for its case type under Case Type Mappings, or else for its practice area. After connecting,"
        " stages with well-known names are matched by themselves; rows without a stage are marked.",
    )),
    Question("What if a stage is renamed or deleted there?", (
        "Stages are kept by id, so a new name changes nothing. If a stage is gone, only the matters mapped to it wait,"
        " and a firm admin is asked to choose another; then they go on by themselves.",
    )),
    Question("Does CaseHug move a matter back that our staff moved on?", (
        "No. An update sends what changed here since the last sync and nothing else, so a corrected title does not"
        " touch the stage.",
    )),
    Question("Does a new matter start our campaigns and automations?", (
        "It may: Lawmatics treats it like any other new matter, so automations that listen for it can write to"
        " clients. CaseHug cannot see or stop them. Try one matter first and look at what starts.",
    )),
    Question("How does a stage there become a status here?", (
        "Stage → Status holds one row per stage. Change a row, or leave it empty so that the stage changes nothing"
        " here.",
    )),
))  # fmt: skip
CONFIGURATION = Group("configuration", "Configuration", (
    Question("What do we need before we connect?", (
        "Any Lawmatics plan with API access, with developer settings switched on. Lawmatics does that once: write to"
        " support@lawmatics.com that CaseHug is to be connected by OAuth. If you are not sure about your plan, the"
        " same address can tell you. Questions about the API go to api@lawmatics.com.",
    )),
    Question("Who can connect, and what if that person leaves?", (
        "Any firm admin. The connection page shows who connected. If Lawmatics ends the access, waiting matters wait,"
        " and continue by themselves after another admin reconnects the same account; no duplicates arise.",
    )),
    Question("How do we know that it works?", (
        "“Test connection” reads a little and says line by line what works and what to do. It writes nothing.",
    )),
    Question("Do we need webhooks?", (
        "No. They need a Lawmatics Premium plan and bring changes within seconds. Without them, changed matters are"
        " read at the interval set under Webhook events.",
    )),
    Question("Can we stop it for a while?", (
        "Pause keeps all new and waiting syncs, and they continue when you resume. Disconnect destroys the stored"
        " access; links, mappings and the log are kept.",
    )),
    Question("Why not use an automation service instead?", (
        "The built-in connection is faster and more reliable: it starts at once, knows what it has sent before, looks"
        " first when an answer is lost, keeps to the limit of your account, and needs no third party that sees client"
        " data. Those who want it nevertheless find the steps under Help, “Lawmatics by Zapier”.",
    )),
))  # fmt: skip
SECURITY = Group("security", "Security & Compliance", (
    Question("Does CaseHug see our Lawmatics password?", (
        "No. You sign in at Lawmatics and allow the access there (OAuth 2.0). What CaseHug gets is a token.",
        "Lawmatics does not divide such tokens into parts of an account. CaseHug itself uses no more than this page"
        " says.",
    )),
    Question("How is the access stored?", (
        "Sealed with AES-256-GCM under a key of your firm. No page or interface shows it. On disconnect the tokens"
        " and their key are destroyed, so that a copy in a backup cannot be opened either.",
    )),
    Question("Do we need business associate agreements?", (
        "If you handle health information, we advise to sign one with CaseHug and one with Lawmatics before you"
        " connect.",
    )),
    Question("Can another firm see our data?", (
        "No. The database itself walls firms off, row by row, besides the checks of every page.",
    )),
    Question("Who in the firm can do what?", (
        "Firm admins connect, map and link. Attorneys and staff start syncs. Auditors read settings and logs and"
        " change nothing. What an admin does is recorded in an audit log whose entries are chained, so that a change"
        " shows.",
    )),
))  # fmt: skip
TECHNICAL = Group("technical", "Technical", (
    Question("What happens when Lawmatics is down?", (
        "Nothing is lost. The sync waits and is tried again by itself at growing intervals; after ten tries without"
        " success it is shown as failed, and a person can retry it. What was confirmed before is not sent again.",
    )),
    Question("What does “Unknown — checking” mean?", (
        "A call was sent and no answer came back. CaseHug looks in Lawmatics before anything is repeated.",
    )),
    Question("Is there a limit on requests?", (
        "Lawmatics counts the requests of all your apps together. CaseHug keeps to the number on the connection page,"
        " 50 per minute at first, and waits when Lawmatics asks it to.",
    )),
    Question("Where do we see what was sent?", (
        "The sync log lists every operation with result, attempt and person. It can be filtered, and the filtered"
        " lines downloaded as CSV.",
    )),
    Question("Is there an API?", (
        "Yes: state, switches, start of a sync, history, mappings and matters, described in a machine-readable"
        " schema.",
    )),
    Question("Can somebody help us in person?", (
        "Yes. For developer settings and plans write to support@lawmatics.com, for API questions to"
        " api@lawmatics.com. For CaseHug ask the operator of this installation, and name the code shown with the"
        " error.",
    )),
))  # fmt: skip
GROUPS = (DATA, PIPELINE, CONFIGURATION, SECURITY, TECHNICAL)

"""The words of “Lawmatics by Zapier instead of the native sync” (CH-55, CH-56), for the page and the card."""

NEEDS = (
    "A Zapier account whose plan allows Zaps of several steps, with your Lawmatics account connected there.",
    "The CaseHug app in Zapier: the operator of this installation sends you its invitation link.",
    "An API key, which a firm admin makes here under Settings, API keys.",
    "Zapier sees what your Zaps handle. If that is health information, your firm needs an agreement (BAA)"
    " that covers it.",
)
DIFFERENCES = (
    (
        "When does it start?",
        "At once.",
        "CaseHug tells Zapier at once; what changes in Lawmatics Zapier finds every 1 to 15 minutes, as your"
        " plan says.",
    ),
    (
        "Can a record appear twice?",
        "Not by a repeat: CaseHug first looks in Lawmatics whether the call arrived.",
        "It can, when Zapier runs a step again, or when two Zaps do the same.",
    ),
    (
        "Who decides stage, practice area and fields?",
        "The mappings here, for all matters.",
        "Each Zap for itself.",
    ),
    (
        "Do stages come back?",
        "Yes, they set the status of the matter here.",
        "No.",
    ),
    (
        "Where do errors show?",
        "In the sync log here, with a retry.",
        "In Zapier's history.",
    ),
    (
        "Who sees client data?",
        "Lawmatics.",
        "Lawmatics and Zapier.",
    ),
    (
        "What does it cost?",
        "Nothing more.",
        "Tasks of your Zapier plan for every step.",
    ),
)
STEPS = (
    "If Lawmatics is connected here, open Settings, Integrations, Lawmatics and switch off both switches that"
    " start a sync. Otherwise every matter arrives twice.",
    "Open Settings, API keys, Create a key. Name it Zapier and allow: add and read outgoing webhooks, read"
    " matters, read clients. Copy the key; it is shown once.",
    "Open the invitation link, then in Zapier My Apps, Add connection, CaseHug. Enter the address your"
    " browser shows here and the key. The connection then bears the name of your firm.",
    "Create a Zap. Trigger: CaseHug, Completed Intake, which comes once per intake; or New Matter, when a"
    " matter is made. Leave “Include Client Data” off.",
    "Add a step CaseHug, Find Matter, with the Matter ID of the trigger.",
    "Add a step CaseHug, Find Client, with the Client ID of the matter found.",
    "Add a step Lawmatics, Find Contact, by the e-mail of the client, and tick that it is created when it is"
    " not found: first name, last name, e-mail, phone.",
    "Add a step Lawmatics, Create Matter, with the title of the matter, the contact of the step before, the"
    " practice area and the pipeline stage.",
    "Test the Zap with an invented client and look in Lawmatics at what arrived and which automations it"
    " started there. Then publish it. It appears here under Outgoing webhooks, marked Zapier.",
)
TROUBLES = (
    "The connection is refused: the key has ended, was revoked or is mistyped. Make a new one and change the"
    " connection in Zapier.",
    "“This key lacks the scope …”: the key may not do what a step asks for. Make one with that right.",
    "The Zap does not start: open Outgoing webhooks here. The Zap is listed with its deliveries and the"
    " answers of Zapier; what failed can be sent again. “Send a test” starts no Zap, it only shows that Zapier"
    " answers.",
    "A step that makes something acts once within 24 hours for the same Zap and the same values. To let it"
    " act once per event instead, map the ID of the trigger to “Once per”.",
    "The matter should only be sent by the native sync, but a Zap decides when: use the step CaseHug, Sync to"
    " Lawmatics.",
)

"""How long the product's own tables are kept (settings `RETENTION`)."""

from datetime import datetime, timedelta

from django.db.models import Q

from casehug.data_duties.export.build import drop_expired
from casehug.data_duties.retention import Kept
from casehug.intake.models import ImportRow

MATTER = "The client’s file. How long it has to be kept is for the firm to know; it ends by erasing the client."
FIRM = "Needed as long as the firm works here."
ALWAYS, STAYS = "Always", "While you work here"


def _blank_imports(before: datetime) -> int:
    """The text of imported files goes; what tells a repeated row apart (reference, hash) stays."""
    rows = ImportRow.objects.filter(created_at__lt=before, batch__status="done").exclude(raw=[], values={})
    return int(rows.update(raw=[], values={}))


def _old_exports(before: datetime) -> int:
    return drop_expired(before + timedelta(days=1))  # `expires_at` is already a day after the making


RULES = (
    Kept("Clients, matters and what they gave", (
        "intake_client", "intake_matter", "intake_document", "intake_upload", "intake_answer", "intake_submission",
        "intake_note", "intake_statuschange", "intake_intakelink"), MATTER),
    Kept("Referrals", (
        "referrals_referral", "referrals_invitation", "referrals_invitationanswer", "referrals_deadlinealarm",
        "referrals_caseupdate", "referrals_settlement", "referrals_attachment", "referrals_caseimport",
        "referrals_caseimportrow"), MATTER),
    Kept("Firm, people and settings", (
        "firms_membership", "firms_apikey", "intake_casetype", "intake_savedview", "referrals_partnerfirm",
        "referrals_leadform",
        "common_datakey", "common_gate"), FIRM, until=STAYS),
    Kept("Audit log", ("audit_auditentry",), "Proof of who did what, for 6 years at least; nobody can delete an entry.",
         until=ALWAYS),
    Kept("Certificates of erasure", ("data_duties_erasure",), "Proof that a client was erased; ids and counts only.",
         until=ALWAYS),
    Kept("Announced uploads that never came", ("intake_uploadslot",), "Only a place for one file.",
         days=1, by="casehug.intake.upkeep.remove_stray_uploads"),
    Kept("Text of imported files", ("intake_importrow", "intake_importbatch"),
         "To explain the report; what tells a repeated row apart stays.", days=90, purge=_blank_imports),
    Kept("Announcements (ids only)", ("outbox_outboxevent",), "To resend webhooks and to explain the history.",
         days=730, column="created_at", where=Q(dispatched_at__isnull=False)),
    Kept("Finished work", ("common_workitem",), "To explain what happened.",
         days=90, by="casehug.common.ticks.purge_finished_work"),
    Kept("Kept answers of the API", ("firms_idempotentrequest",), "So that a repeated request is answered alike.",
         days=1, by="casehug.firms.api_repeats.purge_repeats"),
    Kept("Notices that are over", ("firms_notice",), "To explain mails that were sent.",
         days=365, column="cleared_at", where=Q(cleared_at__isnull=False)),
    Kept("Invitations to the team that are over", ("firms_teaminvitation",), "To explain who let somebody in.",
         days=365, column="expires_at"),
    Kept("Files of exports", ("data_duties_firmexport",), "They hold everything: long enough to download them.",
         days=1, purge=_old_exports),
)  # fmt: skip

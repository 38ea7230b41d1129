"""The firm tables of the intake core."""

from casehug.intake.models.case_types import CaseType, PracticeArea
from casehug.intake.models.clients import Client
from casehug.intake.models.documents import Document, DocumentStatus, Upload, UploadSlot
from casehug.intake.models.imports import ImportBatch, ImportRow
from casehug.intake.models.matters import Matter, MatterStatus, StatusChange
from casehug.intake.models.notes import Note
from casehug.intake.models.portal import Answer, IntakeLink, Submission
from casehug.intake.models.views import SavedView

__all__ = [
    "Answer",
    "CaseType",
    "Client",
    "Document",
    "DocumentStatus",
    "ImportBatch",
    "ImportRow",
    "IntakeLink",
    "Matter",
    "MatterStatus",
    "Note",
    "PracticeArea",
    "SavedView",
    "StatusChange",
    "Submission",
    "Upload",
    "UploadSlot",
]

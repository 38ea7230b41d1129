"""What the firm's own API asks of intake: figures (slot `usage_counts`) and templates (slot `known_template`)."""

import uuid

from django.db.models import Sum

from casehug.intake.models import CaseType, Client, Document, Matter, MatterStatus, Submission, Upload


def usage_counts() -> dict[str, int]:
    """Return counts by name, in the firm scope."""
    stored = Upload.objects.aggregate(bytes=Sum("size_bytes"))["bytes"]
    return {
        "matters": Matter.objects.count(),
        "matters_archived": Matter.objects.filter(status=MatterStatus.ARCHIVED).count(),
        "clients": Client.objects.count(),
        "intakes_submitted": Submission.objects.filter(submitted_at__isnull=False).count(),
        "documents_to_review": Document.objects.filter(status="uploaded").count(),
        "uploads": Upload.objects.count(),
        "upload_bytes": int(stored or 0),
    }


def known_template(template_id: uuid.UUID) -> bool:
    """Tell whether this is an active template of the firm. In the firm scope."""
    return CaseType.objects.filter(id=template_id, active=True).exists()

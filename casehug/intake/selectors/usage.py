"""Figures of a firm for the API (slot `usage_counts`)."""

from django.db.models import Sum

from casehug.intake.models import Client, Document, Matter, MatterStatus, Submission, Upload


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

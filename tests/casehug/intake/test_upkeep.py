"""The daily sweep of the upload folder."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Document, Upload
from casehug.intake.services.matters import create_matter
from casehug.intake.services.uploads import upload_path
from casehug.intake.upkeep import remove_stray_uploads


def test_strays_go_once_a_day_and_uploads_stay(
    committed_firm: Firm, give: Callable[..., Document], media: Path
) -> None:
    with firm_scope(committed_firm.id):
        matter = create_matter(title="A", case_type_id=CaseType.objects.get(key="other").id)
        give(Document.objects.filter(matter=matter)[0])
        kept = upload_path(Upload.objects.get())
    stray = kept.with_name("0" * 40)
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in (stray, kept):
        path.touch()
        os.utime(path, (two_days_ago, two_days_ago))
    remove_stray_uploads()
    assert (kept.exists(), stray.exists()) == (True, False)
    stray.touch()
    os.utime(stray, (two_days_ago, two_days_ago))
    remove_stray_uploads()
    assert stray.exists()  # not due again today
    os.utime(media / str(committed_firm.id) / ".swept", (two_days_ago, two_days_ago))
    remove_stray_uploads()
    assert not stray.exists()

"""`manage.py rotate_keys`: rewrap every data key with the active key-encryption key. No client data is touched."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from casehug.common import operator_log
from casehug.common.command import HouseCommand
from casehug.common.encryption import active_kek_id, rewrap_all
from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids


class Command(HouseCommand):
    """Resumable: a second run changes only what the first did not reach."""

    help = "Rewrap all data keys with the first key of CASEHUG_KEK. Keep the old key until this has finished."

    def handle(self, *args: Any, **options: Any) -> None:
        ids, changed = firm_ids(), 0
        bar = self.progress("Firms", len(ids))
        for firm_id in ids:
            with firm_scope(firm_id):
                changed += rewrap_all()
            bar.step()
        bar.end()
        sealed = sum(import_string(path)() for path in settings.RESEAL_HOOKS)
        result = {"active": active_kek_id(), "firms": len(ids), "rewrapped": changed, "resealed": sealed}
        if changed or sealed:
            operator_log.note(operator_log.ROTATED, details=result)
        text = f"{changed} data keys of {len(ids)} firms and {sealed} second factors now use key “{result['active']}”."
        self.answer(options, result, text)

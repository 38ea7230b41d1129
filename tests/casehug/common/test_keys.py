"""Key rotation as the operator does it, and the start-up check for a key removed too early."""

import base64
import json
import os
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from casehug.common import encryption
from casehug.common.ids import uuid7
from casehug.common.role_check import key_problems, refuse_bad_role
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.firms.models import Firm

PLACE = {"table": "t", "column": "token"}


def test_rotation_of_all_firms_and_the_check(firm: Firm, other_firm: Firm, settings: Settings) -> None:
    row, blobs = uuid7(), []
    for each in (firm, other_firm):
        with firm_scope(each.id):
            blobs.append((each.id, encryption.seal(Secret("kept"), row_id=row, **PLACE)))
    fresh = "next:" + base64.urlsafe_b64encode(os.urandom(32)).decode()
    old, settings.CASEHUG_KEK = settings.CASEHUG_KEK, fresh
    assert len(key_problems()) == 1
    with pytest.raises(RuntimeError, match="in use"):
        refuse_bad_role()
    settings.CASEHUG_KEK = f"{fresh},{old}"
    out = StringIO()
    call_command("rotate_keys", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"active": "next", "firms": 2, "rewrapped": 2, "resealed": 0}
    settings.CASEHUG_KEK = fresh
    assert key_problems() == []
    for firm_id, blob in blobs:
        with firm_scope(firm_id):
            assert encryption.unseal(blob, row_id=row, **PLACE).reveal() == "kept"


def test_the_audit_command_reports_every_firm(firm: Firm, other_firm: Firm) -> None:
    out = StringIO()
    call_command("verify_audit", "--json", stdout=out)
    assert [each["fault"] for each in json.loads(out.getvalue())] == [None, None]

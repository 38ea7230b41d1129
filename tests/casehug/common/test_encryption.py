"""Encryption at rest: bound to its place, every altered byte refused, rotation without touching the data."""

import base64
import os
import pickle
import time
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings as SettingsWrapper

from casehug.common import encryption
from casehug.common.ids import uuid7
from casehug.common.models import DataKey
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.firms.models import Firm
from casehug.firms.services import create_firm

PLACE = {"table": "t", "column": "token"}


def test_round_trip_and_every_flipped_byte_is_refused(firm: Firm) -> None:
    with firm_scope(firm.id):
        row = uuid7()
        blob = encryption.seal(Secret("a token"), row_id=row, **PLACE)
        assert encryption.unseal(blob, row_id=row, **PLACE).reveal() == "a token"
        assert b"a token" not in blob
        for index in range(len(blob)):
            broken = bytearray(blob)
            broken[index] ^= 1
            with pytest.raises(encryption.DecryptionError):
                encryption.unseal(bytes(broken), row_id=row, **PLACE)
        for length in range(len(blob)):
            with pytest.raises(encryption.DecryptionError):
                encryption.unseal(blob[:length], row_id=row, **PLACE)


def test_a_copy_elsewhere_does_not_open(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(firm.id):
        row = uuid7()
        blob = encryption.seal(Secret("x"), row_id=row, **PLACE)
        places = [(uuid7(), "t", "token"), (row, "u", "token"), (row, "t", "refresh")]
        for other_row, table, column in places:
            with pytest.raises(encryption.DecryptionError):
                encryption.unseal(blob, row_id=other_row, table=table, column=column)
    with firm_scope(other_firm.id), pytest.raises(encryption.DecryptionError):
        encryption.unseal(blob, row_id=row, **PLACE)


def test_destroying_the_key_destroys_the_value(firm: Firm) -> None:
    with firm_scope(firm.id):
        row = uuid7()
        blob = encryption.seal(Secret("x"), row_id=row, purpose="connection:1", **PLACE)
        encryption.destroy_data_key("connection:1")
        with pytest.raises(encryption.DecryptionError):
            encryption.unseal(blob, row_id=row, **PLACE)


def test_key_rotation_rewraps_and_old_values_still_open(firm: Firm, settings: SettingsWrapper) -> None:
    with firm_scope(firm.id):
        row = uuid7()
        blob = encryption.seal(Secret("kept"), row_id=row, **PLACE)
        fresh = base64.urlsafe_b64encode(os.urandom(32)).decode()
        settings.CASEHUG_KEK = f"new:{fresh},{settings.CASEHUG_KEK}"
        assert encryption.rewrap_all() == 1
        assert encryption.rewrap_all() == 0
        settings.CASEHUG_KEK = f"new:{fresh}"
        assert DataKey.objects.get().kek_id == "new"
        assert encryption.unseal(blob, row_id=row, **PLACE).reveal() == "kept"


def test_a_missing_key_is_an_error_never_a_value(firm: Firm, settings: SettingsWrapper) -> None:
    with firm_scope(firm.id):
        row = uuid7()
        blob = encryption.seal(Secret("x"), row_id=row, **PLACE)
        settings.CASEHUG_KEK = "other:" + base64.urlsafe_b64encode(os.urandom(32)).decode()
        with pytest.raises(encryption.DecryptionError):
            encryption.unseal(blob, row_id=row, **PLACE)


def test_the_blind_index_differs_between_firms(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(firm.id):
        mine = encryption.blind_index("ana@example.com")
        assert mine == encryption.blind_index("ana@example.com")
    with firm_scope(other_firm.id):
        assert encryption.blind_index("ana@example.com") != mine


def test_a_secret_does_not_leak_by_printing_or_pickling() -> None:
    secret = Secret("do-not-show")
    assert "do-not-show" not in f"{secret} {secret!r} {secret:>20}"
    assert secret != "do-not-show"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_dump_of_the_table_shows_no_clear_value(firm: Firm) -> None:
    with firm_scope(firm.id):
        encryption.seal(Secret("planted-marker-4711"), row_id=uuid7(), **PLACE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(encode(wrapped, 'escape'), '') FROM common_datakey")
            assert "planted-marker" not in cursor.fetchone()[0]


def keys_read(row: uuid.UUID, purpose: str) -> int:
    """Seal once, and count the statements it took."""
    with CaptureQueriesContext(connection) as asked:
        encryption.seal(Secret("x"), row_id=row, purpose=purpose, **PLACE)
    return len(asked)


def test_only_the_firms_own_key_is_remembered_and_for_a_minute(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, row = create_firm(name="Rivera", slug=f"rivera-{uuid7().hex}", demo=False), uuid7()
    with pytest.raises(ZeroDivisionError), firm_scope(firm.id):
        encryption.seal(Secret("x"), row_id=row, **PLACE)
        _ = 1 / 0
    with firm_scope(firm.id):
        assert not DataKey.objects.exists()  # what was rolled back must not seal anything more
        blob = encryption.seal(Secret("x"), row_id=row, **PLACE)
    with firm_scope(firm.id):
        assert keys_read(row, "firm") == 0
        assert keys_read(row, "connection:1") > 0
        assert keys_read(row, "connection:1") > 0  # gone with a disconnect, at once
        assert encryption.unseal(blob, row_id=row, **PLACE).reveal() == "x"
        late = time.monotonic() + encryption.REMEMBERED_SECONDS
        monkeypatch.setattr(encryption.time, "monotonic", lambda: late)
        assert keys_read(row, "firm") == 1

"""Sealed tokens: altered at any byte or moved to any other place they do not open; keys rotate under load; a disconnect

destroys what old backups hold. Sabotage: with nothing bound to the place, moved tokens open.
"""

import base64
import os
import threading
import time
import uuid
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from casehug.common import encryption
from casehug.common.ids import uuid7
from casehug.common.models import DataKey
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from harness.size import pick
from tests.conftest import make_firm

TABLES, COLUMNS = ("integrations_connection", "integrations_inboundsecret"), ("access_token", "refresh_token")
CLEAR = "at_planted-in-clear-0815"


def opens(blob: bytes, **place: object) -> bool:
    """Whether a blob opens at a place of the open scope."""
    try:
        encryption.unseal(blob, **place)  # type: ignore[arg-type]
    except encryption.DecryptionError:
        return False
    return True


def moved() -> tuple[int, int]:
    """Seal one value per table, column, row and firm; try each at every other place. Returns tries and openings."""
    blobs: list[tuple[uuid.UUID, dict[str, object], bytes]] = []
    for firm in (make_firm("One"), make_firm("Two")):
        with firm_scope(firm.id):
            for table in TABLES:
                for column in COLUMNS:
                    for row in (uuid7(), uuid7()):
                        place = {"table": table, "column": column, "row_id": row}
                        blobs.append((firm.id, place, encryption.seal(Secret(CLEAR), **place)))  # type: ignore[arg-type]
    tried = wrong = 0
    for firm_id, place, own in blobs:
        with firm_scope(firm_id):
            assert opens(own, **place)
            for other_firm, other_place, blob in blobs:
                if (other_firm, other_place) != (firm_id, place):
                    tried, wrong = tried + 1, wrong + opens(blob, **place)
    return tried, wrong


def test_altered_and_moved_tokens_do_not_open(db: None, record_property: Callable[[str, object], None]) -> None:
    tried, wrong = moved()
    row, flips, opened = uuid7(), 0, 0
    place = {"table": TABLES[0], "column": COLUMNS[0], "row_id": row}
    with firm_scope(make_firm("Bits").id):
        blob = encryption.seal(Secret(CLEAR), **place)  # type: ignore[arg-type]
        for index in range(len(blob)):
            for bit in range(8):
                broken = bytearray(blob)
                broken[index] ^= 1 << bit
                flips, opened = flips + 1, opened + opens(bytes(broken), **place)
        wrapped = bytes(DataKey.objects.get().wrapped)
        for index in range(len(wrapped)):
            broken = bytearray(wrapped)
            broken[index] ^= 1
            DataKey.objects.update(wrapped=bytes(broken))
            flips, opened = flips + 1, opened + opens(blob, **place)
    record_property("trials", tried + flips)
    record_property("measured", f"{tried} moves (row, column, table, firm), {flips} flipped bits: 0 opened")
    assert (wrong, opened) == (0, 0)


def test_keys_rotate_under_load(
    committed_db: None, settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    firm, row, rate = make_firm("Busy"), uuid7(), pick(20, 50)
    place = {"table": TABLES[0], "column": COLUMNS[0], "row_id": row}
    with firm_scope(firm.id):
        blob = encryption.seal(Secret(CLEAR), **place)  # type: ignore[arg-type]
    stop, reads, errors = threading.Event(), [0], [0]

    def use() -> None:
        try:
            while not stop.wait(1 / rate):
                with firm_scope(firm.id):
                    reads[0] += 1
                    errors[0] += not opens(blob, **place)
        finally:
            connections.close_all()

    user = threading.Thread(target=use)
    user.start()
    started = time.monotonic()
    for turn in range(pick(3, 20)):
        fresh = f"k{turn}:" + base64.urlsafe_b64encode(os.urandom(32)).decode()
        settings.CASEHUG_KEK = f"{fresh},{settings.CASEHUG_KEK}"  # both are there while the rows move
        call_command("rotate_keys", "--json", stdout=open(os.devnull, "w"))  # noqa: SIM115
        time.sleep(0.3)
        settings.CASEHUG_KEK = fresh
        time.sleep(0.3)
    took = time.monotonic() - started
    stop.set()
    user.join()
    record_property("measured", f"{reads[0]} reads during {took:.0f} s of rotations: {errors[0]} errors")
    assert reads[0] >= 20 and errors[0] == 0


def test_a_disconnect_destroys_what_a_backup_of_the_rows_holds(db: None) -> None:
    row, purpose = uuid7(), "connection:proof"
    place = {"table": TABLES[0], "column": COLUMNS[0], "row_id": row}
    with firm_scope(make_firm("Gone").id):
        backup = encryption.seal(Secret(CLEAR), purpose=purpose, **place)  # type: ignore[arg-type]
        assert CLEAR.encode() not in backup and opens(backup, **place)
        encryption.destroy_data_key(purpose)
        assert not opens(backup, **place)


def test_sabotage_with_nothing_bound_to_the_place_moved_tokens_open(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encryption, "_aad", lambda *_: b"")
    _, wrong = moved()
    assert wrong > 0

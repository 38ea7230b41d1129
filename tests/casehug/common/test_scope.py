"""The firm scope: outside it queries raise, inside it only the firm's rows exist, afterwards nothing lingers."""

import pytest
from django.db import OperationalError, close_old_connections, connection, connections, transaction

from casehug.common.ids import uuid7
from casehug.common.models import DataKey
from casehug.common.scope import NestedFirmScope, OutsideFirmScope, assert_no_transaction, firm_scope
from casehug.firms.models import Firm
from casehug.firms.services import create_firm


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.firm_id', true), '')")
        return str(cursor.fetchone()[0])


def test_query_outside_a_scope_raises(firm: Firm) -> None:
    with pytest.raises(OutsideFirmScope):
        DataKey.objects.count()
    with pytest.raises(OutsideFirmScope):
        DataKey(purpose="x")


def test_another_firms_row_does_not_exist(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(other_firm.id):
        DataKey.objects.create(purpose="theirs", kek_id="k", wrapped=b"x")
    with firm_scope(firm.id):
        assert DataKey.objects.count() == 0
        assert list(Firm.objects.all()) == [firm]


def test_scopes_of_two_firms_do_not_nest(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(firm.id), firm_scope(firm.id), pytest.raises(NestedFirmScope), firm_scope(other_firm.id):
        pass


def test_the_setting_ends_with_the_scope(firm: Firm) -> None:
    with firm_scope(firm.id):
        assert setting() == str(firm.id)
    assert setting() == ""


def test_the_setting_ends_after_an_error_too(firm: Firm) -> None:
    with pytest.raises(ZeroDivisionError), firm_scope(firm.id):
        _ = 1 / 0
    assert setting() == ""


def test_raw_sql_with_a_forged_setting_still_needs_a_real_firm(firm: Firm) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.firm_id', '', true)")
        cursor.execute("SELECT count(*) FROM firms_firm")
        assert cursor.fetchone() == (0,)


def test_no_transaction_may_be_open_across_an_outside_call(committed_db: None) -> None:
    assert_no_transaction()
    with transaction.atomic(), pytest.raises(RuntimeError):
        assert_no_transaction()


def test_a_lost_connection_is_told_and_the_next_scope_has_a_new_one(committed_db: None) -> None:
    firm = create_firm(name="Rivera", slug=f"rivera-{uuid7().hex}", demo=False)
    with firm_scope(firm.id), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (lost,) = cursor.fetchone()
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [lost])
    finally:
        other.close()
    with pytest.raises(OperationalError), firm_scope(firm.id):
        pass
    close_old_connections()
    with firm_scope(firm.id):
        assert setting() == str(firm.id)

"""The engine against the real stand-in and real PostgreSQL."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.firms.services import create_firm
from casehug.intake.models import CaseType
from tests.integrations.sync.office import Office, Twin, connect


@pytest.fixture(scope="session")
def twin_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """One stand-in for the session."""
    twin = Twin(tmp_path_factory.mktemp("twin"))
    yield twin
    twin.stop()


@pytest.fixture
def twin(twin_process: Twin, settings: Settings) -> Twin:
    """The stand-in, empty, without a limit, making a duplicate whenever it is asked to; the product points at it."""
    twin_process.control("POST", "reset")
    twin_process.switch(rate_limit="off", contact_create="duplicate")
    settings.LAWMATICS_API_URL = twin_process.url
    settings.SYNC_SETTLE_SECONDS = 1
    return twin_process


@pytest.fixture
def make_office(committed_db: None, twin: Twin) -> Callable[[], Office]:
    """Make connected firms."""

    def make() -> Office:
        firm = create_firm(name="Harbor", slug=f"harbor-{uuid.uuid4().hex[:8]}", demo=False)
        connection_id = connect(firm.id, twin)
        with firm_scope(firm.id):
            case_type = CaseType.objects.filter(practice_area="family_law").first()
        assert case_type is not None
        return Office(firm.id, connection_id, twin, case_type.id)

    return make


@pytest.fixture
def office(make_office: Callable[[], Office]) -> Office:
    """One connected firm."""
    return make_office()

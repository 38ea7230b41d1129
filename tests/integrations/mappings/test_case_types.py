"""Where a matter goes: own row, practice area, last fallback; gone stages stop it; defaults follow renamed stages."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.models import Firm
from casehug.intake.models import CaseType
from integrations.contract.errors import Refused
from integrations.mappings.defaults import find_stage, fold
from integrations.mappings.services import mapping_for, mapping_rows, resolve_defaults, save_mappings
from integrations.models import CaseTypeMapping, CatalogueItem, Connection


@dataclass
class Case:
    """A matter as far as mapping looks at it."""

    case_type_key: str = ""
    practice_area: str = "family_law"


STAGES = [
    ("1", "New Lead", "Family Law", "intake"),
    ("2", " family  law INTAKE", "Family Law", "intake"),
    ("3", "New Lead", "Injury", "intake"),
    ("4", "Personal Injury Intake", "After Hire", "normal"),
    ("5", "Criminal Intake", "A", "intake"),
    ("6", "Criminal Intake", "B", "intake"),
    ("7", "Business Intake", "Old", "normal"),
    ("8", "Business Intake", "New", "intake"),
]


@pytest.fixture
def row(firm: Firm) -> Iterator[Connection]:
    """A connected firm with a small catalogue, in its scope."""
    with firm_scope(firm.id):
        connection = Connection.objects.create(
            provider="lawmatics", state="connected", remote_firm="9", links_account="9"
        )
        made = [("stage", *stage) for stage in STAGES]
        made += [("practice_area", "71", "Family Law", "", ""), ("practice_area", "72", "personal_injury", "", "")]
        for place, (kind, external_id, name, parent, pipeline) in enumerate(made):
            CatalogueItem.objects.create(
                connection=connection, remote_firm="9", kind=kind, external_id=external_id, name=name, parent=parent,
                position=place, extra={"pipeline_type": pipeline},
            )  # fmt: skip
        resolve_defaults(connection)
        yield connection


def gone(stage: str) -> None:
    CatalogueItem.objects.filter(kind="stage", external_id=stage).update(gone_at=database_now())


def test_names_are_compared_folded_and_ties_are_not_guessed(row: Connection) -> None:
    stages = list(CatalogueItem.objects.filter(kind="stage").order_by("position"))
    assert fold(" Family_Law  Intake ") == "family law intake"
    assert find_stage("Family Law Intake", stages) == "2"
    assert find_stage("Personal Injury Intake", stages) == "4"  # the only one with this name
    assert find_stage("Criminal Intake", stages) == ""  # two intake pipelines have it
    assert find_stage("Business Intake", stages) == "8"  # one of them is an intake pipeline
    assert find_stage("Nowhere", stages) == ""


def test_defaults_cover_every_case_type_and_flag_the_rest(row: Connection) -> None:
    by_key = {one.key: one for one in mapping_rows(row)}
    assert len(by_key) == CaseType.objects.filter(active=True).count() + 8
    family = list(CaseType.objects.filter(practice_area="family_law"))
    assert len(family) >= 5
    assert all((by_key[one.key].stage_id, by_key[one.key].state) == ("2", "default") for one in family)
    assert by_key["area:criminal"].state == "needs_choice"
    assert by_key["area:other"].stage_id == "1"  # the first stage of the first intake pipeline
    assert by_key["area:family_law"].practice_area_id == "71"
    assert by_key["area:personal_injury"].practice_area_id == "72"
    assert by_key["area:immigration"].practice_area_id == ""


def test_the_order_of_fallbacks(row: Connection) -> None:
    key = CaseType.objects.filter(practice_area="family_law").first().key
    found = mapping_for(row, Case(key))
    assert (found.stage_id, found.practice_area_id, found.state, found.key) == ("2", "71", "default", key)
    CaseTypeMapping.objects.filter(case_type=key).update(stage_id="", origin="chosen")
    assert mapping_for(row, Case(key)).key == "area:family_law"
    assert mapping_for(row, Case("unknown_type")).key == "area:family_law"
    last = mapping_for(row, Case("", "criminal"))
    assert (last.stage_id, last.state, last.key) == ("1", "needs_choice", "area:other")
    assert mapping_for(row, Case("", "nonsense")).stage_id == "1"
    CaseTypeMapping.objects.update(stage_id="")
    nothing = mapping_for(row, Case(key))
    assert (nothing.stage_id, nothing.state) == ("", "needs_choice")


def test_a_gone_stage_is_not_replaced_by_a_guess(row: Connection) -> None:
    key = CaseType.objects.filter(practice_area="family_law").first().key
    gone("2")
    found = mapping_for(row, Case(key))
    assert (found.stage_id, found.state) == ("", "gone") and "family" in found.stage_name


def test_reading_again_follows_renames_and_never_moves_a_choice(row: Connection) -> None:
    CatalogueItem.objects.filter(external_id="2", kind="stage").update(name="First talk")
    CaseTypeMapping.objects.filter(case_type="area:business").update(stage_id="7", origin="chosen")
    resolve_defaults(row)
    assert mapping_for(row, Case("", "family_law")).stage_id == "2"
    assert mapping_for(row, Case("", "business")).stage_id == "7"
    gone("7")
    gone("2")
    resolve_defaults(row)
    assert mapping_for(row, Case("", "business")).state == "gone"  # a choice is flagged, not replaced
    assert mapping_for(row, Case("", "family_law")).state in ("needs_choice", "gone")


def test_another_accounts_catalogue_does_not_count(row: Connection) -> None:
    row.remote_firm = "10"
    assert mapping_for(row, Case("", "family_law")).state in ("needs_choice", "gone")


def test_one_refused_row_keeps_all_rows_as_they_were(row: Connection) -> None:
    keys = [one.key for one in mapping_rows(row)][:2]
    before = {one.key: one.stage_id for one in mapping_rows(row)}
    with pytest.raises(Refused):
        save_mappings(connection=row, changes={keys[0]: {"stage_id": "3"}, keys[1]: {"stage_id": "gone"}})
    assert {one.key: one.stage_id for one in mapping_rows(row)} == before

"""Tenant matrix at the database: every table with firm rows × role × context × verb, generated from the catalogue.

Sabotage: with one table's policy replaced by "everything", the same matrix must report foreign rows.
"""

import math
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from casehug.common.role_check import role_problems
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from tests.conftest import make_firm
from tests.proofs.rows import SHARED_TABLES, firm_models, make_row

Link = psycopg.Connection[tuple[object, ...]]
ROLES = ("DATABASE_URL", "DATABASE_RELAY_URL", "DATABASE_OWNER_URL")
CONTEXTS = {"none": None, "empty": "", "garbage": "no-uuid", "sql": "' OR true --", "other": "OTHER"}
REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidTextRepresentation,
    psycopg.errors.RaiseException,
)
# The relay sees every firm's work rows by column grant; these are the columns it may read.
RELAY_TABLES = {"common_workitem", "common_gate"}
VERBS = {
    "select": "SELECT id FROM {t} WHERE firm_id = {mine}",
    "aggregate": "SELECT id FROM {t} GROUP BY id HAVING count(*) > 0 AND bool_or(firm_id = {mine})",
    "exists": "SELECT 1 WHERE EXISTS (SELECT 1 FROM {t} WHERE firm_id = {mine})",
    "join": "SELECT a.id FROM {t} a JOIN {t} b ON a.id = b.id WHERE a.firm_id = {mine}",
    "update": "UPDATE {t} SET created_at = created_at WHERE firm_id = {mine} RETURNING id",
    "delete": "DELETE FROM {t} WHERE firm_id = {mine} RETURNING id",
    "insert": "INSERT INTO {t} (id, firm_id, created_at, updated_at) "
    "VALUES (gen_random_uuid(), {mine}, now(), now()) RETURNING id",
    "upsert": "INSERT INTO {t} (id, firm_id, created_at, updated_at) VALUES ({row}, {mine}, now(), now()) "
    "ON CONFLICT (id) DO UPDATE SET created_at = now() RETURNING id",
    "copy": "COPY (SELECT id FROM {t} WHERE firm_id = {mine}) TO STDOUT",
}


@dataclass(frozen=True)
class World:
    mine: Firm
    other: Firm
    rows: dict[str, uuid.UUID]


def catalogue(link: Link) -> set[str]:
    return {str(row[0]) for row in link.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'firm_id' WHERE c.relkind IN ('r', 'p')"
    )}  # fmt: skip


@pytest.fixture
def world(committed_db: None) -> Iterator[World]:
    mine, other = make_firm("Mine"), make_firm("Other")
    rows: dict[str, uuid.UUID] = {}
    with firm_scope(mine.id):
        for model in firm_models():
            existing = model._default_manager.first()
            rows[model._meta.db_table] = (existing or make_row(model)).pk
    yield World(mine, other, rows)


def foreign_rows(link: Link, verb: str, table: str, context: str, world: World) -> int:
    """Return how many rows of the other firm the verb reached; a refusal counts as none."""
    statement = sql.SQL(VERBS[verb]).format(  # type: ignore[arg-type]
        t=sql.Identifier(table), mine=sql.Literal(str(world.mine.id)), row=sql.Literal(str(world.rows[table]))
    )
    value = str(world.other.id) if CONTEXTS[context] == "OTHER" else CONTEXTS[context]
    try:
        if value is not None:
            link.execute("SELECT set_config('app.firm_id', %s, true)", [value])
        if verb == "copy":
            with link.cursor().copy(statement) as copied:
                return sum(len(bytes(block).split()) for block in copied)
        return len(link.execute(statement).fetchall())
    except REFUSED:
        return 0
    except psycopg.errors.IntegrityError:
        return 1  # only a row that the policy let through gets as far as the other checks
    finally:
        link.rollback()


def matrix(world: World, roles: tuple[str, ...] = ROLES) -> dict[tuple[str, str, str, str], int]:
    found: dict[tuple[str, str, str, str], int] = {}
    for variable in roles:
        with psycopg.connect(os.environ[variable]) as link:
            for table in sorted(world.rows):
                for context in CONTEXTS:
                    for verb in VERBS:
                        reached = foreign_rows(link, verb, table, context, world)
                        if reached:
                            found[variable, table, context, verb] = reached
    return found


def test_no_role_reaches_a_foreign_row_in_any_way(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    found = matrix(world)
    sizes = [len(world.rows), len(ROLES), len(CONTEXTS), len(VERBS)]
    told = "{} tables × {} roles × {} contexts × {} verbs".format(*sizes)
    record_property("measured", f"{told} = {math.prod(sizes):,} attempts")
    reads = {"select", "exists", "join", "copy", "aggregate"}
    allowed = {key for key in found if key[0] == "DATABASE_RELAY_URL" and key[1] in RELAY_TABLES and key[3] in reads}
    assert {key: count for key, count in found.items() if key not in allowed} == {}


def test_every_table_with_firm_rows_is_in_the_matrix_and_walled(world: World) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as link:
        tables = catalogue(link)
        everything = {
            str(row[0]) for row in link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
    assert tables == set(world.rows), "a firm table without a model, or a model without firm_id"
    assert everything - tables == set(SHARED_TABLES), "a table without firm_id needs a reason in SHARED_TABLES"
    assert role_problems() == []


def test_own_rows_are_there(world: World) -> None:
    """The matrix would be void if the rows did not exist or could not be seen by anybody."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        for table in world.rows:
            link.execute("SELECT set_config('app.firm_id', %s, true)", [str(world.mine.id)])
            row = link.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            assert row and row[0], table


def test_a_row_cannot_be_moved_to_another_firm(world: World) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        for table in world.rows:
            link.execute("SELECT set_config('app.firm_id', %s, true)", [str(world.mine.id)])
            move = sql.SQL("UPDATE {} SET firm_id = {} RETURNING id").format(
                sql.Identifier(table), sql.Literal(str(world.other.id))
            )
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)):
                link.execute(move)
            link.rollback()


def test_a_key_cannot_point_at_another_firms_row(world: World) -> None:
    """Key checks bypass row security, so every foreign key between firm tables must carry the firm."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as link:
        single = link.execute(
            "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c "
            "WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1 "
            "AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attname = 'firm_id') "
            "AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.confrelid AND a.attname = 'firm_id')"
        ).fetchall()
    assert single == []
    for model in firm_models():
        targets = {f.related_model._meta.db_table for f in model._meta.concrete_fields if f.is_relation}
        for target in targets & set(world.rows):
            assert composite_key_exists(model._meta.db_table, target), f"{model._meta.db_table} → {target}"


def composite_key_exists(table: str, target: str) -> bool:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as link:
        row = link.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND array_length(conkey, 1) = 2 "
            "AND conrelid = %s::regclass AND confrelid = %s::regclass",
            [table, target],
        ).fetchone()
    return bool(row and row[0])


def test_the_relay_reads_no_content(world: World) -> None:
    with psycopg.connect(os.environ["DATABASE_RELAY_URL"]) as link:
        for column in ("subject_id", "last_error_text", "step_state", "kind", "actor_id"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(sql.SQL("SELECT {} FROM common_workitem").format(sql.Identifier(column)))
            link.rollback()


@pytest.mark.parametrize("table", ["intake_client", "integrations_connection", "common_workitem"])
def test_sabotage_without_the_policy_the_matrix_turns_red(world: World, table: str) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(table)))
        owner.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    try:
        assert any(key[1] == table for key in matrix(world, ("DATABASE_URL",)))
        assert role_problems() == [f"table {table} has firm rows but no forced row security"]
    finally:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))
            owner.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.Identifier(table)))

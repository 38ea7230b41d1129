"""The roles of the running cluster: who may log in, who owns, and what nobody may."""

import os
from collections.abc import Generator

import psycopg
import pytest

APP, OWNER, RELAY = "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_RELAY_URL"
ROLES = """
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication
  FROM pg_roles WHERE rolname LIKE 'cx\\_%' ORDER BY 1
"""


@pytest.fixture
def owner() -> Generator[psycopg.Connection]:
    """The owner's connection; what a test does is rolled back."""
    with psycopg.connect(os.environ[OWNER]) as connection:
        yield connection
        connection.rollback()


def test_no_role_is_above_row_security(owner: psycopg.Connection) -> None:
    assert owner.execute(ROLES).fetchall() == [
        ("cx_app", True, False, False, False, False, False),
        ("cx_audit", False, False, False, False, False, False),
        ("cx_owner", True, False, False, True, False, False),
        ("cx_relay", True, False, False, False, False, False),
        ("cx_resolve", False, False, False, False, False, False),
    ]


def test_the_owner_may_become_the_function_owners_but_inherits_nothing(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT m.roleid::regrole::text, m.set_option, m.inherit_option, m.admin_option FROM pg_auth_members m"
        " WHERE m.member = 'cx_owner'::regrole ORDER BY 1"
    ).fetchall()
    assert rows == [("cx_audit", True, False, False), ("cx_resolve", True, False, False)]


def test_the_owner_can_hand_a_function_over(owner: psycopg.Connection) -> None:
    owner.execute("CREATE FUNCTION handed() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    owner.execute("ALTER FUNCTION handed() OWNER TO cx_resolve")
    row = owner.execute("SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'handed'").fetchone()
    assert row == ("cx_resolve",)


def test_a_new_function_is_closed_to_the_application(owner: psycopg.Connection) -> None:
    owner.execute("CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    row = owner.execute("SELECT has_function_privilege('cx_app', 'fresh()', 'EXECUTE')").fetchone()
    assert row == (False,)


@pytest.mark.parametrize("url", [APP, RELAY])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "TRUNCATE django_migrations",
        "DROP TABLE django_migrations",
        "SET ROLE cx_owner",
        "SET ROLE cx_resolve",
        "SET session_replication_role = replica",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_application_and_the_relay_cannot(url: str, statement: str) -> None:
    with psycopg.connect(os.environ[url], autocommit=True) as connection:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.DuplicateDatabase)):
            connection.execute(statement)  # type: ignore[arg-type]


def test_public_may_not_even_connect(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT a.privilege_type FROM pg_database d, aclexplode(d.datacl) a"
        " WHERE d.datname = current_database() AND a.grantee = 0"
    ).fetchall()
    assert rows == []
    schema = owner.execute(
        "SELECT a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a"
        " WHERE n.nspname = 'public' AND a.grantee = 0"
    ).fetchall()
    assert schema == []

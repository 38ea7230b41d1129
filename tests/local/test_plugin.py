"""The suite's own database fixtures: the right role, and committed rows do not survive a test."""

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from casehug.local.state import PROJECT
from tests.plugin.browser import REASON, find_chromium
from tests.plugin.fixtures import KEPT_TABLES, TABLES, empty_tables

GUARDED = """
CREATE TABLE suite_guarded (n int);
CREATE FUNCTION suite_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON suite_guarded EXECUTE FUNCTION suite_refuse();
INSERT INTO suite_guarded VALUES (1);
"""


@pytest.fixture
def guarded() -> Generator[psycopg.Connection]:
    """The owner's connection, and a committed table that refuses TRUNCATE."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(GUARDED)
        yield owner
        owner.execute("DROP TABLE suite_guarded; DROP FUNCTION suite_refuse()")


@pytest.mark.django_db
def test_the_tests_are_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), rolsuper OR rolbypassrls FROM pg_roles"
                       " WHERE rolname = current_user")  # fmt: skip
        user, database, above = cursor.fetchone()
    assert (user, above) == ("cx_app", False)
    assert database.startswith("casehug_test")


def test_emptying_lifts_the_guard_and_puts_it_back(guarded: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException):
        guarded.execute("TRUNCATE suite_guarded")
    empty_tables()
    assert guarded.execute("SELECT count(*) FROM suite_guarded").fetchone() == (0,)
    with pytest.raises(psycopg.errors.RaiseException):
        guarded.execute("TRUNCATE suite_guarded")


def test_emptying_keeps_what_migrations_wrote() -> None:
    empty_tables()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        names = {str(row[0]) for row in owner.execute(TABLES)}
        assert names >= KEPT_TABLES - {"auth_permission"}
        assert owner.execute("SELECT count(*) > 10 FROM django_migrations").fetchone() == (True,)


def test_a_missing_browser_is_found_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nonexistent/chromium")
    assert find_chromium() is None
    monkeypatch.setenv("CHROMIUM", "/bin/sh")
    assert find_chromium() == "/bin/sh"
    assert "set CHROMIUM" in REASON


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--require-browser",), 1)])
def test_the_summary_names_skipped_browser_tests(tmp_path: Path, options: tuple[str, ...], status: int) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_page.py").write_text("def test_page(chromium_path): pass\n")
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "CHROMIUM": "/nonexistent/chromium"}
    plugins = ["-p", "tests.plugin.browser", "-p", "no:django", "-p", "no:valkey"]  # no servers, no Django
    command = [sys.executable, "-m", "pytest", *plugins, *options]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == status, done.stdout
    assert (f"browser tests: 1 skipped, {REASON}" in done.stdout) == (not options)


def test_the_suite_knows_the_option_that_ci_gives() -> None:
    command = [sys.executable, "-m", "pytest", "--help"]
    # The process that asks is no part of the suite, however many processes share this run.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(command, cwd=PROJECT, env=alone, capture_output=True, text=True)
    assert "--require-browser" in done.stdout
    assert "test --require-browser" in (PROJECT / ".ci" / "run").read_text("utf-8")


def test_foreign_networks_are_closed() -> None:
    with pytest.raises(Exception, match="tried to use socket"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)

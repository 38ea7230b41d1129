"""The production-like run: what docker-compose.yml and the Dockerfile name must exist, and no secret may be in them."""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import celery.apps.worker
import click
import pytest
import yaml
from celery.bin.beat import beat
from celery.bin.worker import worker
from django.core.management import get_commands
from gunicorn.config import Config

from casehug.celery import WORK_QUEUES
from casehug.local.accounts import server_account
from casehug.local.postgres import LOCALE_ARGUMENTS, SERVER_SETTINGS, _major, binary_folder
from casehug.local.state import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PRODUCT = {name: service for name, service in SERVICES.items() if service["image"] == "casehug"}
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(None, 1) for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
SUBSTITUTED = re.compile(r"\$\{([A-Z_]+)(?::([?-])([^}]*))?\}")
READ_BY_CODE = re.compile(r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\.setdefault\(|\[))\s*["']([A-Z_]+)["']""")
# Read by the images of the servers, by Celery and by Python themselves.
FOREIGN = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "REMAP_SIGTERM", "PATH"}
FOREIGN |= {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
RELEASE_KEY = "A" * 43


def dockerfile(word: str) -> list[str]:
    """Return the arguments of one kind of instruction."""
    return [arguments for name, arguments in INSTRUCTIONS if name == word]


def known_names() -> set[str]:
    """Return every variable that the code or our scripts read."""
    found = {"DJANGO_SETTINGS_MODULE", "CASEHUG_NO_BOOTSTRAP"}
    for folder in ("casehug", "integrations", "deploy"):
        for path in (PROJECT / folder).rglob("*.py"):
            found |= set(READ_BY_CODE.findall(path.read_text("utf-8")))
    scripts = (PROJECT / "deploy" / "postgres-init.sh").read_text() + json.dumps(SERVICES["valkey"]["command"])
    return found | set(re.findall(r"\$\$?([A-Z_]{4,})", scripts))


def filled(value: str) -> str:
    """Fill a value as compose does, with harmless examples."""
    examples = {
        "CASEHUG_KEK": f"k1:{RELEASE_KEY}=",
        "CASEHUG_INDEX_KEY": f"{RELEASE_KEY}=",
        "CASEHUG_AUDIT_KEY": f"{RELEASE_KEY}=",
        "CASEHUG_SECRET_KEY": "abcdefghij0123456789" * 3,
        "CASEHUG_HOSTS": "intake.firm.example",
        "CASEHUG_BASE_URL": "https://intake.firm.example",
    }
    return SUBSTITUTED.sub(lambda m: examples.get(m[1], m[3] if m[2] == "-" else "example"), value)


def test_the_parts_are_there() -> None:
    assert {"postgres", "valkey", "migrate", "web", "relay", "beat"} <= SERVICES.keys()
    queues = [queue for service in PRODUCT.values() for queue in queues_of(service)]
    assert sorted(queue for queue in queues if not queue.startswith("canary.")) == sorted(WORK_QUEUES)


def queues_of(service: dict[str, Any]) -> list[str]:
    command = service.get("command", [])
    return command[command.index("-Q") + 1].split(",") if "-Q" in command else []


def test_the_same_database_as_a_local_run(tmp_path: Path) -> None:
    account = server_account()
    major = _major(account, binary_folder(account, tmp_path))
    assert SERVICES["postgres"]["image"] == f"postgres:{major}"
    assert SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split() == LOCALE_ARGUMENTS
    assert "database:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]
    command = SERVICES["postgres"]["command"]
    for setting in ("password_encryption", "timezone", "log_min_error_statement", "log_parameter_max_length_on_error"):
        assert f"{setting}={SERVER_SETTINGS[setting]}" in command


def test_the_same_broker_rules_as_a_local_run() -> None:
    text = SERVICES["valkey"]["command"][2]
    for line in ("maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec", 'save ""'):
        assert line in text
    assert SERVICES["valkey"]["image"].startswith("valkey/valkey:9")


@pytest.mark.parametrize("name", PRODUCT)
def test_every_variable_is_read_somewhere(name: str) -> None:
    assert set(PRODUCT[name]["environment"]) <= known_names() | FOREIGN


def test_every_variable_of_the_image_and_the_file_is_known() -> None:
    names = {pair.partition("=")[0] for line in dockerfile("ENV") for pair in line.split()}
    assert names <= known_names() | FOREIGN
    documented = set(re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert {match[0] for match in SUBSTITUTED.findall((PROJECT / "docker-compose.yml").read_text())} <= documented
    assert "REMAP_SIGTERM" in inspect.getsource(celery.apps.worker) + inspect.getsource(celery.platforms)


def test_every_setting_from_the_environment_is_documented() -> None:
    documented = set(re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE))
    read: set[str] = set()
    for name in ("base", "broker", "local", "production"):
        path = PROJECT / "casehug" / "settings" / f"{name}.py"
        read |= set(READ_BY_CODE.findall(path.read_text("utf-8")))
    # Set by `up` itself, or refused by production settings.
    internal = {"CASEHUG_STANDIN_URL", "CASEHUG_CHECKPOINT_OBSERVERS", "CASEHUG_MAIL_DIR"}
    assert read - documented - internal == set()


def check_command(command: list[str]) -> None:
    """Fail if the program would not understand its command line."""
    if command[0] == "gunicorn":
        parsed = Config().parser().parse_args(command[1:])
        module, _, attribute = parsed.args[0].partition(":")
        source = (PROJECT / Path(*module.split("."))).with_suffix(".py")  # importing it asks the database
        assert f"\n{attribute} = " in source.read_text("utf-8")
    elif command[0] == "celery":
        assert command[1] == "-A" and hasattr(importlib.import_module(command[2]), "app")
        program = {"worker": worker, "beat": beat}[command[3]]
        program.make_parser(click.Context(program)).parse_args(list(command[4:]))
    elif command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    else:
        assert command[0] == "python" and (PROJECT / command[1]).exists(), command


@pytest.mark.parametrize("name", PRODUCT)
def test_every_command_exists(name: str) -> None:
    if "command" in PRODUCT[name]:
        check_command(PRODUCT[name]["command"])
    test = PRODUCT[name].get("healthcheck", {}).get("test", [])
    if test and test[0] == "CMD":
        check_command(test[1:])
    for queue in queues_of(PRODUCT[name]):
        assert queue in (*WORK_QUEUES, f"canary.{PRODUCT[name]['environment']['CASEHUG_NODE']}")


def test_the_image_starts_the_web_server() -> None:
    check_command(json.loads(dockerfile("CMD")[-1]))


def test_files_that_are_mounted_or_copied_exist() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (PROJECT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], mount
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    for arguments in dockerfile("COPY"):
        *sources, _ = arguments.split()
        if not arguments.startswith("--from"):
            for source in sources:
                assert (PROJECT / source).exists() and f"!{source}" in ignored, source


def test_no_secret_is_in_the_files() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if re.search(r"PASSWORD|SECRET|_KEY|KEK", variable):
                assert SUBSTITUTED.fullmatch(value), f"{name}: {variable}"
            if "://" in value:
                assert SUBSTITUTED.sub("", value).count("@") == 0 or re.search(r":\$\{[A-Z_]+:\?[^}]*\}@", value), value
    assert not re.search(r"(?i)(password|secret|key)=[A-Za-z0-9+/]{8,}", DOCKERFILE)


def test_containers_have_no_rights() -> None:
    assert dockerfile("USER")[-1] not in ("root", "0")
    assert dockerfile("FROM")[-1].startswith("python:3.13-slim")
    for name, service in PRODUCT.items():
        assert (service["read_only"], service["init"], service["cap_drop"]) == (True, True, ["ALL"]), name
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    owners = [name for name, service in PRODUCT.items() if "DATABASE_OWNER_URL" in service["environment"]]
    assert owners == ["migrate"]
    assert [name for name in PRODUCT if "DATABASE_RELAY_URL" in PRODUCT[name]["environment"]] == ["relay"]


def test_start_order_follows_health() -> None:
    for name in ("postgres", "valkey", "web", *(name for name in PRODUCT if name.startswith("worker"))):
        assert SERVICES[name]["healthcheck"]["test"], name
    for name, service in PRODUCT.items():
        wanted = {"postgres": "service_healthy"}
        if name != "migrate":
            wanted |= {"valkey": "service_healthy", "migrate": "service_completed_successfully"}
        assert {key: value["condition"] for key, value in service["depends_on"].items()} == wanted


@pytest.mark.parametrize("name", ["web", "migrate", "relay", "worker-sync"])
def test_production_settings_load_with_this_environment(name: str) -> None:
    done = production([sys.executable, "-c", "import django; django.setup()"], PRODUCT[name]["environment"])
    assert done.returncode == 0, done.stderr[-2000:]


def test_production_settings_refuse_what_belongs_to_a_local_run() -> None:
    setup = [sys.executable, "-c", "import django; django.setup()"]
    for extra in (
        {"OAUTHLIB_INSECURE_TRANSPORT": "1"},
        {"CASEHUG_STANDIN_URL": "http://127.0.0.1:8001"},
        {"CASEHUG_NO_BOOTSTRAP": "0"},
        {"CASEHUG_KEK": f"development:{RELEASE_KEY}="},
        {"CASEHUG_HOSTS": "*"},
        {"CASEHUG_SECRET_KEY": ""},
        {"LAWMATICS_API_URL": "http://127.0.0.1:8001"},
        {"DATABASE_URL": "postgres://cx_app:x@db.example/casehug"},
    ):
        done = production(setup, PRODUCT["web"]["environment"] | extra)
        assert done.returncode != 0 and "ImproperlyConfigured" in done.stderr, extra


def test_static_files_can_be_collected_as_the_image_does(tmp_path: Path) -> None:
    code = (
        "import django, sys; from django.conf import settings; django.setup(); settings.STATIC_ROOT = sys.argv[1];"
        "from django.core.management import call_command; call_command('collectstatic', interactive=False, verbosity=0)"
    )
    done = production([sys.executable, "-c", code, str(tmp_path)], PRODUCT["web"]["environment"])
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "staticfiles.json").exists()


def production(command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run something with the environment of a container."""
    image = {pair.partition("=")[0]: pair.partition("=")[2] for line in dockerfile("ENV") for pair in line.split()}
    env = image | {key: filled(value) for key, value in variables.items()} | {"PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=120)

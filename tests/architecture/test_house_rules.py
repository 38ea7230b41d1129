"""House rules a machine can check: sizes, who publishes, handlers that exist, broker settings, API description."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from casehug.local.state import PROJECT
from casehug.settings import logs

MODULE_LINES, TEST_LINES, TEMPLATE_LINES = 250, 400, 150


def tracked(*patterns: str) -> list[Path]:
    """Return the files git tracks, or all files where there is no checkout."""
    done = subprocess.run(["git", "ls-files", *patterns], cwd=PROJECT, capture_output=True, text=True, check=False)
    names = done.stdout.split() if done.returncode == 0 else []
    return [PROJECT / name for name in names if (PROJECT / name).exists()]


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_module_outgrows_its_room() -> None:
    python = [path for path in tracked("*.py") if "migrations" not in path.parts]
    limit = {path: TEST_LINES if "tests" in path.parts else MODULE_LINES for path in python}
    too_long = {str(path.relative_to(PROJECT)): lines(path) for path in python if lines(path) > limit[path]}
    assert too_long == {}
    assert {str(path): lines(path) for path in tracked("templates/**") if lines(path) > TEMPLATE_LINES} == {}


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(PROJECT))
        for path in tracked("casehug/**.py", "integrations/**.py", "sandbox/**.py", "bench/**.py")
        if "migrations" not in path.parts and path.read_text().strip() and not path.read_text().startswith('"""')
    ]
    assert silent == []


ERROR_STATE, NAMES_ERROR = re.compile(r"{% error_state .*?%}", re.S), re.compile(r"\.(error_text|error_class)\b")


def without_help(template: str) -> list[str]:
    """Return what names an error in a template and leads to no help: a state without its code, a bare text."""
    states = ERROR_STATE.findall(template)
    bare = [state for state in states if " code=" not in state]
    return bare + (
        ["a bare text"] if NAMES_ERROR.search(template) and not states and "{% error_help " not in template else []
    )


def test_every_error_leads_to_its_help() -> None:
    found = {str(path): without_help(path.read_text("utf-8")) for path in tracked("templates/**.html")}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert without_help("{{ line.error_text }}") and without_help('{% error_state what=a means=b who=c id="x" %}')


def test_only_the_relay_publishes() -> None:
    """Work that is sent anywhere else is recorded nowhere."""
    call = re.compile(r"\.(delay|apply_async|send_task|delay_on_commit)\(")
    found = {
        str(path.relative_to(PROJECT))
        for path in tracked("casehug/**.py", "integrations/**.py")
        if call.search(path.read_text())
    }
    assert found == {"casehug/common/relay.py"}


def test_handlers_ticks_slots_and_consumers_exist() -> None:
    dotted = [
        *settings.WORK_HANDLERS.values(),
        *settings.TICKS,
        *settings.OUTBOX_CONSUMERS,
        *settings.FIRM_CREATED_HOOKS,
    ]
    dotted += [path for paths in settings.SLOTS.values() for path in paths]
    for path in dotted:
        assert callable(import_string(path)), path


def test_every_kind_of_work_in_the_code_has_a_handler() -> None:
    kind = re.compile(r"""kind=["']([a-z_]+)["'],\s*queue=""")
    used = {name for path in tracked("casehug/**.py", "integrations/**.py") for name in kind.findall(path.read_text())}
    assert used <= set(settings.WORK_HANDLERS)


BROKER = {
    "CELERY_TASK_ACKS_LATE": True,
    "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": False,
    "CELERY_TASK_TIME_LIMIT": 120,
    "CELERY_TASK_SOFT_TIME_LIMIT": 100,
    "CELERY_TASK_IGNORE_RESULT": True,
    "CELERY_RESULT_BACKEND": None,
    "CELERY_WORKER_SEND_TASK_EVENTS": False,
    "CELERY_TASK_SERIALIZER": "json",
    "CELERY_ACCEPT_CONTENT": ["json"],
    "CELERY_TASK_CREATE_MISSING_QUEUES": False,
    "CELERY_TASK_PUBLISH_RETRY": False,
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,
    "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT": 60,
    "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
}


@pytest.mark.parametrize("name", BROKER)
def test_broker_settings_are_those_the_promises_rest_on(name: str) -> None:
    assert getattr(settings, name) == BROKER[name]


def test_transport_options() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["visibility_timeout"] == 5 * settings.CELERY_TASK_TIME_LIMIT
    assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (5, 1)
    assert options["socket_timeout"] > 0 and options["health_check_interval"] > 0


def test_a_claim_outlives_a_task() -> None:
    from casehug.common import work
    from casehug.settings import base

    call = 45  # the longest single call to a provider
    assert work.START_WITHIN_SECONDS + call < base.CELERY_TASK_SOFT_TIME_LIMIT < base.CELERY_TASK_TIME_LIMIT
    assert base.CELERY_TASK_TIME_LIMIT < base.WORK_LEASE_SECONDS


def test_the_api_description_has_no_warnings(tmp_path: Path) -> None:
    target = tmp_path / "schema.yaml"
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(target))
    assert "/api/v1/integrations/" in target.read_text()


def test_every_key_of_a_log_line_is_one_that_is_kept() -> None:
    """A key that is not on the allow-list is dropped without a word, and the operator reads a line that says little."""
    kept = logs.ALLOWED_KEYS | {"exc_info"}
    lost = [
        f"{path}:{call.lineno} {key.arg}"
        for path in tracked("casehug/**.py", "integrations/**.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"debug", "info", "warning", "error", "critical", "exception"}
        and isinstance(call.func.value, ast.Name) and call.func.value.id in {"log", "logger"}
        for key in call.keywords
        if key.arg not in kept
    ]  # fmt: skip
    assert lost == []

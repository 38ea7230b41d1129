"""Structured logs: an allow-list of keys, so that no name, address, token or payload can reach a log line."""

import sys
import traceback
from pathlib import Path
from typing import Any

import structlog

ALLOWED_KEYS = frozenset(
    {"event", "level", "timestamp", "logger", "request_id", "firm", "connection", "run", "kind", "queue", "lane",
     "step", "status", "error_class", "error_code", "attempt", "seconds", "count", "provider", "method", "route",
     "code", "action", "seq", "head", "exc_type", "exc_place", "worker", "wait", "outcome", "port", "reason_code"}
)  # fmt: skip


def keep_allowed(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop every key that is not on the list; an exception keeps its type and place, never its values."""
    if event.get("exc_info"):
        info = event["exc_info"]
        error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__) if error else []
        event["exc_type"] = type(error).__name__
        event["exc_place"] = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-6:]))
    return {key: value for key, value in event.items() if key in ALLOWED_KEYS or key.startswith("_")}


def name_the_route(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Reword lines of libraries that hold what may not be logged: addresses (a client's link is one), exception texts.

    Django names the full path of each refused request, and the page a form came from; Celery the text of an exception.
    """
    record = event.get("_record")
    request = getattr(record, "request", None)
    if request is not None:
        match = getattr(request, "resolver_match", None)
        event["event"], event["route"] = "http.refused", getattr(match, "route", "") or "none"
        event["code"], event["method"] = getattr(record, "status_code", None), getattr(request, "method", "")
    elif event.get("logger") == "celery.app.trace":
        event["event"] = "task.failed"
    return event


def logging_config(*, json: bool) -> dict[str, Any]:
    """Return Django's LOGGING: one stream, JSON lines in production, readable lines locally."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_allowed,
    ]
    foreign = [*shared[:-1], name_the_route, keep_allowed]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": foreign,
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stream"], "level": "INFO"},
        "loggers": {
            # At DEBUG these two write tokens, headers and bodies.
            "requests_oauthlib": {"level": "WARNING"},
            "oauthlib": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
            # Request lines hold paths with portal tokens; django-structlog's own line is enough.
            "django_structlog.middlewares.request": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }

"""Django settings of the stand-in for Lexamica."""

from pathlib import Path

from sandbox.settings import *  # noqa: F403

BASE = Path(__file__).resolve().parent
ROOT_URLCONF = "sandbox.lexamica.urls"
MIDDLEWARE = ["sandbox.lexamica.guard.Guard"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "screen" / "templates", BASE.parent / "lawmatics" / "screen" / "templates"],
        "OPTIONS": {"autoescape": True},
    }
]
# The server bounds bodies; this must let a file pass that is just too large, so that it gets its 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = 96 * 1024 * 1024

"""Django settings of the stand-in for Lawmatics."""

from pathlib import Path

from sandbox.settings import *  # noqa: F403

BASE = Path(__file__).resolve().parent
ROOT_URLCONF = "sandbox.lawmatics.urls"
MIDDLEWARE = ["sandbox.lawmatics.guard.Guard"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "screen" / "templates"],
        "OPTIONS": {"autoescape": True},
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

"""The settings `startproject` writes, with the middleware it writes, on the product's own PostgreSQL."""

import os
from typing import Any
from urllib.parse import urlsplit

_database = urlsplit(os.environ.get("BENCH_PLAIN_DATABASE", "postgresql://unset@127.0.0.1:1/unset"))
SECRET_KEY = "only-for-measuring-" + "x" * 40
DEBUG, ALLOWED_HOSTS, USE_TZ = False, ["127.0.0.1"], True
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF, STATIC_URL = "bench.plain.urls", "static/"
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": _database.path[1:], "USER": _database.username,
        "PASSWORD": _database.password, "HOST": _database.hostname, "PORT": _database.port,
        "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True,
    }
}  # fmt: skip

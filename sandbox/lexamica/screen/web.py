"""The web application."""
from typing import Any

ROUTES: list[Any] = []

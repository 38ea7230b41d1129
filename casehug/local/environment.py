"""The environment of the product's processes in a local run."""

import os

from casehug.local.state import PROJECT, StateFolder

LAWMATICS_NAMES = (
    "LAWMATICS_AUTHORIZE_URL",
    "LAWMATICS_TOKEN_URL",
    "LAWMATICS_API_URL",
    "LAWMATICS_CLIENT_ID",
    "LAWMATICS_CLIENT_SECRET",
)
# What would change a database client or an interpreter behind our back.
STRANGERS = ("PG", "PYTHONHOME", "PYTHONSTARTUP", "DJANGO_ALLOW_ASYNC_UNSAFE")


def own_lawmatics() -> bool:
    """Whether the person entered a real Lawmatics account: then nothing is wired to the stand-in."""
    return any(os.environ.get(name) for name in LAWMATICS_NAMES)


def standin_environment(standin_url: str, secrets: dict[str, str]) -> dict[str, str]:
    """Return the variables that lead the product to the stand-in instead of Lawmatics."""
    return {
        "CASEHUG_STANDIN_URL": standin_url,
        "LAWMATICS_AUTHORIZE_URL": f"{standin_url}/oauth/authorize",
        "LAWMATICS_TOKEN_URL": f"{standin_url}/oauth/token",
        "LAWMATICS_API_URL": f"{standin_url}/v1",
        "LAWMATICS_CLIENT_ID": secrets["lawmatics_id"],
        "LAWMATICS_CLIENT_SECRET": secrets["lawmatics_secret"],
        "OAUTHLIB_INSECURE_TRANSPORT": "1",  # the stand-in speaks http on loopback
    }


def own_lexamica() -> bool:
    """Whether the person named a host of Lexamica: then no stand-in takes its place."""
    return bool(os.environ.get("LEXAMICA_BASE_URL"))


def caller_environment() -> dict[str, str]:
    """Return the caller's environment without the variables that change clients."""
    return {name: value for name, value in os.environ.items() if not name.startswith(STRANGERS)}


def product_variables(
    state: StateFolder, *, servers: dict[str, str], base_url: str, standin_url: str | None,
    lexamica_url: str | None = None,
) -> dict[str, str]:
    """Return the variables that a local run sets for web, worker, relay, beat and commands."""
    secrets = state.secrets()
    ours = {
        "DJANGO_SETTINGS_MODULE": "casehug.settings.local",
        "CASEHUG_LOCAL": "1",
        "CASEHUG_NO_BOOTSTRAP": "1",  # the environment was checked by the command that starts them
        "CASEHUG_STATE_DIR": str(state.root),
        "CASEHUG_MEDIA_DIR": str(state.root / "uploads"),
        "CASEHUG_MAIL_DIR": str(state.root / "mails"),
        "CASEHUG_BASE_URL": base_url,
        "CASEHUG_SECRET_KEY": secrets["django"],
        "CASEHUG_KEK": secrets["kek"],
        "CASEHUG_INDEX_KEY": secrets["index"],
        "CASEHUG_AUDIT_KEY": secrets["audit"],
        "REMAP_SIGTERM": "SIGQUIT",  # Celery: put work back instead of waiting for all of it
    }
    if standin_url is not None:
        ours |= standin_environment(standin_url, secrets)
    if lexamica_url is not None:
        ours["LEXAMICA_BASE_URL"] = lexamica_url
    return ours | servers


def process_environment(variables: dict[str, str]) -> dict[str, str]:
    """Return the complete environment of a child: the caller's, cleaned, and ours."""
    return caller_environment() | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"} | variables

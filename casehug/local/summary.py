"""The one screen that `up` prints, and the file that says the same to programs."""

import json
import time
from typing import Any

from casehug.local.state import StateFolder, read_json, write_private


def write(state: StateFolder, *, base_url: str, sandbox: dict[str, str | None], demo: dict[str, Any],
          pids: dict[str, int], notes: list[str]) -> dict[str, Any]:  # fmt: skip
    """Write up.json (only its owner may read it) and return its content."""
    content = {
        "base_url": base_url,
        "sandbox": {name: url for name, url in sandbox.items() if url},
        "users": demo.get("users", []),
        "api_key": demo.get("api_key"),
        "portal_url": demo.get("portal_url"),
        "pids": pids,
        "state_dir": str(state.root),
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "notes": notes,
    }
    write_private(state.summary, json.dumps(content, indent=1) + "\n")
    return content


def update_pids(state: StateFolder, pids: dict[str, int]) -> None:
    """Correct the process numbers after a restart."""
    content = read_json(state.summary)
    if content:
        write_private(state.summary, json.dumps(content | {"pids": pids}, indent=1) + "\n")


def text(content: dict[str, Any]) -> str:
    """Return the screen for a person."""
    standin = content["sandbox"].get("lawmatics")
    lines = ["", f"  CaseHug              {content['base_url']}"]
    if standin:
        lines += [
            f"  Lawmatics stand-in   {standin}   (its CRM screen; nothing here reaches a real account)",
        ]
    else:
        lines.append("  Lawmatics            your own account, as set in LAWMATICS_…: real data will be sent there")
    exchange = content["sandbox"].get("lexamica")
    if exchange:
        lines.append(f"  Lexamica stand-in    {exchange}   (the referral exchange, played by both sides)")
    else:
        lines.append("  Lexamica             the host in LEXAMICA_BASE_URL: real referrals will be sent there")
    lines += [f"  Logs, mails, files   {content['state_dir']}", ""]
    if content["users"]:
        lines.append("  Demo logins")
        wide = max(len(str(user["email"])) for user in content["users"])
        for user in content["users"]:
            label = f"{user['role']}, {user.get('firm', '')}".rstrip(", ")
            lines.append(f"    {user['email']:<{wide}}  {user['password']}  ({label})")
        lines.append("")
    if content.get("portal_url"):
        lines += [f"  A client's portal    {content['portal_url']}", ""]
    if content["users"] and standin:
        lines += [
            "  What to click first",
            "    1. Sign in as the firm's admin; Settings → Integrations → Lawmatics → Connect.",
            "    2. Open the client's portal in another window, answer, upload, finish.",
            "    3. Approve the intake on the matter page and watch it arrive in the stand-in's CRM screen.",
        ]
        if exchange:
            lines += [
                "    4. Referrals: Settings → Integrations → Lexamica → Connect, with the keys shown on",
                f"       {exchange}/app/firm?firm=1; then send a case there as another firm.",
            ]
        lines.append("")
    lines += [f"  Note: {note}" for note in content.get("notes", [])]
    lines.append("  Ctrl-C stops everything (or `python3 manage.py down` in another terminal).")
    return "\n".join(lines) + "\n"

"""The client to compare with: plain `requests` on one kept connection, no memory, no protection."""

from typing import Any
from urllib.parse import quote

import requests

NOTE = {
    "name": "Client intake completed",
    "body": "Client intake completed\nDocuments: https://casehug.example/matters/",
}


class Naive:
    """A script somebody would write in an afternoon. Everything it knows, it asks."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._session = f"{url}/v1", requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def four_calls(self, person: dict[str, str], title: str) -> None:
        """Find, then create or update the contact, create the matter, create the note: always four calls."""
        found = self.find(person["email"])
        contact = self._send("PUT", f"/contacts/{found}", person) if found else self._send("POST", "/contacts", person)
        self._send("POST", "/prospects", {"case_title": title, "contact_id": int(contact)})
        self._send("POST", "/notes", {**NOTE, "notable_type": "Contact", "notable_id": int(contact)})

    def three_calls(self, person: dict[str, str], title: str) -> None:
        """The very calls the product makes for a new client: find, contact with its note, matter."""
        self.find(person["email"])
        contact = self._send("POST", "/contacts", {**person, "notes": [NOTE]})
        self._send("POST", "/prospects", {"case_title": title, "contact_id": int(contact)})

    def create_contact(self, person: dict[str, str]) -> str:
        """Create a contact, as the firm's staff may have done; return its id."""
        return self._send("POST", "/contacts", person)

    def find(self, email: str) -> str | None:
        """Return the contact with this address."""
        answer = self._session.get(f"{self._url}/contacts/find_by_email/{quote(email, safe='')}", timeout=60)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return str(answer.json()["data"]["id"])

    def _send(self, method: str, path: str, body: dict[str, Any]) -> str:
        answer = self._session.request(method, self._url + path, json=body, params={"fields": "created_at"}, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["data"]["id"])

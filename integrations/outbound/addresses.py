"""Which targets may be reached: the form of an address, and which network addresses never are.

Own lists: the ready-made “is global” test lets NAT64, 6to4, multicast and cloud host addresses pass.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna
from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

HTTPS_PORT = 443
MOST_LENGTH = 2000
DENIED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
ALLOWED_V6 = ipaddress.IPv6Network("2000::/3")
DENIED_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)  # fmt: skip
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)+")
_PATH = re.compile(r"[!-~]*\Z")


class TargetRefused(Exception):
    """A target that is never contacted. `code` is stable, `text` says why in plain words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True)
class Target:
    """A target whose form is right: where to connect, and what to ask for. `local` is this run's own listener."""

    scheme: str
    host: str
    port: int
    path: str
    local: bool = False

    @property
    def literal(self) -> bool:
        """Whether the host is an address already: no name server is asked."""
        return ":" in self.host or self.host.rsplit(".", 1)[-1].isdigit()

    @property
    def host_header(self) -> str:
        """What stands in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTPS_PORT and self.scheme == "https" else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address in its one normal form."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def local_targets() -> frozenset[str]:
    """Return the host:port pairs of this local run's own listeners; none anywhere else."""
    return frozenset(settings.OUTBOUND_LOCAL_TARGETS) if settings.CASEHUG_LOCAL else frozenset()


def parse_target(url: str) -> Target:
    """Return the target of an address. Raises `TargetRefused` for anything but plain HTTPS on port 443."""
    if not url or len(url) > MOST_LENGTH or not url.isprintable() or " " in url or "\\" in url:
        raise TargetRefused("form", "This is not a web address. Copy it again, without spaces.")
    try:
        parts = urlsplit(url)
        port, name = parts.port, parts.hostname or ""
    except ValueError:
        raise TargetRefused("form", "This is not a web address. Copy it again.") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "@" in parts.netloc:
        raise TargetRefused("userinfo", "An address with a user name or password in it is not allowed.")
    if not name or not path.startswith("/") or not _PATH.match(path):
        raise TargetRefused("form", "This is not a web address. Copy it again.")
    scheme = parts.scheme.lower()
    if scheme in ("http", "https") and port and f"{name}:{port}" in local_targets():
        return Target(scheme, name, port, path, local=True)
    if scheme != "https":
        raise TargetRefused("scheme", "The address must start with https://.")
    if port not in (None, HTTPS_PORT):
        raise TargetRefused("port", "Only the standard port 443 is allowed. Leave the port out.")
    return Target(scheme, _host(name), HTTPS_PORT, path)


def _host(name: str) -> str:
    """Return a host name in its one ASCII form, or an address as it is written canonically."""
    if ":" in name:
        try:
            address = ipaddress.IPv6Address(name)
        except ValueError:
            address = None
        if address is None or address.scope_id is not None:
            raise TargetRefused("host", "The name in this address is not valid.")
        return str(address)
    try:
        host = idna.encode(name.removesuffix("."), uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        host = name.removesuffix(".").lower() if name.isascii() and "_" in name else ""
    if not _HOST.fullmatch(host):
        raise TargetRefused("host", "The name in this address is not valid outside your own network.")
    if host.rsplit(".", 1)[-1].isdigit() or host.rsplit(".", 1)[-1].startswith("0x"):
        try:
            return str(ipaddress.IPv4Address(host))  # only four plain numbers; no octal, hex or short forms
        except ValueError:
            raise TargetRefused("host", "The name in this address is not valid.") from None
    return host


def is_allowed(address: Address) -> bool:
    """Tell whether a network address may be contacted: public, and not one of our own."""
    if str(address) in settings.OUTBOUND_OWN_ADDRESSES:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in DENIED_V4)
    return address.scope_id is None and address in ALLOWED_V6 and not any(address in one for one in DENIED_V6)


def check_addresses(found: list[str]) -> list[Address]:
    """Return the answers of a name server as addresses. Raises `TargetRefused` when there is none, or any is denied."""
    if not found:
        raise TargetRefused("unresolved", "The name in this address was not found.")
    try:
        addresses = [ipaddress.ip_address(text) for text in dict.fromkeys(found)]
    except ValueError:
        raise TargetRefused("address", "The name leads to an address we do not understand.") from None
    if not all(is_allowed(address) for address in addresses):
        raise TargetRefused("address", "The name leads into a private or reserved network. That is never contacted.")
    return addresses

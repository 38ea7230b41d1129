"""SSRF corpus: more than 60 targets that must never be contacted, live rebinding name servers among them.

Counted at listeners on the denied addresses and at every attempt to connect: 0. Sabotage: with the ready-made
“is global” test instead of our lists, the same corpus gets through.
"""

import ipaddress
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from integrations.outbound import addresses, egress
from integrations.outbound.addresses import TargetRefused, check_addresses, parse_target
from integrations.outbound.egress import Answer
from tests.integrations.outbound.listener import Listener

PUBLIC4, PUBLIC6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
# Refused by their form alone.
WRITTEN = (
    "", "hooks.example.com", "//hooks.example.com/", "http://hooks.example.com/", "ftp://hooks.example.com/",
    "file:///etc/passwd", "gopher://hooks.example.com/", "https://", "https:///path", "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/", "https://hooks.example.com:0/", "https://hooks.example.com:99999/",
    "https://user@hooks.example.com/", "https://user:pw@hooks.example.com/", "https://@hooks.example.com/",
    "https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com /", "https://hooks.exa\tmple.com/",
    "https://hooks.example.com/\r\nX-Evil: 1", "https://localhost/", "https://intranet/", "https://metadata/",
    "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/",
    "https://127.0.0.1.1/", "https://[::1%25lo]/", "https://[fe80::1%25eth0]/", "https://[::ffff:127.0.0.1/",
    "https://-bad-.example.com/", "https://hooks..example.com/", "https://" + "a" * 70 + ".example.com/",
    "https://hooks.example.com/" + "a" * 3000,
)  # fmt: skip
# Names (or addresses) that are well-formed and lead here; one denied answer among good ones is enough.
ANSWERED: tuple[tuple[str, ...], ...] = (
    ("127.0.0.1",), ("127.8.9.10",), ("0.0.0.0",), ("10.1.2.3",), ("100.64.0.1",), ("168.63.129.16",),
    ("169.254.169.254",), ("172.16.0.1",), ("172.31.255.255",), ("192.0.0.8",), ("192.0.2.1",), ("192.88.99.1",),
    ("192.168.1.1",), ("198.18.0.1",), ("198.51.100.7",), ("203.0.113.9",), ("224.0.0.1",), ("239.1.1.1",),
    ("240.0.0.1",), ("255.255.255.255",), ("::1",), ("::",), ("::ffff:127.0.0.1",), ("::ffff:10.0.0.1",),
    ("::127.0.0.1",), ("64:ff9b::7f00:1",), ("64:ff9b:1::1",), ("100::1",), ("2001::1",), ("2001:db8::1",),
    ("2002:7f00:1::",), ("3fff::1",), ("fc00::1",), ("fd12:3456::1",), ("fe80::1",), ("fec0::1",), ("ff02::1",),
    (PUBLIC4, "127.0.0.1"), ("10.0.0.1", PUBLIC4), (PUBLIC6, "::1"), (PUBLIC4, "fd00::1"), ("not an address",), (),
)  # fmt: skip
LITERAL = (
    "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://192.168.0.1./",
    "https://\uff11\uff12\uff17.0.0.1/", "https://127\u30020\u30020\u30021/", "https://\u2460\u2461\u2466.0.0.1/",
)  # fmt: skip


class NameServer:
    """A live name server that gives another answer each time it is asked (time to live 0): rebinding."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = answers, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                question, sender = self.socket.recvfrom(512)
            except OSError:
                return
            address = self.answers[self.asked % len(self.answers)]
            self.asked += 1
            head = question[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
            record = b"\xc0\x0c\x00\x01\x00\x01" + struct.pack(">IH", 0, 4) + socket.inet_aton(address)
            self.socket.sendto(head + question[12:] + record, sender)

    def lookup(self, host: str) -> list[str]:
        """Ask over the wire."""
        labels = b"".join(bytes([len(part)]) + part.encode() for part in host.split("."))
        question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.settimeout(5)
            link.sendto(question, self.socket.getsockname())
            return [socket.inet_ntoa(link.recv(512)[-4:])]

    def close(self) -> None:
        self.socket.close()


class Watch:
    """Listeners on denied addresses, and a count of every attempt to connect anywhere."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.four = Listener()
        self.tried: list[str] = []
        monkeypatch.setattr(addresses, "HTTPS_PORT", self.four.port)
        real = socket.socket.connect

        def connect(link: socket.socket, address: Any) -> None:
            self.tried.append(str(address[0]))
            if ipaddress.ip_address(address[0]).is_loopback:
                return real(link, address)
            raise ConnectionRefusedError  # nothing leaves this machine, whatever the guard lets through

        monkeypatch.setattr(socket.socket, "connect", connect)

    @property
    def connections(self) -> int:
        return self.four.connections


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    made = Watch(monkeypatch)
    yield made
    made.four.close()


def ask(url: str, resolve: Callable[[str], list[str]]) -> Answer:
    return egress.post(url, body=b"{}", headers={}, resolve=resolve)


def corpus() -> list[Answer]:
    """Send to every target of the corpus."""
    found = [ask(url, lambda host: [PUBLIC4]) for url in WRITTEN]
    found += [ask("https://hooks.example.com/x", lambda host, a=answers: list(a)) for answers in ANSWERED]  # type: ignore[misc]
    return found + [ask(url, lambda host: [host]) for url in LITERAL]


def test_nothing_denied_is_ever_contacted(watch: Watch, record_property: Callable[[str, object], None]) -> None:
    found = corpus()
    record_property("measured", f"{len(found)} targets, {len(watch.tried)} attempts to connect")
    assert len(found) >= 80
    assert [one for one in found if not one.code.startswith("refused_")] == []
    assert (watch.tried, watch.connections) == ([], 0)


def test_rebinding_name_servers_change_nothing(watch: Watch) -> None:
    for answers in ((PUBLIC4, "127.0.0.1"), ("127.0.0.1", PUBLIC4), ("169.254.169.254", PUBLIC4)):
        server = NameServer(*answers)
        for number in range(4):
            answer = ask("https://hooks.example.com/x", server.lookup)
            wanted = "connection" if answers[number % 2] == PUBLIC4 else "refused_address"
            assert answer.code == wanted
        assert server.asked == 4  # once per request: the address that was checked is the one that is used
        server.close()
    assert set(watch.tried) == {PUBLIC4} and watch.connections == 0


def test_sabotage_the_ready_made_test_lets_targets_through(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_allowed", lambda address: address.is_global)
    corpus()
    assert set(watch.tried) >= {"168.63.129.16", "192.88.99.1", "64:ff9b::7f00:1"}


def test_sabotage_resolving_again_is_caught_by_the_listener(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a guard that checks one answer and connects by name, the rebinding server wins: the corpus is live."""
    server = NameServer(PUBLIC4, "127.0.0.1")

    def connect_by_name(target: Any, checked: Any) -> socket.socket:
        return socket.create_connection((server.lookup(target.host)[0], target.port), timeout=5)

    monkeypatch.setattr(egress, "_connect", connect_by_name)
    answer = ask("https://hooks.example.com/x", server.lookup)
    server.close()
    assert "127.0.0.1" in watch.tried
    assert answer.code == "refused_peer"  # the second line holds: the peer is not what was checked


def test_good_targets_have_one_normal_form() -> None:
    forms = {
        "https://Hooks.Example.COM/a?b=c": "https://hooks.example.com/a?b=c",
        "https://hooks.example.com.:443": "https://hooks.example.com/",
        "https://b\u00fccher.example/x": "https://xn--bcher-kva.example/x",
        f"https://{PUBLIC4}/x": f"https://{PUBLIC4}/x",
        f"https://[{PUBLIC6}]/x": f"https://[{PUBLIC6}]/x",
        "https://hooks.example.com/a#part": "https://hooks.example.com/a",
    }
    for written, normal in forms.items():
        assert parse_target(written).url == normal
    assert [str(one) for one in check_addresses([PUBLIC4, PUBLIC6, PUBLIC4])] == [PUBLIC4, PUBLIC6]


def test_our_own_public_addresses_are_denied(settings: Settings) -> None:
    settings.OUTBOUND_OWN_ADDRESSES = [PUBLIC4]
    with pytest.raises(TargetRefused):
        check_addresses([PUBLIC4])


def test_local_listeners_exist_in_local_runs_only(settings: Settings) -> None:
    listener = Listener()
    settings.OUTBOUND_LOCAL_TARGETS = [listener.place]
    assert parse_target(listener.url()).local
    for other in (f"http://127.0.0.1:{listener.port + 1}/", f"http://localhost:{listener.port}/"):
        with pytest.raises(TargetRefused):
            parse_target(other)
    settings.CASEHUG_LOCAL = False
    with pytest.raises(TargetRefused):
        parse_target(listener.url())
    assert "integrations.E002" in {one.id for one in run_checks(include_deployment_checks=True)}
    assert ask(listener.url(), lambda host: [host]).code == "refused_scheme" and listener.connections == 0
    listener.close()

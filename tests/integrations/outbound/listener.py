"""A receiver that answers as told, also badly: slow, huge, redirecting, gone, throttling, an expired certificate."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Got:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """A server on loopback. `answers` are used one by one, the last one stays; bytes or a function of the socket."""

    context: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    answers: list[bytes | Callable[[socket.socket], None]] = field(default_factory=lambda: [OK])
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    now: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.server = socket.create_server((self.host, 0), family=family, backlog=64)
        self.lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/hook") -> str:
        return f"{'https' if self.context else 'http'}://{self.place}{path}"

    def close(self) -> None:
        self.server.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(link,), daemon=True).start()

    def _one(self, link: socket.socket) -> None:
        link.settimeout(30)
        try:
            if self.context:
                link = self.context.wrap_socket(link, server_side=True)
            with self.lock:
                self.now += 1
                self.most_at_once = max(self.most_at_once, self.now)
            self._answer(link)
        except OSError:
            pass
        finally:
            with self.lock:
                self.now -= 1
            link.close()

    def _answer(self, link: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += link.recv(65536) or b"\r\n\r\n"
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in lines[1:] if ": " in line)
        while len(body) < int(headers.get("content-length", 0)):
            body += link.recv(65536)
        with self.lock:
            self.got.append(Got(lines[0].split(" ")[1] if lines[0] else "", headers, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer(link) if callable(answer) else link.sendall(answer)


def status(code: int, *, body: bytes = b"", **headers: str) -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {code} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drip(data: bytes, *, seconds: float = 1.0) -> Callable[[socket.socket], None]:
    """Return an answer sent one byte at a time."""

    def answer(link: socket.socket) -> None:
        for index in range(len(data)):
            link.sendall(data[index : index + 1])
            time.sleep(seconds)

    return answer


def flood(size: int, sent: list[int]) -> Callable[[socket.socket], None]:
    """Return an answer of `size` bytes; how much the other side took is noted."""

    def answer(link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        block, count = b"x" * 65536, 0
        try:
            while count < size:
                count += link.send(block)
        finally:
            sent.append(count)

    return answer


def certificate(folder: Path, *, expired: bool = False) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for 127.0.0.1; returns the server's context and the file to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "listener.example")])
    now = dt.datetime.now(dt.UTC)
    ends = now - dt.timedelta(days=1) if expired else now + dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2)).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    chain, private = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, chain

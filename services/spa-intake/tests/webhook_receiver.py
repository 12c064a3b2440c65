"""A ward system's receiver: a real HTTPS server with an authority of its own, and the public verifier of signatures."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook

NAME = "receiver.test"


@dataclass(frozen=True)
class Received:
    """A message as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:  # Any: JSON
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, secret: str) -> Any:  # Any: JSON
        """What the Standard Webhooks library makes of it; it raises where a signature or time is wrong."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """Takes every message unless `answer` says otherwise: a status and headers for each."""

    port: int = 0
    ca_file: Path = Path()
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str]]] = lambda _: (204, {})

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/homeward"

    def ids(self) -> list[str]:
        return [one.webhook_id for one in self.received]

    def types(self) -> list[str]:
        return [one.message["type"] for one in self.received]


@contextlib.contextmanager
def running_receiver(folder: Path, receiver: Receiver | None = None) -> Iterator[Receiver]:
    """It listens on this machine until the end of the block."""
    receiver = receiver or Receiver()
    certificate, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), _handler_of(receiver))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port, receiver.ca_file = server.server_port, certificate
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for the receiver's names, made once in a folder."""
    certificate_file, key_file = folder / "receiver.pem", folder / "receiver.key"
    if certificate_file.exists():
        return certificate_file, key_file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(NAME), x509.DNSName("localhost")]
    names += [x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed before it was through
                return
            one = Received({name.lower(): value for name, value in self.headers.items()}, body)
            receiver.received.append(one)
            status, headers = receiver.answer(one)
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            with contextlib.suppress(OSError):  # killed before it was answered
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base class's name
            """Tests print enough."""

    return Handler

"""A certificate authority of the test's own, and the proxy before a service as docs/integrate/access.md has it."""

import asyncio
import ssl
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HEADER, SECRET_HEADER = "Client-Cert", "Homeward-Proxy-Secret"


@dataclass(frozen=True)
class Shown:
    """A certificate with its key, in one file."""

    file: Path
    der: bytes

    @property
    def thumbprint(self) -> str:
        """As a token is bound to it: `cnf` `x5t#S256`."""
        return urlsafe_b64encode(sha256(self.der).digest()).rstrip(b"=").decode()

    @property
    def header(self) -> str:
        """As RFC 9440 writes it."""
        return f":{b64encode(self.der).decode()}:"


class Authority:
    """Signs certificates of clients and of a server at 127.0.0.1."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._own = self._signed(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._own.public_bytes(Encoding.PEM))

    def issue(self, name: str) -> Shown:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        at = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        signed = self._signed(subject, key.public_key(), at)
        file = self._folder / f"{self.file.stem}-{name}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(signed.public_bytes(Encoding.PEM) + private)
        return Shown(file, signed.public_bytes(Encoding.DER))

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        unsigned = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(extension, critical=False)
        )
        return unsigned.sign(self._key, hashes.SHA256())


@asynccontextmanager
async def proxy(backend: str, authority: Authority, secret: str) -> AsyncIterator[str]:
    """Ends TLS, asks for a certificate of the authority, and says to the service which was shown; its address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority.issue("proxy").file)
    place = urlsplit(backend)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
            refused = {HEADER.lower(), SECRET_HEADER.lower(), "connection"}  # whatever a client sent of these
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            said = {HEADER: f":{b64encode(der).decode()}:", SECRET_HEADER: secret, "Connection": "close"}
            kept = [line for line in lines if line.partition(":")[0].lower() not in refused]
            head = "\r\n".join([request, *kept, *(f"{name}: {value}" for name, value in said.items())])
            inner_reader, inner_writer = await asyncio.open_connection(place.hostname, place.port)
            inner_writer.write(f"{head}\r\n\r\n".encode())
            writer.write(await inner_reader.read())
            inner_writer.close()
        finally:
            writer.close()

    server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"

"""The MLLP door on the real database: every message answered, and AA only for what is committed."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from door_builders import adt
from mllp_service import HOST, SECONDS, connected, listening, send_with_hl7
from sqlalchemy import Row

from homeward_kit.clients import Client
from homeward_kit.database import Database
from homeward_kit.testing.tcp_proxy import TcpProxy
from spa_intake.adapters.hl7.message import read_message
from spa_intake.adapters.mllp.framing import framed
from spa_intake.adapters.mllp.listener import Place, server_tls
from spa_intake.entrypoints.mllp import MllpDoor

SECRETS = (b"9990001219", b"EDITH", b"SAMPLE ROAD", b"19410309", b"H7700121")


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database("spa_intake")


@pytest.fixture
async def door(database: Database) -> AsyncIterator[MllpDoor]:
    async with listening(database) as opened:
        yield opened


async def rows(database: Database, query: str) -> Sequence[Row[Any]]:  # Any: columns of whatever was asked for
    async with database.transaction() as tx:
        return (await tx.execute(query)).all()


def acknowledged(answer: bytes) -> tuple[str | None, str | None]:
    """MSA-1 and MSA-2."""
    assert read_message(answer).kind[0] == "ACK"
    fields = next(line for line in answer.decode().split("\r") if line.startswith("MSA")).split("|")
    return fields[1], fields[2]


async def test_a_client_nobody_here_wrote_is_answered(door: MllpDoor, database: Database) -> None:
    assert acknowledged(await send_with_hl7(door.listener.port, adt())) == ("AA", "HW-A01-0001")
    (row,) = await rows(database, "SELECT * FROM adt_messages")
    assert (row.door, row.actor, row.organisation, row.outcome) == ("mllp", "client/rjz-pas", "RJZ", "recorded")
    (event,) = await rows(database, "SELECT actor FROM outbox")
    assert event.actor == "client/rjz-pas"


async def test_several_messages_in_one_packet_are_answered_in_order(door: MllpDoor) -> None:
    names = ("a01-admission", "a03-discharge", "a13-cancel-discharge", "a01-admission")
    async with connected(door.listener.port) as line:
        await line.send(b"".join(framed(adt(name)) for name in names))
        answers = [acknowledged(answer) for answer in await line.answers(4)]
    assert answers == [("AA", f"HW-{name}-0001") for name in ("A01", "A03", "A13", "A01")]


async def test_a_message_in_pieces_is_one_message(door: MllpDoor) -> None:
    stream = framed(adt())
    async with connected(door.listener.port) as line:
        for place in range(0, len(stream), 37):
            await line.send(stream[place : place + 37])
            await asyncio.sleep(0)
        assert [acknowledged(answer) for answer in await line.answers(1)] == [("AA", "HW-A01-0001")]


async def test_many_connections_at_once(database: Database) -> None:
    async def send(door: MllpDoor, number: int) -> tuple[str | None, str | None]:
        body = adt(PID_3=f"H{number % 5}^^^RJZ^MR", MSH_10=f"M{number}", PV1_19=f"V{number % 5}")
        async with connected(door.listener.port) as line:
            await line.send(framed(body))
            (answer,) = await line.answers(1)
            return acknowledged(answer)

    async with listening(database, place=Place(HOST, 0, most_of_a_client=40)) as door:
        answers = await asyncio.gather(*(send(door, number) for number in range(40)))
        assert answers == [("AA", f"M{number}") for number in range(40)]
        assert door.listener.state().startswith(f"listening on port {door.listener.port}")
    assert [tuple(row) for row in await rows(database, "SELECT count(*) FROM movements")] == [(40,)]
    assert [tuple(row) for row in await rows(database, "SELECT count(*) FROM people")] == [(5,)]


@pytest.mark.parametrize(
    "body", [adt(MSH_4="RJ1"), adt(MSH_4=""), adt(MSH_4="Somewhere else"), b"nonsense", b"", adt(PV1=None, MSH_4="RJ1")]
)
async def test_a_stranger_is_turned_away_and_nothing_is_kept(door: MllpDoor, database: Database, body: bytes) -> None:
    answer = await send_with_hl7(door.listener.port, body)
    assert acknowledged(answer)[0] == "AR"
    assert b"|204^" in answer
    assert await rows(database, "SELECT 1 FROM adt_messages") == []
    (audited,) = await rows(database, "SELECT action, actor, outcome FROM audit_log")
    assert tuple(audited) == ("take_adt_message", "anonymous", "unknown_key")


async def test_a_facility_may_go_by_another_name_or_by_its_application_too(database: Database) -> None:
    clients = (
        Client(client_id="a", organisations=("RJZ",), scopes=frozenset({"hl7"}), facilities={"WARDPAS|KINGS": "RJZ"}),
        Client(client_id="b", organisations=("RJ1",), scopes=frozenset({"hl7"}), facilities={"St. Elsewhere": "RJ1"}),
        Client(client_id="c", organisations=("RJ2",), scopes=frozenset({"fhir"})),
    )
    async with listening(database, clients) as door:
        port = door.listener.port
        assert acknowledged(await send_with_hl7(port, adt(MSH_4="KINGS")))[0] == "AA"
        assert acknowledged(await send_with_hl7(port, adt(MSH_4="St. Elsewhere", PID_3="H1^^^X^MR")))[0] == "AA"
        assert acknowledged(await send_with_hl7(port, adt(MSH_3="OTHER", MSH_4="KINGS")))[0] == "AR"
        assert acknowledged(await send_with_hl7(port, adt(MSH_4="RJ2")))[0] == "AR"
    assert {row.hospital for row in await rows(database, "SELECT hospital FROM stays")} == {"RJZ", "RJ1"}


async def test_what_is_refused_says_where_and_nothing_of_the_person(door: MllpDoor) -> None:
    answer = await send_with_hl7(door.listener.port, adt(PID_3=""))
    assert acknowledged(answer) == ("AE", "HW-A01-0001")
    assert b"ERR|PID^1^3^204&Unknown key&HL70357|PID^1^3|204^Unknown key^HL70357|E|" in answer
    assert not any(secret in answer for secret in SECRETS)


async def test_a_message_that_is_too_long_is_refused_before_it_is_whole(database: Database) -> None:
    place = Place(HOST, 0, longest_bytes=5_000)
    async with listening(database, place=place) as door, connected(door.listener.port) as line:
        await line.send(b"\x0b" + adt() + b"OBX|" + b"x" * 6_000)
        (answer,) = await line.answers(1)
        assert acknowledged(answer) == ("AR", "HW-A01-0001")
        assert b"longer than 5000 bytes" in answer
        await line.send(b"x" * 6_000 + b"\x1c\r")
        assert await line.is_closed()


async def test_who_reads_no_answer_before_all_is_sent_is_still_told_that_it_is_too_long(database: Database) -> None:
    def send(port: int) -> bytes:
        with socket.create_connection((HOST, port), timeout=SECONDS) as sender:
            sender.sendall(framed(adt() + b"OBX|" + b"x" * 20_000_000))
            return sender.recv(65_536)

    async with listening(database, place=Place(HOST, 0, longest_bytes=5_000)) as door:
        answer = await asyncio.to_thread(send, door.listener.port)
        assert acknowledged(answer.strip(b"\x0b\x1c\r")) == ("AR", "HW-A01-0001")


async def test_idle_half_sent_and_foreign_connections_are_closed(database: Database) -> None:
    async with listening(database, place=Place(HOST, 0, idle_seconds=0.1)) as door:
        async with connected(door.listener.port) as line:
            assert await line.is_closed()
        async with connected(door.listener.port) as line:
            await line.send(b"GET / HTTP/1.1\r\n" * 200)
            assert await line.is_closed()


async def test_too_many_connections_are_not_taken(database: Database) -> None:
    place = Place(HOST, 0, most_connections=1)
    async with listening(database, place=place) as door, connected(door.listener.port) as first:
        await first.send(framed(adt()))
        assert acknowledged((await first.answers(1))[0])[0] == "AA"
        async with connected(door.listener.port) as second:
            assert await second.is_closed()


async def test_what_is_in_hand_is_answered_when_it_stops(database: Database) -> None:
    async with listening(database) as door:
        async with connected(door.listener.port) as line, connected(door.listener.port) as idle:
            async with database.transaction() as tx:
                await tx.execute("LOCK TABLE adt_messages IN ACCESS EXCLUSIVE MODE")
                await line.send(framed(adt()) + framed(adt("a03-discharge")))
                await _until_waiting(tx.execute)
                stopping = asyncio.create_task(door.listener.stop())
                assert await idle.is_closed()
            assert [acknowledged(answer)[0] for answer in await line.answers(2)] == ["AA", "AA"]
            await stopping
            assert await line.is_closed()
        assert door.listener.state() == "down"
        with pytest.raises(OSError, match=r"refused|reset|failed"):
            await asyncio.open_connection(HOST, door.listener.port)


async def test_while_the_database_is_away_nothing_is_acknowledged(database: Database) -> None:
    async with (
        _behind_proxy(database) as (reached, proxy),
        listening(reached) as door,
        connected(door.listener.port) as line,
    ):
        await line.send(framed(adt()))
        assert acknowledged((await line.answers(1))[0])[0] == "AA"
        proxy.cut(refuse=True)
        await line.send(framed(adt("a03-discharge")))
        assert await line.is_closed()  # no answer: the sender keeps the message and sends it again
        async with connected(door.listener.port) as again:
            await again.send(framed(adt("a03-discharge")))
            assert await again.is_closed()
        proxy.accept()
        answer = await send_with_hl7(door.listener.port, adt("a03-discharge"))
        assert acknowledged(answer) == ("AA", "HW-A03-0001")
    assert len(await rows(database, "SELECT 1 FROM movements")) == 2


async def test_a_commit_whose_answer_was_lost_is_acknowledged_as_a_repeat(door: MllpDoor, database: Database) -> None:
    async with connected(door.listener.port) as line:
        await line.send(framed(adt()))
        line.writer.transport.abort()  # the sender dies before the answer reaches it
    assert acknowledged(await send_with_hl7(door.listener.port, adt())) == ("AA", "HW-A01-0001")
    assert len(await rows(database, "SELECT 1 FROM movements")) == 1


async def test_a_sender_that_is_too_quick_is_answered_more_slowly(database: Database) -> None:
    client = Client(
        client_id="rjz-pas", organisations=("RJZ",), scopes=frozenset({"hl7"}), requests_per_second=5, burst=1
    )
    async with listening(database, (client,)) as door, connected(door.listener.port) as line:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await line.send(framed(adt()) * 4)
        assert [acknowledged(answer)[0] for answer in await line.answers(4)] == ["AA"] * 4
        assert loop.time() - started > 0.55


async def test_tls_and_the_senders_certificate(database: Database, tmp_path: Path) -> None:
    authority = _Authority(tmp_path)
    tls = server_tls(*authority.issue("localhost"), authority.certificate)
    async with listening(database, place=Place(HOST, 0, tls)) as door:
        async with connected(door.listener.port, authority.client("rjz-pas")) as line:
            await line.send(framed(adt()))
            assert acknowledged((await line.answers(1))[0])[0] == "AA"
        async with connected(door.listener.port, authority.client("rj1-pas")) as line:
            await line.send(framed(adt("a03-discharge")))
            (answer,) = await line.answers(1)
            assert acknowledged(answer)[0] == "AR"
            assert b"certificate is not this sender" in answer
        async with connected(door.listener.port, authority.client(None)) as line:
            with suppress(OSError):  # the handshake may fail before or after this
                await line.send(framed(adt("a13-cancel-discharge")))
                assert await line.answers(1) == []
    assert len(await rows(database, "SELECT 1 FROM movements")) == 1


async def test_a_sender_that_needs_a_certificate_is_not_taken_without(database: Database) -> None:
    client = Client(client_id="rjz-pas", organisations=("RJZ",), scopes=frozenset({"hl7"}), needs_certificate=True)
    async with listening(database, (client,)) as door:
        assert acknowledged(await send_with_hl7(door.listener.port, adt()))[0] == "AR"


async def _until_waiting(execute: Callable[[str], Any]) -> None:
    """Until a transaction of the door waits for a lock."""
    async with asyncio.timeout(10):
        while not (await execute("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _behind_proxy(database: Database) -> AsyncIterator[tuple[Database, TcpProxy]]:
    """The same database, reached through a proxy that can cut it off."""
    parts = urlsplit(database.address)
    assert parts.port is not None
    proxy = TcpProxy(parts.port)
    server = await proxy.listen(0)
    reached = Database(database.address.replace(f":{parts.port}/", f":{proxy.port}/"))
    try:
        yield reached, proxy
    finally:
        await reached.dispose()
        await proxy.close(server)


class _Authority:
    """A certificate authority of its own, for this test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.certificate = folder / "authority.pem"
        self.certificate.write_bytes(self._signed(self._name, self._key, is_authority=True))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Paths of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        paths = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        paths[0].write_bytes(self._signed(subject, key, alternative=name))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths

    def client(self, name: str | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificate))
        if name is not None:
            context.load_cert_chain(*self.issue(name))
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool = False, alternative: str = ""
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if alternative:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(alternative)]), critical=False)
        if is_authority:
            usage = x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False,
            )  # fmt: skip
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

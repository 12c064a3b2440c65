"""The MLLP door of the api process: who may send there, and what answers."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence

from opentelemetry.trace import SpanKind

from homeward_kit import telemetry
from homeward_kit.callers import Caller
from homeward_kit.clients import Client, Registry
from homeward_kit.database import Database
from homeward_kit.rate_limits import RateLimits
from homeward_kit.service import Runtime
from spa_intake.adapters.db.adt_messages import Door
from spa_intake.adapters.hl7.message import Hl7Message, read_header
from spa_intake.adapters.hl7.movement import sending_system
from spa_intake.adapters.hl7.refusal import Condition, Hl7Refusal, rejected
from spa_intake.adapters.mllp.framing import Block
from spa_intake.adapters.mllp.listener import MllpListener, Peer, Place, UnwelcomeError, server_tls
from spa_intake.adapters.sealing import KeysError, read_keys
from spa_intake.api.adt import SCOPE, AdtDesk
from spa_intake.domain.policy import Policy
from spa_intake.settings import IntakeSettings


class MllpDoor:
    """MLLP has no token: MSH-3 and MSH-4 say whose a message is, and with TLS the sender's certificate proves it."""

    def __init__(self, place: Place, desk: AdtDesk, limits: RateLimits) -> None:
        """`limits`: those of the process, so that a client has one rate over all its interfaces."""
        self._desk = desk
        self._limits = limits
        self._in_hand = asyncio.Semaphore(place.at_once)
        self._lines: defaultdict[str, set[Peer]] = defaultdict(set)  # by client
        self.listener = MllpListener(place, self._answer, self._forget)

    async def keep(self, runtime: Runtime) -> None:
        """Listen until the process stops."""
        runtime.parts["mllp"] = self.listener.state
        await self.listener.run(runtime.stopping)

    async def _answer(self, block: Block, peer: Peer) -> Sequence[bytes]:
        client = self._client(read_header(block.body))
        if client is not None:
            self._count(client, peer)
            await self._turn_of(client)
        async with self._in_hand:
            return await self._answer_now(block, peer)

    def _count(self, client: Client, peer: Peer) -> None:
        """A connection is a client's from its first message on; no client may take the place of the others."""
        lines = self._lines[client.client_id]
        if peer not in lines and len(lines) >= self.listener.place.most_of_a_client:
            raise UnwelcomeError("too_many_of_client")
        lines.add(peer)

    def _forget(self, peer: Peer) -> None:
        for lines in self._lines.values():
            lines.discard(peer)

    async def _turn_of(self, client: Client) -> None:
        """MLLP cannot say "later": of a sender that is too quick nothing more is read until its turn has come."""
        while wait := self._limits.take(client.subject).wait_seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.listener.stopping.wait(), wait)
                raise UnwelcomeError("stopping")

    async def _answer_now(self, block: Block, peer: Peer) -> Sequence[bytes]:
        with telemetry.burst(), telemetry.span("mllp message", SpanKind.SERVER):
            if block.is_too_long:
                receipt = await self._desk.refuse(block.body, _too_long(self.listener.place.longest_bytes))
            else:
                receipt = await self._desk.take(block.body, Door.MLLP, lambda header: self._sender(header, peer))
            return receipt.answers.in_order

    def _client(self, header: Hl7Message | None) -> Client | None:
        """By MSH-3 and MSH-4 together, else by MSH-4 alone."""
        names = (sending_system(header), header.get("MSH", 4)) if header else ()
        found = (self._desk.registry.by_facility(SCOPE, name) for name in names if name)
        return next((one for one in found if one is not None), None)

    def _sender(self, header: Hl7Message | None, peer: Peer) -> Caller:
        client = self._client(header)
        if client is None:
            raise rejected(Condition.UNKNOWN_KEY, "This sending application and facility are not known here.", "MSH-4")
        if peer.names is None and client.needs_certificate:
            raise rejected(Condition.UNKNOWN_KEY, "This sender must connect with its TLS certificate.", "MSH-4")
        if peer.names is not None and client.client_id not in peer.names:
            raise rejected(Condition.UNKNOWN_KEY, "The TLS certificate is not this sender's.", "MSH-4")
        return client.caller((SCOPE,))


def open_desk(settings: IntakeSettings, database: Database, policy: Policy) -> AdtDesk:
    """Ends the process with a sentence when there is no key to keep messages under."""
    keys = settings.adt_message_keys
    try:
        return AdtDesk(
            database, read_keys(keys.get_secret_value() if keys else None), policy, Registry(settings.clients)
        )
    except KeysError as error:
        raise SystemExit(str(error)) from None


def place_of(settings: IntakeSettings) -> Place:
    """Where to listen, as it is set."""
    certificate, key = settings.mllp_tls_certificate_file, settings.mllp_tls_key_file
    tls = server_tls(certificate, key, settings.mllp_tls_client_ca_file) if certificate and key else None
    return Place(
        settings.mllp_host or settings.host,
        settings.mllp_port or 0,
        tls,
        settings.mllp_longest_bytes,
        settings.mllp_idle_seconds,
        settings.mllp_most_connections,
        settings.mllp_most_connections_of_a_client,
    )


def _too_long(longest: int) -> Hl7Refusal:
    return rejected(Condition.DATA_TYPE, f"The message is longer than {longest} bytes.")

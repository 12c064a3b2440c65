"""Members of consumer groups that were killed are taken out of their group at once, not when their session ends.

A member's client name carries the number of a lock that its process holds in the service's database for as long as it
lives. Another member that twice finds a lock free which a third's name speaks of leaves the group in that one's name
(docs/adr/0025).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.protocol.admin import DescribeGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest

from homeward_kit.logging import get_logger
from homeward_kit.outages import DATABASE_FAILURES
from homeward_kit.shards import KEEPALIVE

LOCK_CLASS = 4712  # first half of the two-part advisory locks of members
NUMBERS = 2**31
LOOK_SECONDS = 0.5  # who lost its lock with its connection has it again sooner
AGAIN_SECONDS = 0.1
ANSWER_SECONDS = 3.0  # a broker or a database that does not answer holds up a look, and a start, no longer
PREFIX = "homeward-"

# Tried, and given back when the statement ends. The numbers come as text: for an array the driver would first ask for
# its type.
_FREE = f"""SELECT number FROM unnest(string_to_array($1, ',')::int[]) AS number
    WHERE pg_try_advisory_xact_lock({LOCK_CLASS}, number)"""  # noqa: S608 — a number of ours

_log = get_logger(__name__)


class Presence:
    """One member's lock, and its looks at the locks of the others."""

    def __init__(self, address: str, group: str) -> None:
        self._address = address
        self._group = group
        self._number = secrets.randbelow(NUMBERS)
        self._connection: asyncpg.Connection | None = None
        self._is_held = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._ended: set[int] = set()  # each only once: should a living one's lock stay away, it is left alone then

    async def name(self) -> str:
        """What a new client of this member is called; without the lock it gets a name that speaks of none."""
        try:
            await asyncio.wait_for(self._is_held.wait(), ANSWER_SECONDS)
        except TimeoutError:
            return PREFIX.rstrip("-")
        return f"{PREFIX}{self._number}"

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the lock until the end of the block."""
        holding = asyncio.create_task(self._hold())
        try:
            yield
        finally:
            holding.cancel()

    async def _hold(self) -> None:
        """A connection that is lost is replaced at once."""
        while True:
            try:
                await self._hold_until_lost()
            except DATABASE_FAILURES as error:
                _log.debug("presence_unheld", group=self._group, error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hold_until_lost(self) -> None:
        connection = await asyncpg.connect(
            self._address,
            timeout=ANSWER_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings={"application_name": "member", **KEEPALIVE},
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.execute(f"SELECT pg_advisory_lock_shared({LOCK_CLASS}, {self._number})")
            self._connection = connection
            self._is_held.set()
            await lost.wait()
        finally:
            self._is_held.clear()
            self._connection = None
            connection.terminate()

    def look_from(self, consumer: AIOKafkaConsumer) -> None:
        """From now on look twice a second whether a member of the consumer's group has died."""
        self._looking = asyncio.create_task(self._look_for_the_dead(consumer))

    def look_no_more(self) -> None:
        """The consumer is about to stop."""
        if self._looking is not None:
            self._looking.cancel()

    async def _look_for_the_dead(self, consumer: AIOKafkaConsumer) -> None:
        suspects: set[int] = set()
        looked_over: asyncpg.Connection | None = None
        while True:
            connection = self._connection
            if connection is not looked_over:  # all others may have lost theirs, as we have: they need a moment
                suspects, looked_over = set(), connection
            if connection is not None:
                try:
                    suspects = await self._look(consumer, connection, suspects)
                except (KafkaError, RuntimeError) as error:  # the latter: the client's own fault
                    _log.debug("group_unseen", group=self._group, error=type(error).__name__)
                except DATABASE_FAILURES:
                    connection.terminate()  # it may look open and never work again
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection, suspects: set[int]) -> set[int]:
        """End those who were suspects before and still are; returns the suspects of now."""
        members = await self._members(consumer)
        numbers = {number for number in members.values() if number is not None}
        others = ",".join(str(number) for number in numbers - self._ended - {self._number})
        free = {row["number"] for row in await connection.fetch(_FREE, others)}
        # Not before somebody who lives is in the group, ourselves perhaps: when the first comes to a group that is
        # empty, a broker gives out nothing for some seconds, because more may come.
        if all(number in free for number in members.values()):
            return free
        for member, number in members.items():
            if number in free & suspects:
                await self._leave(consumer, member)
        self._ended |= free & suspects
        return free - suspects

    async def _members(self, consumer: AIOKafkaConsumer) -> dict[str, int | None]:
        """Every member with its lock's number, None where its name speaks of none."""
        answer = await _ask(consumer, DescribeGroupsRequest([self._group]))
        if answer is None:
            return {}
        return {member: _number_in(client) for member, client, *_ in answer.groups[0][5]}

    async def _leave(self, consumer: AIOKafkaConsumer, member: str) -> None:
        answer = await _ask(consumer, LeaveGroupRequest(self._group, member))
        error = "coordinator_lost" if answer is None else answer.error_code
        _log.info("left_for_a_dead_member", group=self._group, member=member, error=error)


async def _ask(consumer: AIOKafkaConsumer, request: Any) -> Any:  # Any: the library is untyped
    """The answer of the group's coordinator; None while the consumer does not know it.

    Not over the connection on which the consumer waits for the group: there an answer comes after the one it waits for.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 — nothing public tells who it is
    if coordinator is None or coordinator.coordinator_id is None:
        return None
    sending = consumer._client.send(coordinator.coordinator_id, request)  # noqa: SLF001 — as above
    try:
        return await asyncio.wait_for(sending, ANSWER_SECONDS)
    except TimeoutError as error:
        raise KafkaTimeoutError from error


def _number_in(client: str) -> int | None:
    number = client.removeprefix(PREFIX)
    return int(number) if number != client and number.isdecimal() and int(number) < NUMBERS else None

"""Topics that have lost what was sent to them: noticed by the broker's own numbers, and sent to no more.

The database remembers which topics a service has sent to (`topics_sent`). One of them that holds nothing, or in which
the broker gives a number for the second time, was emptied. Until an operator has it refilled (`republish`), its new
events wait in the outbox: they would else come before those that are gone.
"""

import asyncio
from collections.abc import Collection, Mapping

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from homeward_kit.logging import get_logger
from homeward_kit.outages import close_within

LOOK_SECONDS = 15.0
STOP_SECONDS = 5.0

Ends = Mapping[TopicPartition, int]  # the next number of each partition

_log = get_logger(__name__)


class EmptiedTopicError(KafkaError):  # type: ignore[misc]  # the library is untyped
    """The broker gave a number that it had given before: the topic was emptied while we were connected."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.topic = topic


class MissingTopicError(KafkaError):  # type: ignore[misc]  # the library is untyped
    """Topics that events have been sent to are not there: nothing is sent until they have been made again."""


class NumbersGiven:
    """The numbers a broker gives to what is sent: each one only once, as long as it has lost nothing."""

    def __init__(self, ends: Ends) -> None:
        self._next = dict(ends)

    def check(self, sent: RecordMetadata) -> None:
        """Raises EmptiedTopicError for a number that was given before."""
        place = TopicPartition(sent.topic, sent.partition)
        if sent.offset < 0:  # it was there already, and the broker no longer knows at which number
            return
        if sent.offset < self._next.get(place, 0):
            raise EmptiedTopicError(sent.topic)
        self._next[place] = sent.offset + 1


async def ends_of_sent(connection: asyncpg.Connection, bootstrap_servers: str) -> Ends:
    """Where the topics end that events have been sent to; raises MissingTopicError, KafkaError or TimeoutError."""
    sent = [row["topic"] for row in await connection.fetch("SELECT topic FROM topics_sent ORDER BY topic")]
    if not sent:
        return {}
    consumer = AIOKafkaConsumer(*sent, bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await consumer.start()
            partitions = {topic: consumer.partitions_for_topic(topic) for topic in sent}
            if missing := [topic for topic, numbers in partitions.items() if not numbers]:
                _log.error("topics_missing", topics=missing, mend="make the topics, then homeward events republish")
                raise MissingTopicError(*missing)
            places = [TopicPartition(topic, number) for topic, numbers in partitions.items() for number in numbers]
            ends: Ends = await consumer.end_offsets(places)
            return ends
    finally:
        await close_within(STOP_SECONDS, consumer.stop())


def empty_of(ends: Ends) -> set[str]:
    """The topics that hold nothing although events have been sent to them."""
    return {place.topic for place in ends} - {place.topic for place, end in ends.items() if end}


async def note_sent(connection: asyncpg.Connection, topics: Collection[str]) -> None:
    """Remember that these topics have been sent to."""
    await connection.execute(
        "INSERT INTO topics_sent (topic) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", sorted(topics)
    )


async def stop_sending_to(connection: asyncpg.Connection, topics: Collection[str]) -> None:
    """From now on every relay leaves these topics alone, until an operator asks for a refill."""
    await connection.execute("UPDATE topics_sent SET is_emptied = true WHERE topic = ANY($1::text[])", sorted(topics))
    _log.error("topics_emptied", topics=sorted(topics), mend="homeward events republish --topic <topic>")

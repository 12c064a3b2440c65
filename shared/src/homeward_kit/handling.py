"""What a consumer group does with records: inbox, effects and outbox rows are committed together or not at all.

Several records share one transaction where all of them succeed; when one fails, each gets a transaction of its own.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from homeward_kit import dead_letters, inbox, message_spans
from homeward_kit.database import Database, Tx
from homeward_kit.dead_letters import Failure, Record
from homeward_kit.envelope import Attributes, BadEnvelopeError, ConsumedEvent, Received, read_attributes

# Any: each handler takes the Received of its own payload; the table's key says which.
Handler = Callable[[Tx, Received[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BatchHandler:
    """A handler of many events at once, in their order; it calls `tx.follow(event)` before it publishes because of one.

    Events next to each other that have the same BatchHandler come together; one that fails makes all come singly.
    """

    handle: Callable[[Tx, Sequence[Received[Any]]], Awaitable[None]]


HandlerTable = Mapping[type[ConsumedEvent], Handler | BatchHandler]


class PermanentError(Exception):
    """A message that can never succeed; `code` is a coded reason without personal data."""

    is_made_to_be_read = True  # so the log keeps its text

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# records in one transaction: people's locks are held no longer than that takes
SINGLY_HANDLED, SET_BASED = 100, 500
HOPELESS = (BadEnvelopeError, ValidationError, PermanentError)


class Known(NamedTuple):
    """A record that is an event this group handles; its payload is not read yet."""

    record: Record
    attributes: Attributes
    model: type[ConsumedEvent]
    handler: Handler | BatchHandler


class Handling:
    """One consumer group's way with records."""

    def __init__(self, database: Database, group: str, handlers: HandlerTable) -> None:
        self.group = group
        self.address = database.address
        self._database = database
        self._by_type = {(model.topic, model.type): (model, handler) for model, handler in handlers.items()}
        self.topics = sorted({model.topic for model in handlers})
        is_set_based = all(isinstance(handler, BatchHandler) for handler in handlers.values())
        self.together = SET_BASED if is_set_based else SINGLY_HANDLED

    async def handle_together(self, records: Sequence[Record]) -> None:
        """Apply the records of one partition in one transaction; raises when any of them cannot be applied so."""
        known = [found for record in records if (found := self.know(record)) is not None]
        if known:
            async with self._database.transaction(place="consumer") as tx:
                await self._apply(tx, known)

    async def handle(self, record: Record) -> None:
        """Apply one record once. Raises what the handler raised; a message that can never succeed is buried."""
        try:
            await self.handle_together([record])
        except HOPELESS as error:
            await self.bury(record, error)

    def know(self, record: Record) -> Known | None:
        """The event in a record, None when this group does not handle its type; raises BadEnvelopeError."""
        attributes = read_attributes(record.headers)
        found = self._by_type.get((record.topic, attributes.type))
        return None if found is None else Known(record, attributes, *found)

    def read(self, record: Record, payload: bytes) -> ConsumedEvent | None:
        """A payload as the record's event; raises pydantic.ValidationError."""
        known = self.know(record)
        return None if known is None else known.model.model_validate_json(payload)

    async def _apply(self, tx: Tx, known: list[Known]) -> None:
        await tx.lock(*(one.record.key for one in known))
        blocked = await dead_letters.blocked_keys(tx, self.group, (one.record for one in known))
        await dead_letters.park(tx, self.group, [one.record for one in known if one.record.key in blocked])
        await self._apply_new(tx, [one for one in known if one.record.key not in blocked])

    async def apply_settled(self, tx: Tx, record: Record) -> None:
        """Apply a record that is a dead letter or parked; its key's lock is held."""
        if (known := self.know(record)) is not None:
            await self._apply_new(tx, [known])

    async def _apply_new(self, tx: Tx, known: list[Known]) -> None:
        first_time, is_any_repaired = await inbox.first_times(tx, self.group, [one.attributes for one in known])
        if not first_time:
            return
        repaired = await self._repairs(tx, first_time) if is_any_repaired else {}
        new: list[tuple[Handler | BatchHandler, Received[Any]]] = []
        for one in known:
            if (event_id := one.attributes.event_id) in first_time:
                first_time.remove(event_id)  # the same event twice in one batch counts once
                # as model_validate_json, in two thirds of its time
                payload = one.model.__pydantic_validator__.validate_json(repaired.get(event_id, one.record.value))
                new.append((one.handler, _received(one, payload)))
        for handler, some in groupby(new, key=itemgetter(0)):
            await _call(tx, handler, [received for _, received in some])

    async def _repairs(self, tx: Tx, event_ids: set[UUID]) -> dict[UUID, bytes]:
        """Payloads that operators put in the place of bad ones."""
        rows = await tx.execute(
            "SELECT event_id, payload FROM repairs WHERE consumer_group = :group AND event_id = ANY(:ids)",
            {"group": self.group, "ids": list(event_ids)},
        )
        return {row.event_id: row.payload for row in rows}

    async def bury(self, record: Record, error: Exception) -> UUID | None:
        """Record a dead letter with its announcement, unless it is one already; returns its id."""
        failure = failure_of(record, error)
        async with self._database.transaction(causation_id=failure.event_id, place="dead_letter") as tx:
            await tx.lock(record.key)
            if await dead_letters.is_settled(tx, self.group, record):
                return None
            if await dead_letters.blocked_keys(tx, self.group, [record]):
                await dead_letters.park(tx, self.group, [record])  # its turn to fail comes after a replay
                return None
            return await dead_letters.bury(tx, self.group, record, failure)


def _received(one: Known, payload: ConsumedEvent) -> Received[Any]:
    attributes, record = one.attributes, one.record
    place = (record.key, record.topic, record.partition, record.offset)
    return Received(*attributes, *place, payload, record.header("traceparent"))


async def _call(tx: Tx, handler: Handler | BatchHandler, events: Sequence[Received[Any]]) -> None:
    """Call the handler in the span of each message, or once in the spans of all."""
    if isinstance(handler, BatchHandler):
        with message_spans.processing(events) as inside:
            await handler.handle(tx, inside)
        tx.traceparent = None
        return
    for event in events:
        tx.causation_id = event.event_id
        with message_spans.process(event):
            await handler(tx, event)


def failure_of(record: Record, error: Exception) -> Failure:
    """Why a record failed, without anything of what it says."""
    error_class = f"{type(error).__module__}.{type(error).__qualname__}"
    try:
        attributes = read_attributes(record.headers)
    except BadEnvelopeError:
        return Failure(error_class, _code(error), None, None)
    return Failure(error_class, _code(error), attributes.event_id, attributes.type)


def _code(error: Exception) -> str:
    """A coded reason; the texts of other people's exceptions may hold a person's data and are left out."""
    if isinstance(error, PermanentError):
        return error.code
    if isinstance(error, BadEnvelopeError):
        return f"bad_envelope:{error}"
    if isinstance(error, ValidationError):
        return ",".join(_faults(error))
    return "failed"


def _faults(error: ValidationError) -> Iterable[str]:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return sorted(f"{'.'.join(str(part) for part in fault['loc'])}:{fault['type']}" for fault in faults)

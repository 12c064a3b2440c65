"""One record, one transaction: inbox, effects and outbox rows are committed together or not at all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from homeward_kit import dead_letters, inbox, message_spans
from homeward_kit.database import Database, Tx
from homeward_kit.dead_letters import Failure, Record
from homeward_kit.envelope import Attributes, BadEnvelopeError, ConsumedEvent, Received, read_attributes

# Any: each handler takes the Received of its own payload; the table's key says which.
Handler = Callable[[Tx, Received[Any]], Awaitable[None]]
HandlerTable = Mapping[type[ConsumedEvent], Handler]


class PermanentError(Exception):
    """A message that can never succeed; `code` is a coded reason without personal data."""

    is_made_to_be_read = True  # so the log keeps its text

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Parsed:
    """A record that is an event this group handles."""

    attributes: Attributes
    payload: ConsumedEvent
    handler: Handler


class Handling:
    """What one consumer group does with a record."""

    def __init__(self, database: Database, group: str, handlers: HandlerTable) -> None:
        self._database = database
        self._group = group
        self._by_type = {(model.topic, model.type): (model, handler) for model, handler in handlers.items()}
        self.topics = sorted({model.topic for model in handlers})

    async def handle(self, record: Record) -> None:
        """Apply one record once. Raises what the handler raised; a message that can never succeed is buried."""
        try:
            parsed = self._parse(record)
        except (BadEnvelopeError, ValidationError, PermanentError) as error:
            await self.bury(record, error)
            return
        if parsed is None:
            return
        try:
            await self._apply(record, parsed)
        except PermanentError as error:
            await self.bury(record, error)

    def _parse(self, record: Record) -> Parsed | None:
        attributes = read_attributes((name, value.encode()) for name, value in record.headers.items())
        found = self._by_type.get((record.topic, attributes.type))
        if found is None:
            return None
        model, handler = found
        return Parsed(attributes, model.model_validate_json(record.value), handler)

    async def _apply(self, record: Record, parsed: Parsed) -> None:
        attributes = parsed.attributes
        span = message_spans.process(
            record.topic, record.headers, referral_id=attributes.referral_id, subject=attributes.subject
        )
        with span:
            async with self._database.transaction(causation_id=attributes.event_id) as tx:
                await tx.lock(record.key)
                if await dead_letters.has_open_letter(tx, self._group, record):
                    if not await dead_letters.is_settled(tx, self._group, record):
                        await dead_letters.park(tx, self._group, record)
                    return
                if await inbox.is_first_time(tx, self._group, attributes):
                    await parsed.handler(tx, _received(record, parsed))

    async def bury(self, record: Record, error: Exception) -> UUID | None:
        """Record a dead letter with its announcement, unless it is one already; returns its id."""
        failure = _failure(record, error)
        async with self._database.transaction(causation_id=failure.event_id) as tx:
            await tx.lock(record.key)
            if await dead_letters.is_settled(tx, self._group, record):
                return None
            if await dead_letters.has_open_letter(tx, self._group, record):
                await dead_letters.park(tx, self._group, record)  # its turn to fail comes after a replay
                return None
            return await dead_letters.bury(tx, self._group, record, failure)


def _received(record: Record, parsed: Parsed) -> Received[ConsumedEvent]:
    attributes = parsed.attributes
    return Received(
        event_id=attributes.event_id,
        type=attributes.type,
        source=attributes.source,
        subject=attributes.subject,
        time=attributes.time,
        key=record.key,
        referral_id=attributes.referral_id,
        aggregate_version=attributes.aggregate_version,
        causation_id=attributes.causation_id,
        actor=attributes.actor,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        payload=parsed.payload,
    )


def _failure(record: Record, error: Exception) -> Failure:
    error_class = f"{type(error).__module__}.{type(error).__qualname__}"
    try:
        attributes = read_attributes((name, value.encode()) for name, value in record.headers.items())
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
        return ",".join(
            sorted(
                f"{'.'.join(str(part) for part in fault['loc'])}:{fault['type']}"
                for fault in error.errors(include_url=False, include_context=False, include_input=False)
            )
        )
    return "failed"

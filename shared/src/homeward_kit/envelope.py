"""CloudEvents 1.0 in Kafka binary mode: what an event carries beside its payload, and how it is read back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Generic, NamedTuple, TypeVar
from uuid import UUID

from asyncpg.pgproto import pgproto
from pydantic import BaseModel, ConfigDict

Headers = list[tuple[str, bytes]]


class PublishedEvent(BaseModel):
    """The payload of an event its producer owns; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # at its first use, not at every start

    type: ClassVar[str]  # "discharge.referral.accepted.v1"
    topic: ClassVar[str]  # "discharge-referrals"


class ConsumedPart(BaseModel):
    """A nested part of a consumed event; what it does not name is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)  # at its first use, not at every start


class ConsumedEvent(ConsumedPart):
    """A consumer's own narrow view of an event."""

    type: ClassVar[str]
    topic: ClassVar[str]


def quick_uuid(value: str | bytes) -> UUID:
    """A UUID of the driver's own kind, made in a tenth of the time; raises ValueError."""
    made: UUID = pgproto.UUID(value)
    return made


P_co = TypeVar("P_co", covariant=True)


# Named tuples, here and below: for each message made in a quarter of a frozen dataclass's time
class Received(NamedTuple, Generic[P_co]):
    """An event as a handler gets it; times are aware UTC."""

    event_id: UUID
    type: str
    source: str
    subject: str
    time: datetime  # when it was recorded
    actor: str
    referral_id: UUID | None
    aggregate_version: int | None
    causation_id: UUID | None  # so far as Attributes has them
    key: str
    topic: str
    partition: int
    offset: int
    payload: P_co
    traceparent: str | None = None  # of the span in which it is handled


class BadEnvelopeError(Exception):
    """A record whose headers are not those of an event; the message names the attribute, never its value."""


class Attributes(NamedTuple):
    """The CloudEvents attributes of one record."""

    event_id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    actor: str
    referral_id: UUID | None
    aggregate_version: int | None
    causation_id: UUID | None

    def headers(self) -> Headers:
        """The record's headers, without the trace context (the relay adds it once)."""
        values: dict[str, str | None] = {
            "ce_specversion": "1.0",
            "ce_id": str(self.event_id),
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_subject": self.subject,
            "ce_time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "ce_actor": self.actor,
            "ce_referralid": str(self.referral_id) if self.referral_id else None,
            "ce_aggregateversion": None if self.aggregate_version is None else str(self.aggregate_version),
            "ce_causationid": str(self.causation_id) if self.causation_id else None,
            "content-type": "application/json",
        }
        return [(name, value.encode()) for name, value in values.items() if value is not None]


def read_attributes(found: Mapping[str, bytes | None]) -> Attributes:
    """The attributes in a record's headers; raises BadEnvelopeError naming the one that is missing or malformed."""
    if found.get("ce_specversion") != b"1.0":
        raise BadEnvelopeError("ce_specversion")
    return Attributes(
        _uuid(found, "ce_id"),
        _text(found, "ce_type"),
        _text(found, "ce_source"),
        _text(found, "ce_subject"),
        _time(found, "ce_time"),
        _text(found, "ce_actor") if "ce_actor" in found else "system",
        _uuid(found, "ce_referralid") if "ce_referralid" in found else None,
        _int(found, "ce_aggregateversion") if "ce_aggregateversion" in found else None,
        _uuid(found, "ce_causationid") if "ce_causationid" in found else None,
    )


def _text(found: Mapping[str, bytes | None], name: str) -> str:
    value = found.get(name)
    if not value:
        raise BadEnvelopeError(name)
    try:
        return value.decode()
    except ValueError:
        raise BadEnvelopeError(name) from None


def _uuid(found: Mapping[str, bytes | None], name: str) -> UUID:
    try:
        return quick_uuid(_text(found, name))
    except ValueError:
        raise BadEnvelopeError(name) from None


def _int(found: Mapping[str, bytes | None], name: str) -> int:
    try:
        return int(_text(found, name))
    except ValueError:
        raise BadEnvelopeError(name) from None


def _time(found: Mapping[str, bytes | None], name: str) -> datetime:
    try:
        when = datetime.fromisoformat(_text(found, name))
        if when.tzinfo is None:
            raise BadEnvelopeError(name)
        return when if when.tzinfo is UTC else when.astimezone(UTC)
    except (ValueError, OverflowError):  # the last: in UTC it would be before the first year
        raise BadEnvelopeError(name) from None

"""The monitor on a real database: messages go in by the kit's runner, what it told is read from the outbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from homeward_kit.database import Database
from homeward_kit.dead_letters import Record
from homeward_kit.envelope import Attributes, Headers
from homeward_kit.handling import Handling
from homeward_kit.timers import TimerWorker
from readmission_monitor.entrypoints.worker import HANDLERS, TIMERS

NOW = datetime.now(UTC).replace(microsecond=0)

Payload = Mapping[str, Any]  # Any: JSON


@dataclass
class Monitor:
    """One service, one person."""

    database: Database
    patient_key: UUID | str = field(default_factory=uuid4)
    _offsets: "count[int]" = field(default_factory=count)

    async def receive(self, topic: str, event_type: str, payload: Payload, *, version: int = 1) -> Record:
        """Deliver one message; returns it, so that it can be delivered again."""
        record = Record(
            topic=topic,
            partition=0,
            offset=next(self._offsets),
            timestamp_ms=int(NOW.timestamp() * 1000),
            key=str(self.patient_key),
            value=as_bytes(self._about(payload)),
            headers=dict(headers(event_type, version)),
        )
        await self.handle(record)
        return record

    def _about(self, payload: Payload) -> Payload:
        """As spa-intake publishes it: the payload and the stay in it say whose they are."""
        whose = {"patient_key": self.patient_key if isinstance(self.patient_key, UUID) else uuid4()}
        return whose | dict(payload) | ({"stay": whose | payload["stay"]} if "stay" in payload else {})

    async def handle(self, record: Record) -> None:
        await Handling(self.database, "readmission-monitor", HANDLERS).handle(record)

    async def pass_days(self, days: int) -> None:
        self.database.clock.set_offset(self.database.clock.offset_seconds + days * 86400)
        await TimerWorker(self.database, TIMERS).fire_due()

    async def rows(self, query: str) -> list[dict[str, Any]]:  # Any: values of columns
        async with self.database.transaction() as tx:
            return [dict(row) for row in (await tx.execute(query)).mappings()]

    async def told(self) -> list[tuple[str, int]]:
        """Type and version of what is in the outbox, in order."""
        rows = await self.rows("SELECT type, aggregate_version FROM outbox ORDER BY seq")
        return [(row["type"].removeprefix("discharge."), row["aggregate_version"]) for row in rows]


def stay(stay_id: UUID, *, revision: int = 1, admitted: int = -6, discharged: int | None = 0) -> dict[str, Any]:
    """A stay as spa-intake publishes it; days are counted from now."""
    return {
        "stay_id": stay_id,
        "revision": revision,
        "hospital": "RJZ",
        "ward": "W4",
        "admitted_at": NOW + timedelta(days=admitted),
        "admission_method": "21",
        "admission_source": "19",
        "discharged_at": None if discharged is None else NOW + timedelta(days=discharged),
        "discharge_destination": None if discharged is None else "19",
        "discharge_method": None if discharged is None else "1",
        "is_cancelled": False,
    }


def headers(event_type: str, version: int) -> Headers:
    """The headers of a new message."""
    attributes = Attributes(
        event_id=uuid4(),
        type=f"discharge.{event_type}.v1",
        source="homeward/test",
        subject="test/1",
        time=NOW,
        actor="system",
        referral_id=None,
        aggregate_version=version,
        causation_id=None,
    )
    return attributes.headers()


def as_bytes(payload: Payload) -> bytes:
    return json.dumps(dict(payload), default=_as_json).encode()


def _as_json(value: UUID | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""Triage on a real database: messages go in by the kit's runner, what it told is read from the outbox."""

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
from triage.entrypoints.worker import HANDLERS, TIMERS

NOW = datetime.now(UTC).replace(microsecond=0)
REFERRALS = "discharge-referrals"
ACTIVITY = "discharge-hospital-activity"
PACKAGES = "discharge-care-packages"

Payload = Mapping[str, Any]  # Any: JSON


@dataclass
class Triage:
    """One service, one person with one referral."""

    database: Database
    patient_key: UUID = field(default_factory=uuid4)
    referral_id: UUID = field(default_factory=uuid4)
    _offsets: "count[int]" = field(default_factory=count)

    async def receive(self, topic: str, event_type: str, payload: Payload, *, version: int = 1) -> Record:
        """Deliver one message; returns it, so that it can be delivered again."""
        record = Record(
            topic=topic,
            partition=0,
            offset=next(self._offsets),
            timestamp_ms=int(NOW.timestamp() * 1000),
            key=str(self.patient_key),
            value=as_bytes(payload),
            headers=headers(event_type, version),
        )
        await self.handle(record)
        return record

    async def handle(self, record: Record) -> None:
        await Handling(self.database, "triage", HANDLERS).handle(record)

    async def referral(self, fact: str, version: int, state: str = "accepted", **more: Any) -> Record:
        """An event of the referral. Any: JSON."""
        return await self.receive(
            REFERRALS,
            f"referral.{fact}",
            referral_payload(self.referral_id, self.patient_key, state, **more),
            version=version,
        )

    async def accepted(self, at: datetime = NOW, **changes: Any) -> None:  # Any: JSON
        await self.referral("accepted", 2, facts=facts(**changes), accepted_at=at, stay_id=None)

    async def pass_days(self, days: int) -> None:
        self.database.clock.set_offset(self.database.clock.offset_seconds + days * 86400)
        await TimerWorker(self.database, TIMERS).fire_due()

    async def rows(self, query: str) -> list[dict[str, Any]]:  # Any: values of columns
        async with self.database.transaction() as tx:
            return [dict(row) for row in (await tx.execute(query)).mappings()]

    async def case(self) -> dict[str, Any]:  # Any: values of columns
        [case] = await self.rows("SELECT * FROM cases")
        return case

    async def told(self) -> list[tuple[str, int]]:
        """Type and version of what is in the outbox, in order."""
        rows = await self.rows("SELECT type, aggregate_version FROM outbox ORDER BY seq")
        return [(row["type"].split(".", 1)[1].removesuffix(".v1"), row["aggregate_version"]) for row in rows]

    async def last_payload(self) -> dict[str, Any]:  # Any: JSON
        [row] = await self.rows("SELECT payload FROM outbox ORDER BY seq DESC LIMIT 1")
        payload: dict[str, Any] = json.loads(row["payload"])
        return payload


def referral_payload(referral_id: UUID, patient_key: UUID, state: str, **more: Any) -> dict[str, Any]:
    """Any: JSON."""
    return {
        "referral_id": referral_id,
        "patient_key": patient_key,
        "kind": "hospital_discharge",
        "state": state,
        **more,
    }


def facts(**changes: Any) -> dict[str, Any]:
    """Coded facts as spa-intake publishes them. Any: JSON."""
    return {
        "referring_organisation": "RJZ",
        "hospital": "RJZ",
        "ward": "W4",
        "outward_postcode": "BR1",
        "age_band": "75-84",
        "expected_discharge_on": (NOW + timedelta(days=2)).date(),
        "discharge_ready_on": None,
        "criteria_to_reside": [],
        "criteria_assessed_at": NOW,
        "needs": ["washing_dressing", "meals"],
        "living_situation": "alone",
        "existing_care": "none",
        "mobility": "one_person",
        "cognition": "no_concern",
        "clinical_frailty_scale": 5,
        "safeguarding_concern": False,
        **changes,
    }


def stay(stay_id: UUID, patient_key: UUID, *, revision: int = 1, discharged: bool = False) -> dict[str, Any]:
    """A stay as spa-intake publishes it. Any: JSON."""
    return {
        "stay_id": stay_id,
        "patient_key": patient_key,
        "revision": revision,
        "hospital": "RJZ",
        "ward": "W4",
        "admitted_at": NOW - timedelta(days=5),
        "admission_method": "21",
        "admission_source": "19",
        "discharged_at": NOW if discharged else None,
        "discharge_destination": "19" if discharged else None,
        "discharge_method": "1" if discharged else None,
        "is_cancelled": False,
    }


def headers(event_type: str, version: int) -> dict[str, bytes]:
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
    return dict(attributes.headers())


def as_headers(event_type: str, version: int) -> Headers:
    return list(headers(event_type, version).items())


def as_bytes(payload: Payload) -> bytes:
    return json.dumps(dict(payload), default=lambda value: getattr(value, "isoformat", value.__str__)()).encode()

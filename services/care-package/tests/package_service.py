"""care-package on a real database: messages go in by the kit's runner, what it told is read from the outbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from care_package.entrypoints.service import build
from care_package.entrypoints.worker import HANDLERS, TIMERS
from care_package.settings import Settings
from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.dead_letters import Record
from homeward_kit.envelope import Attributes
from homeward_kit.handling import Handling
from homeward_kit.service import Service
from homeward_kit.testing.tokens import TokenIssuer
from homeward_kit.timers import TimerWorker

NOW = datetime.now(UTC).replace(microsecond=0)
Json = Mapping[str, Any]  # Any: JSON
Row = dict[str, Any]  # Any: values of columns


def service(issuer: TokenIssuer) -> Service:
    """The service as its entry point builds it, trusting the test's issuer."""
    settings = Settings(
        database_url="postgresql://unused",
        kafka_bootstrap_servers="unused:9092",
        trusted_issuers=(issuer.trusted,),
    )
    return build(settings)


@dataclass
class CarePackage:
    """One service, one person, one referral."""

    database: Database
    patient_key: UUID = field(default_factory=uuid4)
    referral_id: UUID = field(default_factory=uuid4)
    stay_id: UUID = field(default_factory=uuid4)
    _offsets: "count[int]" = field(default_factory=count)
    _versions: "count[int]" = field(default_factory=lambda: count(1))

    async def receive(self, topic: str, event_type: str, payload: Json, *, version: int | None = 1) -> Record:
        """Deliver one message; returns it, so that it can be delivered again."""
        record = Record(
            topic=topic,
            partition=0,
            offset=next(self._offsets),
            timestamp_ms=int(NOW.timestamp() * 1000),
            key=str(self.patient_key),
            value=json.dumps(payload, default=_as_json).encode(),
            headers=headers(event_type, version),
        )
        await self.handle(record)
        return record

    async def handle(self, record: Record) -> None:
        await Handling(self.database, "care-package", HANDLERS).handle(record)

    async def referral(self, event: str, **more: object) -> Record:
        payload = {"referral_id": self.referral_id, "patient_key": self.patient_key, "state": "accepted", "unknown": 1}
        version = next(self._versions)
        return await self.receive("discharge-referrals", f"referral.{event}", payload | more, version=version)

    async def accepted(self) -> Record:
        return await self.referral("accepted", facts={"criteria_to_reside": []}, accepted_at=NOW - timedelta(hours=1))

    async def decided(self, number: int = 1, *services: str, visits: int = 2) -> Record:
        payload = decision(self, number, *(services or ("home_care",)), visits=visits)
        return await self.receive("discharge-triage", "pathway.decided", payload, version=number + 1)

    def stay(self, revision: int, *, discharged: bool, stay_id: UUID | None = None, admitted_days_ago: int = 6) -> Row:
        return {
            "stay_id": stay_id or self.stay_id,
            "revision": revision,
            "patient_key": self.patient_key,
            "admitted_at": NOW - timedelta(days=admitted_days_ago),
            "discharged_at": NOW - timedelta(days=1) if discharged else None,
            "is_cancelled": False,
        }

    async def hospital(self, event: str, stay: Json) -> Record:
        return await self.receive("discharge-hospital-activity", event, {"stay": stay, "occurred_at": NOW})

    async def pass_hours(self, hours: float) -> None:
        self.database.clock.set_offset(self.database.clock.offset_seconds + hours * 3600)
        await TimerWorker(self.database, TIMERS).fire_due()

    async def rows(self, query: str) -> list[Row]:
        async with self.database.transaction() as tx:
            return [dict(row) for row in (await tx.execute(query)).mappings()]

    async def told(self) -> list[str]:
        """The types in the outbox about this person, in order."""
        rows = await self.rows(f"SELECT type FROM outbox WHERE key = '{self.patient_key}' ORDER BY seq")  # noqa: S608 — a UUID
        return [row["type"].removeprefix("discharge.").removesuffix(".v1") for row in rows]


def headers(event_type: str, version: int | None) -> dict[str, bytes]:
    """The attributes of a new event."""
    attributes = Attributes(
        event_id=uuid4(),
        type=f"discharge.{event_type}.v1",
        source="homeward/test",
        subject="test/1",
        time=datetime.now(UTC),
        actor="system",
        referral_id=None,
        aggregate_version=version,
        causation_id=None,
    )
    return dict(attributes.headers())


def decision(care: CarePackage, number: int, *services: str, visits: int = 2) -> Row:
    """A pathway decision as triage publishes it."""
    lines = [
        {
            "line_id": uuid4(),
            "service": service_code,
            "visits_per_day": visits,
            "minutes_per_visit": 30,
            "carers_per_visit": 1,
            "days_per_week": 7,
        }
        for service_code in services
    ]
    return {
        "referral_id": care.referral_id,
        "patient_key": care.patient_key,
        "kind": "hospital_discharge",
        "decision": number,
        "pathway": 1,
        "lines": lines,
        "outward_postcode": "BR1",
        "age_band": "75-84",
        "target_on": "2026-03-05",
    }


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@dataclass
class Caller:
    """Somebody at the interface."""

    client: Any  # Any: httpx.AsyncClient of the application under test
    headers: Mapping[str, str]

    async def get(self, path: str, **query: object) -> Any:  # Any: JSON
        answer = await self.client.get(path, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json, version: int | None = None, **headers: str) -> Any:  # Any: a response
        given = dict(self.headers) | headers | ({} if version is None else {"If-Match": f'"{version}"'})
        return await self.client.post(path, json=body, headers=given)

    async def provider(self, name: str, *services: str, places: int = 3) -> str:
        """Register a provider that covers BR1 and has places; returns its id."""
        offered = list(services or ("home_care",))
        answer = await self.post("/api/v1/providers", {"name": name, "services": offered, "areas": ["BR1"]})
        assert answer.status_code == 201, answer.text
        provider_id: str = answer.json()["provider_id"]
        for service_code in offered:
            body = {"provider_id": provider_id, "service": service_code, "places": places}
            assert (await self.post("/api/v1/capacity", body)).status_code == 200
        return provider_id


def caller(client: Any, issuer: TokenIssuer, role: Role, **options: Any) -> Caller:  # Any: as above
    return Caller(client, issuer.headers(role, **options))

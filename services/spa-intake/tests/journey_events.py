"""Journeys as events on the topics: the published examples with identifiers of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import yaml
from aiokafka import AIOKafkaProducer

from homeward_kit.envelope import Attributes

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"
EXAMPLE_IDS = "5d3c6a52-7e0b-4c1d-9a44-"  # how every identifier in the examples begins
BEGINNING = datetime(2026, 5, 26, 9, tzinfo=UTC)

_CATALOGUE = yaml.safe_load((CONTRACTS / "topics.yaml").read_text())["topics"]
TOPIC_OF = {kind: topic for topic, settings in _CATALOGUE.items() for kind in settings["types"]}
TOPICS = sorted({topic for kind, topic in TOPIC_OF.items() if not kind.startswith("discharge.letter")})

# in the order of their times, each with the version of what it is about
STEPS: Sequence[tuple[str, int]] = (
    ("discharge.patient.admitted", 1),
    ("discharge.referral.received", 1),
    ("discharge.referral.stay_linked", 2),
    ("discharge.referral.accepted", 3),
    ("discharge.case.opened", 1),
    ("discharge.assessment.recorded", 2),
    ("discharge.pathway.decided", 3),
    ("discharge.package.opened", 1),
    ("discharge.offer.sent", 2),
    ("discharge.offer.accepted", 3),
    ("discharge.package.agreed", 4),
    ("discharge.patient.discharged", 3),
    ("discharge.watch.started", 1),
    ("discharge.package.started", 5),
    ("discharge.readmission.detected", 2),
    ("discharge.referral.closed", 4),
)


@dataclass(frozen=True)
class JourneyEvents:
    """One person's journey up to a step."""

    steps: int
    prefix: str = field(default_factory=lambda: str(uuid4())[: len(EXAMPLE_IDS)])

    @property
    def patient_key(self) -> UUID:
        return UUID(f"{self.prefix}000000000001")

    @property
    def referral_id(self) -> UUID:
        return UUID(f"{self.prefix}000000000004")

    def time_of(self, step: int) -> datetime:
        return BEGINNING + timedelta(hours=step)

    def records(self) -> Iterable[tuple[str, bytes, list[tuple[str, bytes]]]]:
        """Topic, payload and headers of each event."""
        for number, (name, version) in enumerate(STEPS[: self.steps]):
            payload = (CONTRACTS / "events" / name / "examples" / "typical.json").read_text()
            kind = f"{name}.v1"
            attributes = Attributes(
                event_id=uuid4(),
                type=kind,
                source="homeward/test",
                subject="thing/test",
                time=self.time_of(number),
                actor="client/ward",
                referral_id=None if ".patient." in name else self.referral_id,
                aggregate_version=version,
                causation_id=None,
            )
            yield TOPIC_OF[kind], payload.replace(EXAMPLE_IDS, self.prefix).encode(), attributes.headers()


async def send(bootstrap_servers: str, journeys: Iterable[JourneyEvents]) -> None:
    """Send journeys to the topics, each person's events in the order of their times."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for journey in journeys:
            for topic, payload, headers in journey.records():
                await producer.send(topic, payload, key=str(journey.patient_key).encode(), headers=headers)
        await producer.flush()
    finally:
        await producer.stop()

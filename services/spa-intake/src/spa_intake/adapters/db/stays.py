"""Movements as they came, and the stays rebuilt from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from homeward_kit import aliases
from homeward_kit.database import Tx
from spa_intake.domain.codes import Trigger
from spa_intake.domain.ids import PatientKey, StayId
from spa_intake.domain.inputs import MovementIn
from spa_intake.domain.movement import Movement
from spa_intake.domain.stay import StayContent
from spa_intake.domain.stay_history import Stay


async def whose_message(tx: Tx, name: str) -> PatientKey | None:
    """Whom a message was about that has been recorded before."""
    found = await tx.execute("SELECT patient_key FROM movements WHERE message = :name", {"name": name})
    key = found.scalar_one_or_none()
    return PatientKey(key) if key else None


async def add_movement(tx: Tx, patient_key: PatientKey, movement: Movement, message: MovementIn) -> None:
    """Keep what was read from a message."""
    await tx.execute(
        """
        INSERT INTO movements (message, patient_key, sending_system, control_id, trigger, hospital, visit_number,
            occurred_at, sent_at, ward, admitted_at, admission_method, admission_source, discharged_at,
            discharge_destination, discharge_method, is_dead, died_at, sequence, patient_class, received_at)
        VALUES (:message, :patient_key, :sending_system, :control_id, :trigger, :hospital, :visit_number,
            :occurred_at, :sent_at, :ward, :admitted_at, :admission_method, :admission_source, :discharged_at,
            :discharge_destination, :discharge_method, :is_dead, :died_at, :sequence, :patient_class,
            :received_at)
        """,
        asdict(movement)
        | {
            "patient_key": patient_key,
            "sending_system": message.sending_system,
            "control_id": message.control_id,
            "received_at": tx.now,
        },
    )


async def movements_of(tx: Tx, patient_key: PatientKey) -> list[tuple[Movement, PatientKey]]:
    """A person's movements, each with the key of theirs that its message named."""
    keys = await aliases.keys_of(tx, patient_key)
    rows = await tx.execute("SELECT * FROM movements WHERE patient_key = ANY(:keys)", {"keys": list(keys)})
    return [(_movement(row), PatientKey(row.patient_key)) for row in rows]


async def of_person(tx: Tx, patient_key: PatientKey) -> list[Stay]:
    """A person's stays, whichever of their keys each is filed under."""
    keys = [PatientKey(key) for key in await aliases.keys_of(tx, patient_key)]
    found = await of_people(tx, keys)
    stays = (stay for key in keys for stay in found[key])
    return sorted(stays, key=lambda stay: (stay.content.admitted_at, stay.stay_id))


async def of_people(tx: Tx, patient_keys: Collection[PatientKey]) -> dict[PatientKey, list[Stay]]:
    """Each one's stays in the order of admission."""
    found: dict[PatientKey, list[Stay]] = defaultdict(list)
    if not patient_keys:
        return found
    rows = await tx.execute(
        "SELECT * FROM stays WHERE patient_key = ANY(:keys) ORDER BY admitted_at, stay_id",
        {"keys": list(patient_keys)},
    )
    for row in rows:
        found[PatientKey(row.patient_key)].append(stay_of_row(row))
    return found


async def get(tx: Tx, stay_id: UUID) -> Stay | None:
    row = (await tx.execute("SELECT * FROM stays WHERE stay_id = :id", {"id": stay_id})).one_or_none()
    return stay_of_row(row) if row else None


async def save(tx: Tx, stays: Iterable[Stay]) -> None:
    for stay in stays:
        await tx.execute(
            """
            INSERT INTO stays (stay_id, patient_key, revision, hospital, visit_number, ward, admitted_at,
                admission_method, admission_source, discharged_at, discharge_destination, discharge_method,
                is_cancelled)
            VALUES (:stay_id, :patient_key, :revision, :hospital, :visit_number, :ward, :admitted_at,
                :admission_method, :admission_source, :discharged_at, :discharge_destination, :discharge_method,
                :is_cancelled)
            ON CONFLICT (stay_id) DO UPDATE SET revision = excluded.revision, visit_number = excluded.visit_number,
                ward = excluded.ward, admitted_at = excluded.admitted_at,
                admission_method = excluded.admission_method, admission_source = excluded.admission_source,
                discharged_at = excluded.discharged_at, discharge_destination = excluded.discharge_destination,
                discharge_method = excluded.discharge_method, is_cancelled = excluded.is_cancelled
            """,
            asdict(stay.content)
            | {"stay_id": stay.stay_id, "patient_key": stay.patient_key, "revision": stay.revision},
        )


async def assign_movements(tx: Tx, stay_of: Mapping[str, StayId], movements: Iterable[Movement]) -> None:
    """Note which stay each movement is counted to, where that has changed."""
    for movement in movements:
        stay_id = stay_of.get(movement.message)
        if stay_id != movement.stay_id:
            await tx.execute(
                "UPDATE movements SET stay_id = :stay_id WHERE message = :message",
                {"stay_id": stay_id, "message": movement.message},
            )


def stay_of_row(row: Row[Any]) -> Stay:  # Any: the row's columns
    content = StayContent(
        hospital=row.hospital,
        visit_number=row.visit_number,
        ward=row.ward,
        admitted_at=row.admitted_at,
        admission_method=row.admission_method,
        admission_source=row.admission_source,
        discharged_at=row.discharged_at,
        discharge_destination=row.discharge_destination,
        discharge_method=row.discharge_method,
        is_cancelled=row.is_cancelled,
    )
    return Stay(StayId(row.stay_id), PatientKey(row.patient_key), row.revision, content)


def _movement(row: Row[Any]) -> Movement:  # Any: the row's columns
    return Movement(
        message=row.message,
        trigger=Trigger(row.trigger),
        hospital=row.hospital,
        occurred_at=row.occurred_at,
        sent_at=row.sent_at,
        visit_number=row.visit_number,
        ward=row.ward,
        admitted_at=row.admitted_at,
        admission_method=row.admission_method,
        admission_source=row.admission_source,
        discharged_at=row.discharged_at,
        discharge_destination=row.discharge_destination,
        discharge_method=row.discharge_method,
        is_dead=row.is_dead,
        died_at=row.died_at,
        sequence=row.sequence,
        patient_class=row.patient_class,
        stay_id=StayId(row.stay_id) if row.stay_id else None,
    )

"""Attendances at emergency departments, as rebuilt from movements."""

from collections.abc import Iterable

from homeward_kit import aliases
from homeward_kit.database import Tx
from spa_intake.domain.attendance import Attendance
from spa_intake.domain.ids import AttendanceId, PatientKey


async def of_person(tx: Tx, patient_key: PatientKey) -> list[Attendance]:
    """A person's attendances, whichever of their keys each is filed under."""
    keys = await aliases.keys_of(tx, patient_key)
    rows = await tx.execute("SELECT * FROM attendances WHERE patient_key = ANY(:keys)", {"keys": list(keys)})
    return [
        Attendance(
            AttendanceId(row.attendance_id),
            PatientKey(row.patient_key),
            row.revision,
            row.hospital,
            row.visit_number,
            row.attended_at,
            row.is_cancelled,
        )
        for row in rows
    ]


async def save(tx: Tx, attendances: Iterable[Attendance]) -> None:
    for attendance in attendances:
        await tx.execute(
            """
            INSERT INTO attendances (attendance_id, patient_key, revision, hospital, visit_number, attended_at,
                is_cancelled)
            VALUES (:attendance_id, :patient_key, :revision, :hospital, :visit_number, :attended_at, :is_cancelled)
            ON CONFLICT (attendance_id) DO UPDATE SET revision = excluded.revision,
                attended_at = excluded.attended_at, is_cancelled = excluded.is_cancelled
            """,
            vars(attendance),
        )

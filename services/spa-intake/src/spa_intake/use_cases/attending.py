"""What is known of a person's attendances at emergency departments, worked out anew and told where it changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from homeward_kit.database import Tx
from spa_intake.adapters.db import attendances
from spa_intake.adapters.events import telling
from spa_intake.domain.attendance import is_attendance, rebuild_attendances, retell_attendances
from spa_intake.domain.ids import AttendanceId, PatientKey
from spa_intake.domain.movement import Movement


async def bring_attendances_up_to_date(
    tx: Tx, patient_key: PatientKey, told: Sequence[tuple[Movement, PatientKey]], occurred_at: datetime
) -> None:
    """`told`: the person's movements, each with the key that it named. Most people have no attendance to look at."""
    movements = [movement for movement, _ in told]
    if not any(map(is_attendance, movements)):
        return
    changed = retell_attendances(
        {movement.message: key for movement, key in told},
        await attendances.of_person(tx, patient_key),
        rebuild_attendances(movements),
        lambda: AttendanceId(uuid4()),
    )
    await attendances.save(tx, changed)
    for attendance in changed:
        await telling.tell_attendance(tx, attendance, occurred_at)

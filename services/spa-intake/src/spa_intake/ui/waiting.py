"""How much waits for somebody, for the navigation; asked of spa-intake's own API at most every few seconds."""

import time
from dataclasses import dataclass

from spa_intake.read_model.staff_sessions import Staff

from .owners import INTAKE, Owners

KEPT_SECONDS = 10.0
DECIDERS = frozenset({"coordinator"})
PATH = "/api/v1/people/possible-duplicates/waiting"


@dataclass
class Waiting:
    """One per process. The number is the same for everybody who may see it."""

    owners: Owners
    _number: int | None = None
    _asked_at: float = -KEPT_SECONDS

    async def duplicates(self, staff: Staff) -> int | None:
        """How many possible duplicates are not decided; None where the role does not decide, or it is not known now."""
        if staff.role not in DECIDERS:
            return None
        if time.monotonic() - self._asked_at >= KEPT_SECONDS:
            self._asked_at = time.monotonic()
            part = await self.owners.read(staff, INTAKE, PATH)
            self._number = part.data["waiting"] if part.data else None
        return self._number

    def forget(self) -> None:
        """The next page asks again."""
        self._asked_at = -KEPT_SECONDS

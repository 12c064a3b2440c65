"""The hospitals of the world: ADT messages about one person, late, corrected and repeated."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from spa_intake.domain.codes import DIED, Trigger
from spa_intake.domain.inputs import MovementIn, PersonIn
from spa_intake.domain.merging import SaidBy
from spa_intake.domain.stay_history import Stay

from .intake import NUMBERS, Intake
from .world import World, pick

EMERGENCY, PLANNED, HOME, ALIVE = "21", "11", "19", "1"
HOSPITALS = ("RJZ", "RYQ")
MINUTE = timedelta(minutes=1)


class Hospitals:
    """Each action sends one message, where there is something to send one about; all times are past."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[MovementIn] = []

    def stays(self, *, is_open: bool) -> list[Stay]:
        live = [stay for stay in self.world.intake.stays if not stay.content.is_cancelled]
        return [stay for stay in live if stay.content.is_open is is_open]

    def admit(
        self, hospital: str = HOSPITALS[0], method: str = EMERGENCY, ago: timedelta = MINUTE, number: str = "H1"
    ) -> None:
        at = self.world.now - ago
        visit_number = f"V{len(self.sent)}"
        self._send(Trigger.ADMIT, hospital, at, number=number, visit_number=visit_number, admission_method=method)

    def discharge(
        self, index: int = 0, ago: timedelta = MINUTE, method: str = ALIVE, number: str | None = None
    ) -> None:
        """`number`: of the record that the message names, where that is another than the admission named."""
        stay = pick(self.stays(is_open=True), index)
        if stay is not None:
            at = max(self.world.now - ago, stay.content.admitted_at + MINUTE)
            said = {"discharge_destination": HOME, "discharge_method": method}
            self._about(stay, Trigger.DISCHARGE, at, **({"number": number} if number else {}), **said)

    def merge(self, number: str, *, is_merged: bool) -> None:
        """A hospital merges the two records; a coordinator takes it back."""
        by = SaidBy.HOSPITAL if is_merged else SaidBy.STAFF
        self.world.act(self.world.intake, lambda intake: intake.hear_word(number, is_merged=is_merged, by=by))

    def correct_discharge(self, index: int, ago: timedelta, method: str) -> None:
        stay = pick(self.stays(is_open=False), index)
        if stay is not None:
            left_at = max(self.world.now - ago, stay.content.admitted_at + MINUTE)
            self._about(stay, Trigger.UPDATE, self.world.now, discharged_at=left_at, discharge_method=method)

    def correct_admission(self, index: int, method: str) -> None:
        stay = pick(self.world.intake.stays, index)
        if stay is not None:
            self._about(stay, Trigger.UPDATE, self.world.now, admission_method=method)

    def cancel_discharge(self, index: int = 0) -> None:
        stay = pick(self.stays(is_open=False), index)
        if stay is not None:
            self._about(stay, Trigger.CANCEL_DISCHARGE, self.world.now)

    def cancel_admission(self, index: int = 0) -> None:
        stay = pick(self.world.intake.stays, index)
        if stay is not None:
            self._about(stay, Trigger.CANCEL_ADMIT, self.world.now)

    def transfer(self, index: int, ward: str) -> None:
        stay = pick(self.stays(is_open=True), index)
        if stay is not None:
            self._about(stay, Trigger.TRANSFER, self.world.now, ward=ward)

    def cancel_transfer(self, index: int) -> None:
        stay = pick(self.stays(is_open=True), index)
        if stay is not None:
            self._about(stay, Trigger.CANCEL_TRANSFER, self.world.now)

    def die(self, hospital: str = HOSPITALS[0], number: str = "H1", ago: timedelta = MINUTE) -> None:
        died_at = self.world.now - ago
        self._send(Trigger.UPDATE_PERSON, hospital, self.world.now, number=number, is_dead=True, died_at=died_at)

    def die_in_hospital(self, index: int) -> None:
        self.discharge(index, method=DIED)

    def correct_death(self) -> None:
        """Whoever said it takes it back."""
        for message in reversed(self.sent):
            if message.is_dead:
                number = message.person.hospital_number or "H1"
                self._send(Trigger.UPDATE_PERSON, message.hospital, self.world.now, number=number, is_dead=False)
                return
        for stay in self.stays(is_open=False):
            if stay.content.discharge_method == DIED:
                self._about(stay, Trigger.UPDATE, self.world.now, discharge_method=ALIVE)
                return

    def move_house(self, postcode: str) -> None:
        self._send(Trigger.UPDATE_PERSON, HOSPITALS[0], self.world.now, postcode=postcode)

    def repeat(self, index: int) -> None:
        message = pick(self.sent, index)
        if message is not None:
            self.world.act(self.world.intake, lambda intake: intake.move(message))

    def _about(self, stay: Stay, trigger: Trigger, at: datetime, **said: Any) -> None:  # Any: fields of MovementIn
        number = next(number for number, key in NUMBERS.items() if key == stay.patient_key)
        about = {"number": number, "visit_number": stay.content.visit_number} | said
        self._send(trigger, stay.content.hospital, at, **about)

    def _send(
        self,
        trigger: Trigger,
        hospital: str,
        at: datetime,
        *,
        number: str = "H1",
        postcode: str | None = None,
        **said: Any,  # Any: fields of MovementIn
    ) -> None:
        person = PersonIn(hospital, number, "Test", "Person", None, postcode=postcode)
        message = replace(
            MovementIn("PAS", f"M{len(self.sent)}", trigger, person, hospital, at, self.world.now),
            **said,
        )
        self.sent.append(message)

        def move(intake: Intake) -> None:
            intake.move(message)

        self.world.act(self.world.intake, move)

"""One person in hospital, and what everybody does about them, each thing heard by all before the next."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from care_package.domain.line import Line
from spa_intake.domain.referral import Command, Referral
from triage.domain.case import Case

from .hospital import ALIVE, HOSPITALS, Hospitals
from .staff import Staff
from .world import World


class Scene:
    def __init__(self) -> None:
        self.world = World()
        self.hospitals = Hospitals(self.world)
        self.staff = Staff(self.world)

    def do(self, *steps: Callable[[], object]) -> None:
        for step in steps:
            step()
            self.world.settle()

    def wait(self, length: timedelta) -> None:
        self.world.pass_time(length, with_delivery=True)

    # Referrals

    def refer(self) -> None:
        self.do(lambda: self.staff.refer(HOSPITALS[0]))

    @property
    def referral(self) -> Referral:
        (referral,) = self.staff.referrals()
        return referral

    def on_referral(self, *steps: Callable[[Referral], object]) -> None:
        for step in steps:
            self.do(partial(step, self.referral))

    def order(self, command: Command) -> None:
        self.do(lambda: self.staff.order(self.referral, command))

    # Cases

    def open_case(self) -> None:
        self.do(self.hospitals.admit)
        self.refer()
        self.on_referral(self.staff.accept)

    def on_case(self, *steps: Callable[[Case], object]) -> None:
        for step in steps:
            (case,) = self.staff.cases()
            self.do(partial(step, case))

    def decide(self, lines: str) -> None:
        self.on_case(lambda case: self.staff.decide(case, lines))

    # Packages

    def order_package(self, lines: str = "one") -> None:
        self.open_case()
        self.decide(lines)

    def decide_again(self, lines: str) -> None:
        self.on_case(self.staff.reopen)
        self.decide(lines)

    def on_line(self, *steps: Callable[[UUID, Line], object]) -> None:
        for step in steps:
            (found,) = self.staff.lines()
            self.do(partial(step, *found))

    # Watches

    def go_home(self) -> None:
        self.open_case()
        self.do(self.hospitals.discharge)

    def admit_late(self, ago: timedelta) -> None:
        self.do(lambda: self.hospitals.admit(ago=ago))

    def discharge_again(self, ago: timedelta) -> None:
        self.do(lambda: self.hospitals.discharge(ago=ago))

    def correct_discharge(self, ago: timedelta) -> None:
        self.do(lambda: self.hospitals.correct_discharge(0, ago, ALIVE))

    def die(self, ago: timedelta) -> None:
        self.do(lambda: self.hospitals.die(ago=ago))

"""The people of the world: coordinators, wards, the MDT, brokers and providers, who act on what they see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from care_package.domain import steps
from care_package.domain.facts import Facts
from care_package.domain.ids import OfferId
from care_package.domain.line import Line, LineState
from care_package.domain.offer import Answer
from care_package.domain.package import Change, Package
from spa_intake.domain.codes import CloseReason, Criterion, DeclineReason, Need, WithdrawReason
from spa_intake.domain.criteria import Assessment
from spa_intake.domain.ids import ReferralId
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.referral import Command, Referral, ReferralState
from spa_intake.domain.referral_commands import Amend, Close, Decline, Query, Withdraw
from spa_intake.domain.referral_commands import Answer as WardAnswer
from triage.domain import codes, commands, events
from triage.domain.case import Case, Outcome
from triage.domain.facts import JourneyFacts

from .cases import POLICY
from .intake import NUMBERS
from .member import named
from .world import World

NOT_READY = (Criterion.IV_FLUIDS,)
A_VISIT = events.LineSpec(codes.Service.HOME_CARE, 2, 30, 1, 7)
LINES = {
    "one": (A_VISIT,),
    "more": (events.LineSpec(codes.Service.HOME_CARE, 4, 30, 1, 7),),
    "two": (A_VISIT, events.LineSpec(codes.Service.EQUIPMENT)),
    "other": (events.LineSpec(codes.Service.EQUIPMENT),),
    "none": (),
}
LIVE = frozenset({ReferralState.RECEIVED, ReferralState.QUERIED, ReferralState.ACCEPTED})


def decision(lines: str) -> commands.DecisionOrder:
    """On pathway 1, or 0 where nothing is to be brokered."""
    return commands.DecisionOrder(
        pathway=1 if LINES[lines] else 0,
        participants=(codes.Role.NURSE,),
        lines=LINES[lines],
        differs_reason=codes.DiffersReason.CLINICAL_JUDGEMENT,
        note_id=named("note"),
    )


class Staff:
    """Each does one thing where it can be asked at all; the services may still refuse it."""

    def __init__(self, world: World) -> None:
        self.world = world

    # Referrals

    def referrals(self, *states: ReferralState) -> list[Referral]:
        return [one for one in self.world.intake.referrals.values() if not states or one.state in states]

    def refer(
        self, hospital: str, *, is_ready: bool = True, visit_number: str | None = None, number: str = "H1"
    ) -> bool:
        facts = ReferralFacts(
            referring_organisation=hospital,
            hospital=hospital,
            ward="W7",
            expected_discharge_on=(self.world.now + timedelta(days=2)).date(),
            criteria_to_reside=() if is_ready else NOT_READY,
            needs=(Need.MEALS,),
        )
        return self.world.act(self.world.intake, lambda intake: intake.refer(facts, visit_number, NUMBERS[number]))

    def accept(self, referral: Referral) -> bool:
        referral_id = referral.referral_id
        return self.world.act(self.world.intake, lambda intake: intake.accept(referral_id))

    def decline(self, referral: Referral) -> None:
        self.order(referral, Decline(DeclineReason.OUT_OF_AREA))

    def withdraw(self, referral: Referral) -> None:
        self.order(referral, Withdraw(WithdrawReason.NO_LONGER_NEEDED))

    def close(self, referral: Referral) -> None:
        self.order(referral, Close(CloseReason.MOVED_AWAY))

    def query(self, referral: Referral, missing: str = "needs") -> None:
        self.order(referral, Query((missing,)))

    def answer(self, referral: Referral) -> None:
        self.order(referral, WardAnswer(referral.facts))

    def assess_readiness(self, referral: Referral, *criteria: Criterion, ago: timedelta = timedelta()) -> None:
        referral_id, assessment = referral.referral_id, Assessment(self.world.now - ago, criteria)
        self.world.act(self.world.intake, lambda intake: intake.assess(referral_id, assessment))

    def amend(self, referral: Referral, days: int) -> None:
        date = (self.world.now + timedelta(days=days)).date()
        self.order(referral, Amend(replace(referral.facts, expected_discharge_on=date)))

    def order(self, referral: Referral, command: Command) -> bool:
        referral_id: ReferralId = referral.referral_id
        return self.world.act(self.world.intake, lambda intake: intake.order(referral_id, command))

    # Cases

    def cases(self) -> list[Case]:
        return [case for case in self.world.triage.cases.values() if not case.is_closed]

    def assess(self, case: Case, finding: str = "meals") -> None:
        number = sum(len(each.assessments) for each in self.world.triage.cases.values())
        now = self.world.settled_at
        assessment = events.Assessment(named(f"assessment/{number}"), codes.Role.NURSE, (finding,), None, "nurse", now)
        self._on_case(case, lambda known, _: commands.record_assessment(known, assessment))

    def decide(self, case: Case, lines: str = "one") -> bool:
        order = decision(lines)
        now = self.world.settled_at
        return self._on_case(case, lambda known, facts: commands.decide(known, facts, order, POLICY, now))

    def reopen(self, case: Case) -> None:
        self._on_case(case, lambda known, _: commands.reopen(known, codes.ReopenReason.NEEDS_CHANGED))

    def return_case(self, case: Case, missing: str = "mobility") -> None:
        self._on_case(case, lambda known, facts: commands.return_to_ward(known, facts, (missing,)))

    def close_case(self, case: Case) -> None:
        now = self.world.settled_at
        self._on_case(case, lambda known, _: commands.close(known, codes.CloseReason.NOT_SUITABLE, now))

    def set_target(self, case: Case, days: int) -> None:
        now = self.world.settled_at
        date = (now + timedelta(days=days)).date()
        self._on_case(case, lambda known, _: commands.set_target(known, date, codes.TargetReason.MEDICAL, now))

    def _on_case(self, case: Case, act: Callable[[Case, JourneyFacts], Outcome]) -> bool:
        referral_id = case.referral_id
        return self.world.act(self.world.triage, lambda triage: triage.order(referral_id, act))

    # Packages

    def lines(self, *states: LineState) -> list[tuple[UUID, Line]]:
        """The lines of the newest packages, each with its referral."""
        newest = [package for key in self.world.packages.packages if (package := self.world.packages.newest(key))]
        return [
            (package.referral_id, line)
            for package in newest
            for line in package.lines
            if (line.state in states if states else line.is_open)
        ]

    def asked(self) -> list[tuple[UUID, Line]]:
        return [(referral_id, line) for referral_id, line in self.lines() if line.open_offers]

    def take_offer(self, referral_id: UUID, line: Line) -> bool:
        return self._answer(referral_id, line, steps.accept_offer)

    def refuse_offer(self, referral_id: UUID, line: Line) -> bool:
        return self._answer(referral_id, line, steps.decline_offer)

    def _answer(self, referral_id: UUID, line: Line, step: Callable[[Package, OfferId, Answer], Change]) -> bool:
        """The offer that the line has open then: which wave it is may differ with the order of delivery."""
        answer = Answer(self.world.settled_at, reason="no_capacity")

        def act(package: Package, _: Facts) -> Change:
            return step(package, package.line(line.line_id).open_offers[0].offer_id, answer)

        return self._on_package(referral_id, act)

    def start(self, referral_id: UUID, line: Line) -> bool:
        now = self.world.settled_at
        return self._on_package(referral_id, lambda package, _: steps.start_line(package, line.line_id, now, now))

    def fall_through(self, referral_id: UUID, line: Line) -> bool:
        now = self.world.settled_at
        return self._on_package(
            referral_id, lambda package, _: steps.fall_through(package, line.line_id, "no_capacity", now)
        )

    def hand_back(self, referral_id: UUID, line: Line) -> bool:
        return self._on_package(
            referral_id,
            lambda package, facts: steps.hand_back(
                package, line.line_id, "no_capacity", is_stopped=facts.stop is not None
            ),
        )

    def end(self, referral_id: UUID, line: Line) -> bool:
        return self._on_package(referral_id, lambda package, _: steps.end_line(package, line.line_id, "independent"))

    def resume(self, referral_id: UUID, line: Line) -> bool:
        return self._on_package(referral_id, lambda package, _: steps.resume_line(package, line.line_id))

    def cancel(self, referral_id: UUID, line: Line) -> bool:
        now = self.world.settled_at
        return self._on_package(
            referral_id, lambda package, _: steps.cancel_line(package, line.line_id, "not_needed", now)
        )

    def _on_package(self, referral_id: UUID, act: Callable[[Package, Facts], Change]) -> bool:
        return self.world.act(self.world.packages, lambda packages: packages.order(referral_id, act))

"""spa-intake without its database: one person, their movements, stays and referrals."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid5

from homeward_kit.envelope import ConsumedEvent, Received
from spa_intake.adapters.events import consumed, telling
from spa_intake.domain import acceptance, case_word, outcome
from spa_intake.domain.acceptance import Standing
from spa_intake.domain.codes import CloseReason, Kind, Source
from spa_intake.domain.following import follow
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.inputs import MovementIn, ReferralFacts
from spa_intake.domain.linking import link
from spa_intake.domain.movement import Movement, message_name, movement_of
from spa_intake.domain.person import Person, death_of, described, identify, settled, with_person
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Change, Command, Referral, ReferralFact, ReferralState, decide
from spa_intake.domain.stay import rebuild
from spa_intake.domain.stay_history import Stay, retell
from spa_intake.entrypoints.worker import HANDLERS

from .member import PATIENT, START, Member, models_of

POLICY = Policy()
KEY = PatientKey(PATIENT)


class Intake(Member):
    name = "spa-intake"
    models = models_of(HANDLERS)

    def __init__(self) -> None:
        super().__init__()
        self.person = Person(KEY, START, born_on=date(1941, 5, 6))
        self.movements: list[Movement] = []
        self.stays: tuple[Stay, ...] = ()
        self.referrals: dict[ReferralId, Referral] = {}
        self.closing: dict[ReferralId, datetime] = {}  # timers: a day after a readmission
        self.to_refer_again: set[ReferralId] = set()
        self.inbox: set[UUID] = set()  # this service's handlers rely on it: they are not all facts and reconcile

    # Commands

    def refer(self, facts: ReferralFacts, visit_number: str | None) -> None:
        new = Referral(
            referral_id=ReferralId(self._new_id(f"referral/{len(self.referrals)}")),
            patient_key=KEY,
            kind=Kind.HOSPITAL_DISCHARGE,
            source=Source.REST,
            state=ReferralState.RECEIVED,
            version=1,
            facts=with_person(facts, self.person, self.now.date()),
            received_at=self.now,
            visit_number=visit_number,
        )
        change = acceptance.receive(new, self._standing(), has_died=self.person.has_died)
        self._record([change])
        self._record(link(change.referral, self.stays, POLICY.link_window, self.now))

    def accept(self, referral_id: ReferralId) -> None:
        others, has_died = self.referrals.values(), self.person.has_died
        self._record(acceptance.accept(self.referrals[referral_id], others, self.now, has_died=has_died))

    def order(self, referral_id: ReferralId, command: Command) -> None:
        self._record([decide(self.referrals[referral_id], command, self.now)])

    def move(self, message: MovementIn) -> None:
        name = message_name(message, "the same text")
        if any(known.message == name for known in self.movements):
            return
        identity = identify(message.person, message.hospital, POLICY)
        self.person = described(self.person, message.person, identity, message.sent_at, takes=True)
        movement = movement_of(message, name)
        history = retell(
            KEY,
            self.stays,
            rebuild([*self.movements, movement]),
            newest=movement,
            new_id=lambda: StayId(self._new_id(f"stay/{name}")),
        )
        self.stays = history.stays
        self.movements = [
            replace(each, stay_id=history.stay_of.get(each.message)) for each in (*self.movements, movement)
        ]
        self._settle_death()
        for referral in list(self.referrals.values()):
            self._record(follow(referral, self.person, self.stays, POLICY, self.now))
        for change in history.changes:
            event = telling.STAY_EVENTS[change.fact](
                stay=telling.stay_facts(change.stay), occurred_at=movement.occurred_at
            )
            self.tell(event, f"stay/{change.stay.stay_id}", change.stay.revision)

    def _settle_death(self) -> None:
        before = self.person
        self.person = settled(before, death_of(self.movements, [stay.content for stay in self.stays]))
        if self.person != before:
            self.tell(telling.death_event(self.person), f"person/{KEY}", self.person.death_revision)

    def _standing(self) -> list[Standing]:
        left_at = {stay.stay_id: stay.content.discharged_at for stay in self.stays if not stay.content.is_cancelled}
        return [Standing(one, left_at.get(one.stay_id) if one.stay_id else None) for one in self.referrals.values()]

    def _new_id(self, name: str) -> UUID:
        return uuid5(PATIENT, name)

    def _record(self, changes: Iterable[Change]) -> None:
        for change in changes:
            referral, happened = change.referral, change.happened
            known = self.referrals.get(referral.referral_id)
            if happened is None:
                assert referral == known, "a change that nobody is told of"
                continue
            assert referral.version == (known.version if known else 0) + 1
            if happened.fact is ReferralFact.STAY_UNLINKED:
                self.closing.pop(referral.referral_id, None)
            self.referrals[referral.referral_id] = referral
            linked = next((stay for stay in self.stays if stay.stay_id == happened.stay_id), None)
            subject = f"referral/{referral.referral_id}"
            event = telling.referral_event(referral, happened, linked)
            self.tell(event, subject, referral.version, referral.referral_id)

    # What the others tell

    def handle(self, received: Received[ConsumedEvent]) -> None:
        if received.event_id in self.inbox:
            return
        self.inbox.add(received.event_id)
        match received.payload:
            case consumed.CaseReturned() as case if referral := self._of(case):
                self._record_one(case_word.ask_ward(referral, case.missing, case.asked_by, self.now))
            case consumed.CaseClosed() as case if referral := self._of(case):
                self._record_one(case_word.close_unsuitable(referral, case.reason, self.now))
            case consumed.WatchCompleted() as watch:
                closed = outcome.close_after_watch(self.referrals.values(), StayId(watch.stay_id), self.now)
                self._record(closed)
            case consumed.ReadmissionDetected() as watch:
                for referral in outcome.ended_by_outcome(self.referrals.values(), StayId(watch.stay_id)):
                    self.closing[referral.referral_id] = received.time + POLICY.close_after_readmission
            case consumed.ReadmissionRetracted() | consumed.WatchVoided() as watch:
                self._take_back(watch)

    def _of(self, case: consumed.CaseEvent) -> Referral | None:
        return self.referrals.get(ReferralId(case.referral_id))

    def _record_one(self, change: Change | None) -> None:
        self._record([change] if change else [])

    def _take_back(self, watch: consumed.WatchEvent) -> None:
        stay_id, referral_id = StayId(watch.stay_id), ReferralId(watch.referral_id)
        for referral in outcome.spared(self.referrals.values(), stay_id, referral_id):
            self.closing.pop(referral.referral_id, None)
            if referral.ended_reason == CloseReason.READMITTED:
                self.to_refer_again.add(referral.referral_id)

    def timers(self) -> list[datetime]:
        return list(self.closing.values())

    def fire(self) -> None:
        for referral_id in [each for each, due_at in self.closing.items() if due_at <= self.now]:
            del self.closing[referral_id]
            self._record_one(outcome.close_after_readmission(self.referrals[referral_id], self.now))

    def live_work(self) -> object:
        """Why a referral ended may differ where two reasons were on their way."""
        return (
            {
                key: (one.state, one.stay_id, (one.queried_from, one.missing) if one.is_live else None)
                for key, one in self.referrals.items()
            },
            {key: due_at for key, due_at in self.closing.items() if self.referrals[key].is_live},
            set(self.to_refer_again),
        )

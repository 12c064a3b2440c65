"""spa-intake without its database: two records, perhaps of one person, their movements, stays and referrals."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from uuid import UUID, uuid5

from homeward_kit.envelope import ConsumedEvent, Received
from spa_intake.adapters.events import consumed, telling
from spa_intake.domain import acceptance, case_word, merging, outcome
from spa_intake.domain.acceptance import Standing
from spa_intake.domain.codes import CloseReason, Kind, ReadinessReason, Source, Trigger
from spa_intake.domain.criteria import Assessment, first_assessment, next_lapse, readiness, series
from spa_intake.domain.following import follow
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.inputs import MovementIn, ReferralFacts
from spa_intake.domain.linking import link
from spa_intake.domain.merging import Merge, Said, SaidBy
from spa_intake.domain.movement import Movement, message_name, movement_of
from spa_intake.domain.person import Person, death_of, described, identify, settled, with_person
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Change, Command, Referral, ReferralFact, ReferralState, decide
from spa_intake.domain.stay import rebuild
from spa_intake.domain.stay_history import Stay, retell
from spa_intake.entrypoints.worker import HANDLERS

from .member import OTHER, PATIENT, START, Member, models_of

POLICY = Policy()
NUMBERS = {"H1": PatientKey(PATIENT), "H2": PatientKey(OTHER)}


class Intake(Member):
    name = "spa-intake"
    models = models_of(HANDLERS)

    def __init__(self) -> None:
        super().__init__()
        self.people = {key: Person(key, START, born_on=date(1941, 5, 6)) for key in NUMBERS.values()}
        self.merge: Merge | None = None
        self.movements: list[Movement] = []
        self.whose: dict[str, PatientKey] = {}  # by message
        self.stays: tuple[Stay, ...] = ()
        self.numbers = count()
        self.referrals: dict[ReferralId, Referral] = {}
        self.closing: dict[ReferralId, datetime] = {}  # timers: a day after a readmission
        self.assessed: dict[ReferralId, list[Assessment]] = {}
        self.to_refer_again: set[ReferralId] = set()
        self.inbox: set[UUID] = set()  # this service's handlers rely on it: they are not all facts and reconcile

    # Commands

    def refer(self, facts: ReferralFacts, visit_number: str | None, key: PatientKey) -> None:
        person = self.people[key]
        new = Referral(
            referral_id=ReferralId(self._new_id(f"referral/{len(self.referrals)}")),
            patient_key=key,
            kind=Kind.HOSPITAL_DISCHARGE,
            source=Source.REST,
            state=ReferralState.RECEIVED,
            version=1,
            facts=with_person(facts, person, self.now.date()),
            received_at=self.now,
            visit_number=visit_number,
        )
        change = acceptance.receive(new, self._standing(key), has_died=person.has_died)
        self._record([change])
        if first := first_assessment(change.referral.facts, self.now):
            self.assessed[change.referral.referral_id] = [first]
        self._record(link(change.referral, self.stays_of(key), POLICY.link_window, self.now))

    def accept(self, referral_id: ReferralId) -> None:
        key = self.referrals[referral_id].patient_key
        others, has_died = self.referrals_of(key), self.people[key].has_died
        self._record(acceptance.accept(self.referrals[referral_id], others, self.now, has_died=has_died))

    def order(self, referral_id: ReferralId, command: Command) -> None:
        self._record([decide(self.referrals[referral_id], command, self.now)])

    def assess(self, referral_id: ReferralId, assessment: Assessment) -> None:
        known = [*self.assessed.get(referral_id, ()), replace(assessment, recorded_at=self.now)]
        self._settle_readiness(referral_id, known, ReadinessReason.ASSESSED)
        self.assessed[referral_id] = known

    def _settle_readiness(self, referral_id: ReferralId, known: list[Assessment], reason: ReadinessReason) -> None:
        command = readiness(series(known), self.now, reason)
        if command is not None:
            self._record([decide(self.referrals[referral_id], command, self.now)])

    def lapses(self) -> dict[ReferralId, datetime]:
        """Timers: when the clock ends the next criterion that a live referral still has."""
        found = {}
        for key, known in self.assessed.items():
            referral = self.referrals[key]
            met = [one for one in series(known)[-1].met if one.criterion in referral.facts.criteria_to_reside]
            due_at = next_lapse(met)
            if due_at is not None and referral.is_live:
                found[key] = due_at
        return found

    def move(self, message: MovementIn) -> None:
        name = message_name(message, "the same text")
        if name in self.whose:
            return
        key = NUMBERS[message.person.hospital_number or ""]
        identity = identify(message.person, message.hospital, POLICY)
        self.people[key] = described(self.people[key], message.person, identity, message.sent_at, takes=True)
        movement = movement_of(message, name)
        self.movements.append(movement)
        self.whose[name] = key
        self._bring_up_to_date(self.keys.of(key), movement.occurred_at, movement.trigger)

    def hear_word(self, number: str, *, is_merged: bool, by: SaidBy) -> None:
        """Somebody says that the two records are one person's (then this one survives), or that they are not."""
        survivor, retired = sorted(NUMBERS.values(), key=lambda key: key != NUMBERS[number])
        heard = merging.hear(self.merge, Said(survivor, retired, is_merged, self.now, by))
        if heard is None:
            return
        known, self.merge = self.merge, heard
        if not merging.is_news(known, heard):
            return
        self.keys.hear(heard.revision, is_merged=is_merged)
        event, subject = telling.merge_event(heard), "alias"
        self.tell(event, subject, heard.revision, survivor)
        for keys in self.keys.groups:
            self._bring_up_to_date(keys, self.now, None)

    def _bring_up_to_date(self, keys: frozenset[UUID], occurred_at: datetime, trigger: Trigger | None) -> None:
        movements = [movement for movement in self.movements if self.whose[movement.message] in keys]
        history = retell(
            self.whose,
            [stay for stay in self.stays if stay.patient_key in keys],
            rebuild(movements),
            trigger=trigger,
            new_id=lambda: StayId(self._new_id(f"stay/{len(self.stays)}/{next(self.numbers)}")),
        )
        self.stays = (*(stay for stay in self.stays if stay.patient_key not in keys), *history.stays)
        self.movements = [
            replace(each, stay_id=history.stay_of.get(each.message)) if each in movements else each
            for each in self.movements
        ]
        self._settle_death(keys, movements, history.stays)
        for key in sorted(keys):
            for referral in [one for one in self.referrals.values() if one.patient_key == key]:
                self._record(follow(referral, self.people[referral.patient_key], history.stays, POLICY, self.now))
        for change in history.changes:
            event = telling.STAY_EVENTS[change.fact](stay=telling.stay_facts(change.stay), occurred_at=occurred_at)
            self.tell(event, f"stay/{change.stay.stay_id}", change.stay.revision, change.stay.patient_key)

    def _settle_death(self, keys: frozenset[UUID], movements: list[Movement], stays: Sequence[Stay]) -> None:
        died_at = death_of(movements, [stay.content for stay in stays])
        for key in sorted(PatientKey(one) for one in keys):
            before = self.people[key]
            self.people[key] = settled(before, died_at)
            if self.people[key] != before:
                death = self.people[key]
                self.tell(telling.death_event(death), f"person/{key}", death.death_revision, key)

    def stays_of(self, key: UUID) -> list[Stay]:
        return [stay for stay in self.stays if stay.patient_key in self.keys.of(key)]

    def referrals_of(self, key: UUID) -> list[Referral]:
        return [one for one in self.referrals.values() if one.patient_key in self.keys.of(key)]

    def _standing(self, key: UUID) -> list[Standing]:
        stays = self.stays_of(key)
        left_at = {stay.stay_id: stay.content.discharged_at for stay in stays if not stay.content.is_cancelled}
        return [Standing(one, left_at.get(one.stay_id) if one.stay_id else None) for one in self.referrals_of(key)]

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
            self.taken.add((known.state if known else None, happened.fact))
            self.referrals[referral.referral_id] = referral
            linked = next((stay for stay in self.stays if stay.stay_id == happened.stay_id), None)
            subject = f"referral/{referral.referral_id}"
            event = telling.referral_event(referral, happened, linked)
            self.tell(event, subject, referral.version, referral.patient_key, referral.referral_id)

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
                closed = outcome.close_after_watch(
                    self.referrals_of(watch.patient_key), StayId(watch.stay_id), self.now
                )
                self._record(closed)
            case consumed.ReadmissionDetected() as watch:
                for referral in outcome.ended_by_outcome(self.referrals_of(watch.patient_key), StayId(watch.stay_id)):
                    self.closing[referral.referral_id] = received.time + POLICY.close_after_readmission
            case consumed.ReadmissionRetracted() | consumed.WatchVoided() as watch:
                self._take_back(watch)

    def _of(self, case: consumed.CaseEvent) -> Referral | None:
        return self.referrals.get(ReferralId(case.referral_id))

    def _record_one(self, change: Change | None) -> None:
        self._record([change] if change else [])

    def _take_back(self, watch: consumed.WatchEvent) -> None:
        stay_id, referral_id = StayId(watch.stay_id), ReferralId(watch.referral_id)
        for referral in outcome.spared(self.referrals_of(watch.patient_key), stay_id, referral_id):
            self.closing.pop(referral.referral_id, None)
            if referral.ended_reason == CloseReason.READMITTED:
                self.to_refer_again.add(referral.referral_id)

    def timers(self) -> list[datetime]:
        return [*self.closing.values(), *self.lapses().values()]

    def fire(self) -> None:
        for referral_id in [each for each, due_at in self.lapses().items() if due_at <= self.now]:
            self._settle_readiness(referral_id, self.assessed[referral_id], ReadinessReason.LAPSED)
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

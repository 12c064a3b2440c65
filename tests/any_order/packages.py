"""care-package without its database; the market never runs out of places, only of providers."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from care_package.adapters.events import consumed
from care_package.adapters.events.translate import to_published
from care_package.domain.codes import ServiceCode
from care_package.domain.eligibility import Capacity, Provider
from care_package.domain.facts import Facts, PersonFacts, ReferralFacts, StayFacts
from care_package.domain.ids import LineId, PatientKey, ProviderId, ReferralId, StayId
from care_package.domain.line import TRANSITIONS, Line, Step
from care_package.domain.offer import OfferState
from care_package.domain.offering import send_offers
from care_package.domain.package import EVENT_OF_OFFER, EVENTS_OF_STEP, Change, EventKind, Package, PackageEvent
from care_package.domain.policy import Policy
from care_package.domain.reconcile import NEW_DECISION, hospital_deadline, reconcile
from care_package.entrypoints.worker import HANDLERS
from homeward_kit.envelope import ConsumedEvent, Received

from .member import OTHER, PATIENT, START, Member, models_of, named

POLICY = Policy()
MARKET = [
    Provider(
        ProviderId(named(name)),
        name,
        frozenset({"BR1", "BR2"}),
        {service.value: Capacity(9, START) for service in ServiceCode},
    )
    for name in ("Abbey Care", "Beacon Care")
]
Act = Callable[[Package, Facts], Change]


class Packages(Member):
    name = "care-package"
    models = models_of(HANDLERS)

    def __init__(self) -> None:
        super().__init__()
        self.referrals: dict[ReferralId, ReferralFacts] = {}
        self.stays: dict[StayId, StayFacts] = {}
        self.people = {key: PersonFacts(PatientKey(key)) for key in (PATIENT, OTHER)}
        self.packages: dict[ReferralId, tuple[Package, ...]] = {}  # oldest first

    def facts(self, referral_id: ReferralId) -> Facts:
        referral = self.referrals[referral_id]
        keys = self.keys.of(referral.patient_key)
        stays = {stay_id: stay for stay_id, stay in self.stays.items() if stay.patient_key in keys}
        return Facts(referral, self.people[referral.patient_key], stays)

    def newest(self, referral_id: UUID) -> Package | None:
        return next(iter(self.packages.get(ReferralId(referral_id), ())[-1:]), None)

    def order(self, referral_id: UUID, act: Act) -> None:
        package = self.newest(referral_id)
        assert package is not None
        self._bring_up_to_date(self.keys.of(package.patient_key), act(package, self.facts(ReferralId(referral_id))))

    def handle(self, received: Received[ConsumedEvent]) -> None:
        event = received.payload
        key = PatientKey(UUID(received.key))
        match event:
            case consumed.AliasIn():
                self.keys.hear(event.revision, is_merged=isinstance(event, consumed.PatientMergedIn))
                self.fire()
                return
            case consumed.ReferralEventIn():
                news = event.to_news(_version(received))
                self._learn(event.referral_id, key, lambda known: known.with_news(news))
                self._merge(event.linked_stay())
            case consumed.PathwayDecidedIn():
                version = _version(received)
                decision = event.to_decision()
                self._learn(
                    event.referral_id,
                    key,
                    lambda known: known.with_decision(decision).with_target(event.target_on, version),
                )
            case consumed.CaseTargetSetIn():
                version = _version(received)
                self._learn(event.referral_id, key, lambda known: known.with_target(event.target_on, version))
            case consumed.StayEventIn():
                self._merge(event.stay.to_facts())
            case consumed.PatientDiedIn() | consumed.PatientDeathCorrectedIn():
                self.people[key] = self.people[key].with_death(event.revision, event.recorded_at(received.time))
            case _:
                raise AssertionError(received.type)
        self._bring_up_to_date(self.keys.of(key))

    def fire(self) -> None:
        for keys in self.keys.groups:
            self._bring_up_to_date(keys)

    def _learn(self, referral_id: ReferralId, key: PatientKey, learn: Callable[[ReferralFacts], ReferralFacts]) -> None:
        self.referrals[referral_id] = learn(self.referrals.get(referral_id) or ReferralFacts(referral_id, key))

    def _merge(self, stay: StayFacts | None) -> None:
        if stay is not None:
            self.stays[stay.stay_id] = stay.merged(self.stays.get(stay.stay_id))

    def _bring_up_to_date(self, keys: Collection[UUID], change: Change | None = None) -> None:
        for referral_id in sorted(self.referrals):
            if self.referrals[referral_id].patient_key not in keys:
                continue
            before = self.newest(referral_id)
            is_commanded = change is not None and before is not None and change.package.package_id == before.package_id
            package = change.package if change is not None and is_commanded else before
            outcome = reconcile(self.facts(referral_id), package, self.now, POLICY)
            if outcome.package is None:
                continue
            sent = send_offers(outcome.package, MARKET, self.now, POLICY)
            events = [*(change.events if change is not None and is_commanded else ()), *outcome.events, *sent.events]
            self._keep(before, sent.package, events)

    def _keep(self, before: Package | None, after: Package, events: list[PackageEvent]) -> None:
        check_that_it_is_told(before, after, events)
        self.taken |= set(steps_of(before, events))
        is_same = before is not None and before.package_id == after.package_id
        known = self.packages.get(after.referral_id, ())
        self.packages[after.referral_id] = (*(known[:-1] if is_same else known), after)
        for event in events:
            subject = f"package/{after.package_id}"
            self.tell(to_published(event), subject, event.package.version, after.patient_key, after.referral_id)

    def timers(self) -> list[datetime]:
        newest = [package for key in self.packages if (package := self.newest(key))]
        hospital = [at for package in newest if (at := hospital_deadline(package, POLICY))]
        return hospital + [
            offer.respond_by for package in newest for line in package.lines for offer in line.open_offers
        ]

    def live_work(self) -> object:
        return {
            package.package_id: (
                package.decision,
                package.target_on,
                package.holds,
                [_work(line) for line in _open(package)],
            )
            for packages in self.packages.values()
            for package in packages
            if package.is_live
        }

    @property
    def details(self) -> object:
        """Whether a hold was seen that was over when all had arrived, so that a provider is asked again."""
        return dict(self.packages)

    @details.setter
    def details(self, details: object) -> None:
        assert isinstance(details, dict)
        self.packages = dict(details)


def _open(package: Package) -> list[Line]:
    return sorted((line for line in package.lines if line.is_open), key=lambda line: str(line.line_id))


def _work(line: Line) -> object:
    return line.line_id, line.state, line.spec, line.wanted


def _version(received: Received[ConsumedEvent]) -> int:
    assert received.aggregate_version is not None
    return received.aggregate_version


def steps_of(before: Package | None, events: Sequence[PackageEvent]) -> Iterator[tuple[object, object]]:
    """What happened to lines and offers, event by event; each step is one of the table's."""
    known: dict[LineId, Line] = {line.line_id: line for line in before.lines} if before else {}
    for event in events:
        if event.offer is not None:
            yield None if event.offer.is_open else OfferState.SENT, event.offer.state
        for line in event.package.lines:
            last = known.get(line.line_id, line)
            if (last.state, last.round) != (line.state, line.round):
                yield last.state, _step(last, line)
        known = {line.line_id: line for line in event.package.lines}


def _step(last: Line, line: Line) -> Step:
    """Between the same states a newer decision is followed, where it gave the reason."""
    found = {step for (state, step), reached in TRANSITIONS.items() if (state, reached) == (last.state, line.state)}
    if Step.FOLLOW in found:
        found = {Step.FOLLOW} if line.reason == NEW_DECISION else found - {Step.FOLLOW}
    (step,) = found
    return step


def check_that_it_is_told(before: Package | None, after: Package, events: list[PackageEvent]) -> None:
    """No transition without an event about that line or offer; each event has the next version."""
    told = {(line_id, event.kind) for event in events for line_id in event.concerns}
    if before is None or before.package_id != after.package_id:
        assert events
        assert events[0].kind is EventKind.PACKAGE_OPENED
        return
    assert [event.package.version for event in events] == [before.version + n for n in range(1, len(events) + 1)]
    states = {line.line_id: line.state for line in before.lines}
    offers = {offer.offer_id: offer.state for line in before.lines for offer in line.offers}
    for line in after.lines:
        if states.get(line.line_id) is not line.state:
            steps = {step for (_, step), reached in TRANSITIONS.items() if reached is line.state}
            kinds = {kind for step in steps for kind in EVENTS_OF_STEP[step]} | {EventKind.PACKAGE_REOPENED}
            assert kinds & {kind for line_id, kind in told if line_id == line.line_id}, (line, told)
        for offer in line.offers:
            if offers.get(offer.offer_id) is not offer.state:
                assert (line.line_id, EVENT_OF_OFFER[offer.state]) in told
    if before.holds != after.holds and after.is_live:
        assert {EventKind.PACKAGE_HELD, EventKind.PACKAGE_RESUMED} & {event.kind for event in events}

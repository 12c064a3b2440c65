"""Receive referrals: recognise the person, let it in or refuse it, and link it to the hospital stay; many at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from homeward_kit import telemetry
from homeward_kit.database import Tx
from homeward_kit.values import Refusal
from spa_intake.adapters.db import notes, referral_contents, referrals, stays
from spa_intake.adapters.db.recognition import Recognised, Roll, call_roll
from spa_intake.adapters.events import telling
from spa_intake.domain.acceptance import Standing, receive
from spa_intake.domain.ids import NoteId, PatientKey, ReferralId
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.linking import link
from spa_intake.domain.person import Identity, Person, check_nhs_number, identify, with_person
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Change, Referral, ReferralState, decide
from spa_intake.domain.referral_commands import Note
from spa_intake.domain.stay_history import Stay

from .assessing import start_clock
from .informing import inform_ward
from .recording import audit_change


@dataclass(frozen=True)
class Taken:
    """A referral that was let in, as it is now."""

    referral: Referral
    person: Person
    stay: Stay | None  # the one it was linked to
    event_ids: Sequence[UUID]


@dataclass(frozen=True)
class _Decided:
    """What becomes of one referral: its changes in their order, each with the name of its use case."""

    asked: ReferralIn
    person: Person
    changes: Sequence[tuple[Change, str]]
    stay: Stay | None

    @property
    def referral(self) -> Referral:
        return self.changes[-1][0].referral


async def receive_referral(tx: Tx, asked: ReferralIn, policy: Policy) -> Referral:
    """Refuses with PersonAlreadyReferred (naming the referral that blocks) and PersonHasDied."""
    (taken,) = await receive_referrals(tx, [asked], policy)
    if isinstance(taken, Refusal):
        raise taken
    telemetry.set_referral(taken.referral.referral_id)
    await tx.flush()
    return taken.referral


async def receive_referrals(
    tx: Tx, asked: Sequence[ReferralIn], policy: Policy, begin: Callable[[int], None] = lambda _: None
) -> list[Taken | Refusal]:
    """As if they came one after the other; a refusal of one changes nothing for the others.

    `begin` is called with a referral's place before anything of it is recorded.
    """
    identities = [identify(one.person, one.facts.referring_organisation, policy) for one in asked]
    roll = await call_roll(tx, identities)
    standing = await referrals.standing_of(tx, roll.people)
    meeting = _Meeting(tx, policy, roll, standing, await stays.of_people(tx, roll.people))
    decided = [meeting.decide(one, identity) for one, identity in zip(asked, identities, strict=True)]
    await roll.save(tx)
    return [await _record(tx, one, place, begin) for place, one in enumerate(decided)]


@dataclass
class _Meeting:
    """What is known while the referrals are decided, one after the other."""

    tx: Tx
    policy: Policy
    roll: Roll
    standing: dict[PatientKey, list[Standing]]
    stays: Mapping[PatientKey, Sequence[Stay]]

    def decide(self, asked: ReferralIn, identity: Identity) -> _Decided | Refusal:
        now = self.tx.now
        recognised = self.roll.recognise(asked.person, identity, now)
        person = recognised.person
        keys = self.roll.keys_of(person.patient_key)
        standing = [one for key in keys for one in self.standing.get(key, [])]
        try:
            check_nhs_number(identity, self.policy)
            received = receive(_new_referral(self.tx, asked, person), standing, has_died=person.has_died)
        except Refusal as refusal:
            return refusal
        changes = [(received, "receive_referral")]
        if asked.reason_text:
            changes.append((decide(received.referral, Note(NoteId(uuid4())), now), "record_note"))
        stays_of_person = [stay for key in keys for stay in self.stays.get(key, [])]
        linked = link(changes[-1][0].referral, stays_of_person, self.policy.link_window, now)
        changes += [(change, "link_stay") for change in linked]
        return self._keep(asked, recognised, changes)

    def _keep(self, asked: ReferralIn, recognised: Recognised, changes: list[tuple[Change, str]]) -> _Decided:
        self.roll.keep(recognised)
        referral = changes[-1][0].referral
        key = referral.patient_key
        known = (stay for one in self.roll.keys_of(key) for stay in self.stays.get(one, []))
        stay = next((stay for stay in known if stay.stay_id == referral.stay_id), None)
        left_at = stay.content.discharged_at if stay else None
        self.standing.setdefault(key, []).append(Standing(referral, left_at))
        return _Decided(asked, recognised.person, changes, stay)


async def _record(tx: Tx, decided: _Decided | Refusal, place: int, begin: Callable[[int], None]) -> Taken | Refusal:
    """Save, publish and audit one; its row is written once, as it is after its last change."""
    if isinstance(decided, Refusal):
        return decided
    begin(place)
    published = len(tx.event_ids)
    referrals.add(tx, decided.referral)
    referral_contents.add(tx, decided.referral.referral_id, decided.asked.content)
    for change, action in decided.changes:
        if change.happened is not None:
            await telling.tell_referral(tx, change.referral, change.happened, decided.stay)
            await inform_ward(tx, change.referral, change.happened.fact)
            if (note_id := change.happened.note_id) and decided.asked.reason_text:
                notes.add(tx, change.referral.referral_id, decided.asked.reason_text, note_id)
        await audit_change(tx, change, action)
    await start_clock(tx, decided.referral)
    return Taken(decided.referral, decided.person, decided.stay, tx.event_ids[published:])


def _new_referral(tx: Tx, asked: ReferralIn, person: Person) -> Referral:
    return Referral(
        referral_id=ReferralId(uuid4()),
        patient_key=person.patient_key,
        kind=asked.kind,
        source=asked.source,
        state=ReferralState.RECEIVED,
        version=1,
        facts=with_person(asked.facts, person, tx.now.date()),
        received_at=tx.now,
        visit_number=asked.visit_number,
    )

"""The tables of handlers: each event becomes a fact, and the watches of its person are worked out anew."""

from uuid import UUID

from homeward_kit.consumer import HandlerTable, PermanentError
from homeward_kit.database import Tx
from homeward_kit.envelope import ConsumedEvent, Received
from homeward_kit.timers import Timer, TimerTable
from readmission_monitor.adapters.events import consumed
from readmission_monitor.domain import facts
from readmission_monitor.domain.stay import PatientKey, ReferralId, Stay, StayId
from readmission_monitor.use_cases.keep_watch import WATCH_WINDOW, keep_watch


async def hear_of_stay(tx: Tx, received: Received[consumed.StayEventIn]) -> None:
    await keep_watch(tx, _person(received), _stay(received.payload.stay))


async def hear_of_death(tx: Tx, received: Received[consumed.PatientDiedIn]) -> None:
    death = received.payload
    await keep_watch(tx, _person(received), facts.DeathKnown(death.revision, death.died_at))


async def hear_of_corrected_death(tx: Tx, received: Received[consumed.PatientDeathCorrectedIn]) -> None:
    await keep_watch(tx, _person(received), facts.DeathKnown(received.payload.revision, None))


async def hear_of_acceptance(tx: Tx, received: Received[consumed.ReferralAcceptedIn]) -> None:
    event = received.payload
    stay_id = StayId(event.stay_id) if event.stay_id else None
    referral_id = ReferralId(event.referral_id)
    fact = facts.Accepted(referral_id, event.kind, event.accepted_at, stay_id, _version(received))
    await keep_watch(tx, _person(received), fact)


async def hear_of_withdrawal(tx: Tx, received: Received[consumed.ReferralWithdrawnIn]) -> None:
    event = received.payload
    await keep_watch(tx, _person(received), facts.Withdrawn(ReferralId(event.referral_id), event.withdrawn_at))


async def hear_of_link(tx: Tx, received: Received[consumed.ReferralStayLinkedIn]) -> None:
    event = received.payload
    fact = facts.Linked(ReferralId(event.referral_id), _stay(event.stay), _version(received))
    await keep_watch(tx, _person(received), fact)


async def hear_of_unlink(tx: Tx, received: Received[consumed.ReferralStayUnlinkedIn]) -> None:
    fact = facts.Unlinked(ReferralId(received.payload.referral_id), _version(received))
    await keep_watch(tx, _person(received), fact)


async def hear_of_pathway(tx: Tx, received: Received[consumed.PathwayDecidedIn]) -> None:
    event = received.payload
    fact = facts.PathwayChosen(ReferralId(event.referral_id), event.decision, event.pathway, event.decided_at)
    await keep_watch(tx, _person(received), fact)


async def hear_of_care(tx: Tx, received: Received[consumed.PackageStartedIn]) -> None:
    event = received.payload
    await keep_watch(tx, _person(received), facts.CareStarted(ReferralId(event.referral_id), event.started_at))


async def end_window(tx: Tx, timer: Timer) -> None:
    await keep_watch(tx, PatientKey(UUID(timer.key)))


HANDLERS: HandlerTable = {
    consumed.PatientAdmittedIn: hear_of_stay,
    consumed.PatientTransferredIn: hear_of_stay,
    consumed.PatientDischargedIn: hear_of_stay,
    consumed.AdmissionCancelledIn: hear_of_stay,
    consumed.TransferCancelledIn: hear_of_stay,
    consumed.DischargeCancelledIn: hear_of_stay,
    consumed.StayCorrectedIn: hear_of_stay,
    consumed.PatientDiedIn: hear_of_death,
    consumed.PatientDeathCorrectedIn: hear_of_corrected_death,
    consumed.ReferralAcceptedIn: hear_of_acceptance,
    consumed.ReferralWithdrawnIn: hear_of_withdrawal,
    consumed.ReferralStayLinkedIn: hear_of_link,
    consumed.ReferralStayUnlinkedIn: hear_of_unlink,
    consumed.PathwayDecidedIn: hear_of_pathway,
    consumed.PackageStartedIn: hear_of_care,
}

TIMERS: TimerTable = {WATCH_WINDOW: end_window}


def _person(received: Received[ConsumedEvent]) -> PatientKey:
    """Every event the monitor reads is about a person and has that person's key."""
    try:
        return PatientKey(UUID(received.key))
    except ValueError:
        raise PermanentError("key_is_no_patient") from None


def _version(received: Received[ConsumedEvent]) -> int:
    if received.aggregate_version is None:
        raise PermanentError("no_aggregate_version")
    return received.aggregate_version


def _stay(stay: consumed.StayIn) -> Stay:
    return Stay(**stay.model_dump())

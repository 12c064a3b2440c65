"""The tables of handlers: each event becomes a fact, and the watches of its person are worked out anew."""

from uuid import UUID

from homeward_kit import aliases
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import HandlerTable, PermanentError
from homeward_kit.timers import Timer, TimerTable
from readmission_monitor.adapters.events import consumed
from readmission_monitor.adapters.events.reading import Event, fact_of
from readmission_monitor.domain.stay import PatientKey
from readmission_monitor.use_cases.keep_watch import WATCH_WINDOW, keep_watch


async def hear(tx: Tx, received: Received[Event]) -> None:
    await keep_watch(tx, _person(received), fact_of(received))


async def join(tx: Tx, received: Received[consumed.AliasIn]) -> None:
    """Pairs of a discharge and an admission come to be, or no longer hold (domain.md, section 9, no. 10)."""
    event = received.payload
    is_merged = isinstance(event, consumed.PatientMergedIn)
    for group in await aliases.hear(
        tx, event.patient_key, event.retired_key, is_merged=is_merged, version=event.revision
    ):
        await keep_watch(tx, PatientKey(min(group)))


async def end_window(tx: Tx, timer: Timer) -> None:
    await keep_watch(tx, PatientKey(UUID(timer.key)))


HANDLERS: HandlerTable = {
    consumed.PatientAdmittedIn: hear,
    consumed.PatientTransferredIn: hear,
    consumed.PatientDischargedIn: hear,
    consumed.AdmissionCancelledIn: hear,
    consumed.TransferCancelledIn: hear,
    consumed.DischargeCancelledIn: hear,
    consumed.StayCorrectedIn: hear,
    consumed.PatientMergedIn: join,
    consumed.PatientUnmergedIn: join,
    consumed.PatientDiedIn: hear,
    consumed.PatientDeathCorrectedIn: hear,
    consumed.ReferralAcceptedIn: hear,
    consumed.ReferralWithdrawnIn: hear,
    consumed.ReferralStayLinkedIn: hear,
    consumed.ReferralStayUnlinkedIn: hear,
    consumed.PathwayDecidedIn: hear,
    consumed.PackageStartedIn: hear,
}

TIMERS: TimerTable = {WATCH_WINDOW: end_window}


def _person(received: Received[Event]) -> PatientKey:
    """Every event the monitor reads is about a person and has that person's key."""
    try:
        return PatientKey(UUID(received.key))
    except ValueError:
        raise PermanentError("key_is_no_patient") from None

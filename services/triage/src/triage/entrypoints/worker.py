"""The tables of handlers: each event becomes news about a person, and their cases are brought in line."""

from uuid import UUID

from homeward_kit import aliases, telemetry
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import HandlerTable
from homeward_kit.timers import Timer, TimerTable
from triage.adapters.case_file import CASE_OVERDUE
from triage.adapters.events import consumed
from triage.adapters.events.reading import Event, news_of
from triage.use_cases.follow_facts import follow_facts


async def hear(tx: Tx, received: Received[Event]) -> None:
    if isinstance(received.payload, consumed.ReferralEventIn):
        telemetry.set_referral(received.payload.referral_id)
    for news in news_of(received):
        await follow_facts(tx, news.patient_key, news)


async def join(tx: Tx, received: Received[consumed.AliasIn]) -> None:
    """The cases of everybody concerned follow the facts of all their keys from now on."""
    event = received.payload
    is_merged = isinstance(event, consumed.PatientMergedIn)
    for group in await aliases.hear(
        tx, event.patient_key, event.retired_key, is_merged=is_merged, version=event.revision
    ):
        await follow_facts(tx, min(group))


async def look_at_target(tx: Tx, timer: Timer) -> None:
    await follow_facts(tx, UUID(timer.key))


HANDLERS: HandlerTable = {
    consumed.ReferralAmendedIn: hear,
    consumed.ReferralQueriedIn: hear,
    consumed.ReferralAnsweredIn: hear,
    consumed.ReferralAcceptedIn: hear,
    consumed.ReferralDeclinedIn: hear,
    consumed.ReferralWithdrawnIn: hear,
    consumed.ReferralReadinessChangedIn: hear,
    consumed.ReferralStayLinkedIn: hear,
    consumed.ReferralStayUnlinkedIn: hear,
    consumed.ReferralClosedIn: hear,
    consumed.PatientAdmittedIn: hear,
    consumed.PatientDischargedIn: hear,
    consumed.AdmissionCancelledIn: hear,
    consumed.DischargeCancelledIn: hear,
    consumed.StayCorrectedIn: hear,
    consumed.PatientMergedIn: join,
    consumed.PatientUnmergedIn: join,
    consumed.PatientDiedIn: hear,
    consumed.PackageOpenedIn: hear,
    consumed.PackageAgreedIn: hear,
    consumed.PackageUnfilledIn: hear,
    consumed.PackageReopenedIn: hear,
    consumed.PackageStartedIn: hear,
    consumed.PackageHandedBackIn: hear,
    consumed.PackageResumedIn: hear,
    consumed.PackageCancelledIn: hear,
    consumed.PackageEndedIn: hear,
}

TIMERS: TimerTable = {CASE_OVERDUE: look_at_target}

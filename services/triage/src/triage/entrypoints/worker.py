"""The tables of handlers: each event becomes news about a person, and their cases are brought in line."""

from uuid import UUID

from homeward_kit import telemetry
from homeward_kit.consumer import HandlerTable, PermanentError
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.timers import Timer, TimerTable
from triage.adapters.case_file import CASE_OVERDUE
from triage.adapters.events import consumed
from triage.domain.facts import CodedFacts, PackageNews, PersonFacts, ReferralNews, StayFacts
from triage.use_cases.follow_facts import follow_facts


async def hear_of_referral(tx: Tx, received: Received[consumed.ReferralEventIn]) -> None:
    await follow_facts(tx, received.payload.patient_key, _referral_news(received))


async def hear_of_link(tx: Tx, received: Received[consumed.ReferralStayLinkedIn]) -> None:
    """A link also carries the stay as it was known then."""
    event = received.payload
    await follow_facts(tx, event.patient_key, _stay(event.stay))
    await follow_facts(tx, event.patient_key, _referral_news(received))


async def hear_of_stay(tx: Tx, received: Received[consumed.StayEventIn]) -> None:
    stay = received.payload.stay
    await follow_facts(tx, stay.patient_key, _stay(stay))


async def hear_of_death(tx: Tx, received: Received[consumed.PatientDiedIn]) -> None:
    event = received.payload
    await follow_facts(tx, event.patient_key, PersonFacts(event.patient_key, event.revision, event.died_at))


async def hear_of_corrected_death(tx: Tx, received: Received[consumed.PatientDeathCorrectedIn]) -> None:
    event = received.payload
    await follow_facts(tx, event.patient_key, PersonFacts(event.patient_key, event.revision, None))


async def hear_of_package(tx: Tx, received: Received[consumed.PackageEventIn]) -> None:
    event = received.payload
    news = PackageNews(
        package_id=event.package_id,
        referral_id=event.referral_id,
        patient_key=event.patient_key,
        version=_version(received.aggregate_version),
        lines={line.line_id: line.state for line in event.lines},
        handed_back=frozenset(event.concerns) if isinstance(event, consumed.PackageHandedBackIn) else frozenset(),
        ended_reason=event.reason if isinstance(event, consumed.PackageEndedIn) else None,
    )
    await follow_facts(tx, event.patient_key, news)


async def look_at_target(tx: Tx, timer: Timer) -> None:
    await follow_facts(tx, UUID(timer.key))


HANDLERS: HandlerTable = {
    consumed.ReferralAmendedIn: hear_of_referral,
    consumed.ReferralQueriedIn: hear_of_referral,
    consumed.ReferralAnsweredIn: hear_of_referral,
    consumed.ReferralAcceptedIn: hear_of_referral,
    consumed.ReferralDeclinedIn: hear_of_referral,
    consumed.ReferralWithdrawnIn: hear_of_referral,
    consumed.ReferralReadinessChangedIn: hear_of_referral,
    consumed.ReferralStayLinkedIn: hear_of_link,
    consumed.ReferralStayUnlinkedIn: hear_of_referral,
    consumed.ReferralClosedIn: hear_of_referral,
    consumed.PatientAdmittedIn: hear_of_stay,
    consumed.PatientDischargedIn: hear_of_stay,
    consumed.AdmissionCancelledIn: hear_of_stay,
    consumed.DischargeCancelledIn: hear_of_stay,
    consumed.StayCorrectedIn: hear_of_stay,
    consumed.PatientDiedIn: hear_of_death,
    consumed.PatientDeathCorrectedIn: hear_of_corrected_death,
    consumed.PackageOpenedIn: hear_of_package,
    consumed.PackageAgreedIn: hear_of_package,
    consumed.PackageUnfilledIn: hear_of_package,
    consumed.PackageReopenedIn: hear_of_package,
    consumed.PackageStartedIn: hear_of_package,
    consumed.PackageHandedBackIn: hear_of_package,
    consumed.PackageResumedIn: hear_of_package,
    consumed.PackageCancelledIn: hear_of_package,
    consumed.PackageEndedIn: hear_of_package,
}

TIMERS: TimerTable = {CASE_OVERDUE: look_at_target}


def _version(version: int | None) -> int:
    if version is None:
        raise PermanentError("no_aggregate_version")
    return version


def _stay(stay: consumed.StayIn) -> StayFacts:
    return StayFacts(**stay.model_dump())


def _referral_news(received: Received[consumed.ReferralEventIn]) -> ReferralNews:
    event = received.payload
    telemetry.set_referral(event.referral_id)
    facts = getattr(event, "facts", None)
    query = event if isinstance(event, consumed.ReferralQueriedIn) else None
    return ReferralNews(
        referral_id=event.referral_id,
        patient_key=event.patient_key,
        kind=event.kind,
        version=_version(received.aggregate_version),
        state=event.state,
        coded=CodedFacts(**facts.model_dump()) if isinstance(facts, consumed.CodedFactsIn) else None,
        criteria_to_reside=getattr(event, "criteria_to_reside", None),
        missing=query.missing if query else None,
        is_query_after_acceptance=query is not None and query.queried_from == "accepted",
        is_answer=isinstance(event, consumed.ReferralAnsweredIn),
        linked_stay_id=_linked_stay(event),
        unlinked_stay_id=event.stay_id if isinstance(event, consumed.ReferralStayUnlinkedIn) else None,
        stop_reason=event.reason if isinstance(event, consumed.ReferralClosedIn) else None,
    )


def _linked_stay(event: consumed.ReferralEventIn) -> UUID | None:
    if isinstance(event, consumed.ReferralStayLinkedIn):
        return event.stay.stay_id
    return event.stay_id if isinstance(event, consumed.ReferralAcceptedIn) else None

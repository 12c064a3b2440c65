"""What an event says, as news about a person: the pure step between a payload and the facts."""

from uuid import UUID

from homeward_kit.envelope import Received
from homeward_kit.handling import PermanentError
from triage.adapters.events import consumed
from triage.domain.facts import CodedFacts, News, PackageNews, PersonFacts, ReferralNews, StayFacts

Event = consumed.ReferralEventIn | consumed.StayEventIn | consumed.PatientDiedIn | consumed.PackageEventIn


def news_of(received: Received[Event]) -> tuple[News, ...]:
    """In the order in which to take them in; a link also carries the stay as it was known then."""
    event = received.payload
    match event:
        case consumed.ReferralStayLinkedIn():
            return _stay(event.stay), _referral(received, event)
        case consumed.ReferralEventIn():
            return (_referral(received, event),)
        case consumed.StayEventIn():
            return (_stay(event.stay),)
        case consumed.PatientDiedIn():
            return (PersonFacts(event.patient_key, received.time),)
        case consumed.PackageEventIn():
            return (_package(received, event),)


def _version(received: Received[Event]) -> int:
    if received.aggregate_version is None:
        raise PermanentError("no_aggregate_version")
    return received.aggregate_version


def _stay(stay: consumed.StayIn) -> StayFacts:
    return StayFacts(**stay.model_dump())


def _referral(received: Received[Event], event: consumed.ReferralEventIn) -> ReferralNews:
    facts = getattr(event, "facts", None)
    query = event if isinstance(event, consumed.ReferralQueriedIn) else None
    return ReferralNews(
        referral_id=event.referral_id,
        patient_key=event.patient_key,
        kind=event.kind,
        version=_version(received),
        state=event.state,
        accepted_at=event.accepted_at if isinstance(event, consumed.ReferralAcceptedIn) else None,
        received_at=event.received_at if isinstance(event, consumed.ReferralAcceptedIn) else None,
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


def _package(received: Received[Event], event: consumed.PackageEventIn) -> PackageNews:
    return PackageNews(
        package_id=event.package_id,
        referral_id=event.referral_id,
        patient_key=event.patient_key,
        version=_version(received),
        lines={line.line_id: line.state for line in event.lines},
        handed_back=frozenset(event.concerns) if isinstance(event, consumed.PackageHandedBackIn) else frozenset(),
        ended_reason=event.reason if isinstance(event, consumed.PackageEndedIn) else None,
    )

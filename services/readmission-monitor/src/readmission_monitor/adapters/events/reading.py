"""What an event says, as a fact about a person: the pure step between a payload and the facts."""

from homeward_kit.envelope import Received
from homeward_kit.handling import PermanentError
from readmission_monitor.adapters.events import consumed
from readmission_monitor.domain import facts
from readmission_monitor.domain.facts import Fact
from readmission_monitor.domain.stay import PatientKey, ReferralId, Stay, StayId

Event = (
    consumed.StayEventIn
    | consumed.PatientDiedIn
    | consumed.PatientDeathCorrectedIn
    | consumed.ReferralAcceptedIn
    | consumed.ReferralWithdrawnIn
    | consumed.ReferralStayLinkedIn
    | consumed.ReferralStayUnlinkedIn
    | consumed.PathwayDecidedIn
    | consumed.PackageStartedIn
)


def fact_of(received: Received[Event]) -> Fact:  # noqa: C901, PLR0911 — one branch for each event
    """The fact that an event tells."""
    event = received.payload
    match event:
        case consumed.StayEventIn():
            return _stay(event.stay)
        case consumed.PatientDiedIn():
            return facts.DeathKnown(PatientKey(event.patient_key), event.revision, event.died_at)
        case consumed.PatientDeathCorrectedIn():
            return facts.DeathKnown(PatientKey(event.patient_key), event.revision, None)
        case consumed.ReferralAcceptedIn():
            stay_id = StayId(event.stay_id) if event.stay_id else None
            referral_id = ReferralId(event.referral_id)
            return facts.Accepted(referral_id, event.kind, event.accepted_at, stay_id, _version(received))
        case consumed.ReferralWithdrawnIn():
            return facts.Withdrawn(ReferralId(event.referral_id), event.withdrawn_at)
        case consumed.ReferralStayLinkedIn():
            return facts.Linked(ReferralId(event.referral_id), _stay(event.stay), _version(received))
        case consumed.ReferralStayUnlinkedIn():
            return facts.Unlinked(ReferralId(event.referral_id), _version(received))
        case consumed.PathwayDecidedIn():
            return facts.PathwayChosen(ReferralId(event.referral_id), event.decision, event.pathway, event.decided_at)
        case consumed.PackageStartedIn():
            return facts.CareStarted(ReferralId(event.referral_id), event.started_at)


def _version(received: Received[Event]) -> int:
    if received.aggregate_version is None:
        raise PermanentError("no_aggregate_version")
    return received.aggregate_version


def _stay(stay: consumed.StayIn) -> Stay:
    return Stay(**stay.model_dump())

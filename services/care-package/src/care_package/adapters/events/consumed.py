"""What care-package reads of the others' events: only the fields it needs."""

from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import AwareDatetime

from care_package.domain.facts import DecidedLine, Decision, LineSpec, ReferralNews, StayFacts
from care_package.domain.ids import LineId, PatientKey, ReferralId, StayId
from homeward_kit.envelope import ConsumedEvent, ConsumedPart

REFERRALS = "discharge-referrals"
HOSPITAL_ACTIVITY = "discharge-hospital-activity"
TRIAGE = "discharge-triage"


class CodedFactsIn(ConsumedPart):
    criteria_to_reside: list[str]


class StayIn(ConsumedPart):
    stay_id: StayId
    revision: int
    patient_key: PatientKey
    admitted_at: AwareDatetime
    discharged_at: AwareDatetime | None
    is_cancelled: bool

    def to_facts(self) -> StayFacts:
        """The stay as this report has it."""
        return StayFacts(
            stay_id=self.stay_id,
            patient_key=self.patient_key,
            revision=self.revision,
            admitted_at=self.admitted_at,
            discharged_at=self.discharged_at,
            is_cancelled=self.is_cancelled,
        )


class ReferralEventIn(ConsumedEvent):
    topic: ClassVar[str] = REFERRALS

    referral_id: ReferralId
    patient_key: PatientKey
    state: str

    def to_news(self, version: int) -> ReferralNews:
        """What this event says about the referral."""
        return ReferralNews(version=version, state=self.state)

    def linked_stay(self) -> StayFacts | None:
        """The stay that came with it."""
        return None


class _WithFacts(ReferralEventIn):
    facts: CodedFactsIn

    def to_news(self, version: int) -> ReferralNews:
        return ReferralNews(version=version, state=self.state, is_ready=not self.facts.criteria_to_reside)


class ReferralAmendedIn(_WithFacts):
    type: ClassVar[str] = "discharge.referral.amended.v1"


class ReferralAnsweredIn(_WithFacts):
    type: ClassVar[str] = "discharge.referral.answered.v1"


class ReferralAcceptedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.accepted.v1"
    facts: CodedFactsIn
    accepted_at: AwareDatetime

    def to_news(self, version: int) -> ReferralNews:
        is_ready = not self.facts.criteria_to_reside
        return ReferralNews(version=version, state=self.state, accepted_at=self.accepted_at, is_ready=is_ready)


class ReferralDeclinedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.declined.v1"


class ReferralWithdrawnIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.withdrawn.v1"


class ReferralReadinessChangedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.readiness_changed.v1"
    is_ready: bool

    def to_news(self, version: int) -> ReferralNews:
        return ReferralNews(version=version, state=self.state, is_ready=self.is_ready)


class ReferralStayLinkedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.stay_linked.v1"
    stay: StayIn

    def to_news(self, version: int) -> ReferralNews:
        return ReferralNews(version=version, state=self.state, linked_stay_id=self.stay.stay_id)

    def linked_stay(self) -> StayFacts | None:
        return self.stay.to_facts()


class ReferralStayUnlinkedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.stay_unlinked.v1"
    stay_id: StayId

    def to_news(self, version: int) -> ReferralNews:
        return ReferralNews(version=version, state=self.state, unlinked_stay_id=self.stay_id)


class ReferralClosedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.closed.v1"
    reason: str

    def to_news(self, version: int) -> ReferralNews:
        return ReferralNews(version=version, state=self.state, closed_reason=self.reason)


class StayEventIn(ConsumedEvent):
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    stay: StayIn


class PatientAdmittedIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.admitted.v1"


class PatientTransferredIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.transferred.v1"


class PatientDischargedIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.discharged.v1"


class AdmissionCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.admission.cancelled.v1"


class TransferCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.transfer.cancelled.v1"


class DischargeCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.discharge.cancelled.v1"


class StayCorrectedIn(StayEventIn):
    type: ClassVar[str] = "discharge.stay.corrected.v1"


class AliasIn(ConsumedEvent):
    """Two keys are one person's, or no longer."""

    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    patient_key: PatientKey
    retired_key: PatientKey
    revision: int


class PatientMergedIn(AliasIn):
    type: ClassVar[str] = "discharge.patient.merged.v1"


class PatientUnmergedIn(AliasIn):
    type: ClassVar[str] = "discharge.patient.unmerged.v1"


class PatientDiedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.patient.died.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    patient_key: PatientKey
    revision: int

    def recorded_at(self, event_time: datetime) -> datetime | None:
        """Since when the person is known to have died."""
        return event_time


class PatientDeathCorrectedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.patient.death_corrected.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    patient_key: PatientKey
    revision: int

    def recorded_at(self, _event_time: datetime) -> datetime | None:
        """The person lives."""
        return None


class DecidedLineIn(ConsumedPart):
    line_id: LineId
    service: str
    visits_per_day: int | None
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None


class PathwayDecidedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.pathway.decided.v1"
    topic: ClassVar[str] = TRIAGE

    referral_id: ReferralId
    patient_key: PatientKey
    kind: str
    decision: int
    pathway: Literal[0, 1, 2, 3]
    lines: list[DecidedLineIn]
    outward_postcode: str | None
    age_band: str | None
    target_on: date | None

    def to_decision(self) -> Decision:
        """The decision with its lines."""
        lines = tuple(
            DecidedLine(
                line.line_id,
                LineSpec(
                    service=line.service,
                    visits_per_day=line.visits_per_day,
                    minutes_per_visit=line.minutes_per_visit,
                    carers_per_visit=line.carers_per_visit,
                    days_per_week=line.days_per_week,
                ),
            )
            for line in self.lines
        )
        return Decision(self.decision, self.kind, self.pathway, lines, self.outward_postcode, self.age_band)


class CaseTargetSetIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.case.target_set.v1"
    topic: ClassVar[str] = TRIAGE

    referral_id: ReferralId
    patient_key: PatientKey
    target_on: date

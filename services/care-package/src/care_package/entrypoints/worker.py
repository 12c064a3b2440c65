"""The one table of handlers, and the one of timers."""

from care_package.adapters.events import consumed
from care_package.use_cases.bringing_up_to_date import HOSPITAL_LIMIT, OFFER_DEADLINE
from care_package.use_cases.keep_deadline import keep_deadline
from care_package.use_cases.note_death import note_death
from care_package.use_cases.note_decision import note_decision
from care_package.use_cases.note_merge import note_merge
from care_package.use_cases.note_referral import note_referral
from care_package.use_cases.note_stay import note_stay
from care_package.use_cases.note_target import note_target
from homeward_kit.handling import HandlerTable
from homeward_kit.timers import TimerTable

HANDLERS: HandlerTable = {
    consumed.ReferralAmendedIn: note_referral,
    consumed.ReferralAnsweredIn: note_referral,
    consumed.ReferralAcceptedIn: note_referral,
    consumed.ReferralDeclinedIn: note_referral,
    consumed.ReferralWithdrawnIn: note_referral,
    consumed.ReferralReadinessChangedIn: note_referral,
    consumed.ReferralStayLinkedIn: note_referral,
    consumed.ReferralStayUnlinkedIn: note_referral,
    consumed.ReferralClosedIn: note_referral,
    consumed.PatientAdmittedIn: note_stay,
    consumed.PatientTransferredIn: note_stay,
    consumed.PatientDischargedIn: note_stay,
    consumed.AdmissionCancelledIn: note_stay,
    consumed.TransferCancelledIn: note_stay,
    consumed.DischargeCancelledIn: note_stay,
    consumed.StayCorrectedIn: note_stay,
    consumed.PatientMergedIn: note_merge,
    consumed.PatientUnmergedIn: note_merge,
    consumed.PatientDiedIn: note_death,
    consumed.PatientDeathCorrectedIn: note_death,
    consumed.PathwayDecidedIn: note_decision,
    consumed.CaseTargetSetIn: note_target,
}

TIMERS: TimerTable = {OFFER_DEADLINE: keep_deadline, HOSPITAL_LIMIT: keep_deadline}

"""The named refusals of triage: each says what to do next."""

from homeward_kit.values import Refusal


class CaseNotFound(Refusal):
    code = "case_not_found"
    message = "There is no such case. Check the address, or find the case by its referral."


class CaseIsClosed(Refusal):
    code = "case_is_closed"
    message = "This case is closed, so no more work can be recorded on it."


class CaseIsDecided(Refusal):
    code = "case_is_decided"
    message = "A pathway is already decided. Reopen the case before you change anything."


class CaseIsNotDecided(Refusal):
    code = "case_is_not_decided"
    message = "There is no decision to reopen yet. Carry on with the assessment."


class CaseIsPaused(Refusal):
    code = "case_is_paused"
    message = "The person again meets the criteria to reside. Wait until the ward says that they are ready."


class CaseIsReturned(Refusal):
    code = "case_is_returned"
    message = "The ward has been asked a question. Wait for its answer, or answer it for the ward."


class QuorumMissing(Refusal):
    code = "quorum_missing"
    message = "Not everyone whom this pathway needs has taken part. Add the missing roles and record it again."


class NoPolicyForKind(Refusal):
    code = "no_policy_for_kind"
    message = "No quorum is set for this kind of referral and pathway. Ask the service's manager to set one."


class DifferenceUnexplained(Refusal):
    code = "difference_unexplained"
    message = "This pathway differs from the suggestion. Choose a reason and write a note that explains it."


class LinesMissing(Refusal):
    code = "lines_missing"
    message = "This pathway needs at least one service. Add what the person will receive."


class BedMissing(Refusal):
    code = "bed_missing"
    message = "Pathways 2 and 3 are bed-based. Add a bed to the package."


class BedAtHome(Refusal):
    code = "bed_at_home"
    message = "Pathways 0 and 1 are at home. Remove the bed, or decide on pathway 2 or 3."


class VisitsMissing(Refusal):
    code = "visits_missing"
    message = "Home care and reablement need visits a day, minutes, carers and days a week. Fill them in."


class TargetInThePast(Refusal):
    code = "target_in_the_past"
    message = "The target date has passed already. Choose today or a later date."

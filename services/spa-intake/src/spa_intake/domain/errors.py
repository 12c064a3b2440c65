"""The named refusals of intake: what a rule said no to, and what to do next."""

from homeward_kit.values import Refusal


class PersonAlreadyReferred(Refusal):
    """Facts: `referral_id`, the referral that blocks this one."""

    code = "person_already_referred"
    message = (
        "This person already has a live referral of this kind. Amend that one, or withdraw it before you send another."
    )


class PersonHasDied(Refusal):
    code = "person_has_died"
    message = "This person is recorded as having died. If that is wrong, correct the death record first."


class PersonNotIdentified(Refusal):
    code = "person_not_identified"
    message = "The message has neither a hospital number nor a verified NHS number. Send it with one of them."


class PersonNotFound(Refusal):
    code = "person_not_found"
    message = "There is no person with this key. Check the address you used."


class ReferralNotFound(Refusal):
    code = "referral_not_found"
    message = "There is no referral with this number among those of your organisation. Check the number."


class ReferralHasEnded(Refusal):
    """Facts: `state`."""

    code = "referral_has_ended"
    message = "This referral was declined, withdrawn or closed. Send a new referral if one is needed."


class ReferralWaitsForAnswer(Refusal):
    code = "referral_waits_for_answer"
    message = "The ward has been asked for more about this referral. Record its answer first."


class ReferralAlreadyAccepted(Refusal):
    code = "referral_already_accepted"
    message = "This referral was accepted. It can be queried, withdrawn or closed, but no longer declined."


class ReferralNotQueried(Refusal):
    code = "referral_not_queried"
    message = "Nothing is being asked about this referral. Amend it instead."


class ReferralNeverAccepted(Refusal):
    code = "referral_never_accepted"
    message = "Only an accepted referral is closed. Decline it, or ask the ward to withdraw it."


class NothingAskedFor(Refusal):
    code = "nothing_asked_for"
    pointer = "/missing"
    message = "Say what is missing: choose at least one item."


class RedirectNeedsService(Refusal):
    code = "redirect_needs_service"
    pointer = "/redirected_to"
    message = "Name the service to which the ward is redirected, and only when the reason is a redirect."


class ReferralNotFromHospital(Refusal):
    code = "referral_not_from_hospital"
    message = "Wards and criteria to reside are for people in hospital. A referral of this kind has none."


class AssessmentInFuture(Refusal):
    code = "assessment_in_future"
    pointer = "/assessed_at"
    message = "The criteria to reside cannot be assessed in the future. Check the time of the assessment."


class RuleExists(Refusal):
    code = "rule_exists"
    message = "There is a rule with this code already. Change that one, or choose another code."


class RuleNotFound(Refusal):
    code = "rule_not_found"
    message = "There is no rule with this code. Check the code."


class CriterionNotMet(Refusal):
    code = "criterion_not_met"
    pointer = "/criteria_since"
    message = "This names a criterion that criteria_to_reside does not. Add it there, or leave it out here."


class CriterionBeganLater(Refusal):
    code = "criterion_began_later"
    pointer = "/criteria_since"
    message = "A criterion cannot have begun after the assessment that found it. Check the time of the procedure."


class PossibleDuplicateNotFound(Refusal):
    code = "possible_duplicate_not_found"
    message = "There is no possible duplicate with this number. Check the number."


class PossibleDuplicateDecided(Refusal):
    """Facts: `decision`."""

    code = "possible_duplicate_decided"
    message = "This was decided in the same way before. Look at the decision first."


class SubscriptionNotFound(Refusal):
    code = "subscription_not_found"
    message = "There is no subscription with this number among those of your organisation. Check the number."


class SubscriptionStopped(Refusal):
    """Facts: `state`."""

    code = "subscription_stopped"
    message = "This subscription is not active. Resume it first."


class TooManySubscriptions(Refusal):
    code = "too_many_subscriptions"
    message = "This organisation has as many subscriptions as it may have. Delete one that is no longer used."


class TargetRefused(Refusal):
    """Facts: `reason`."""

    code = "target_refused"
    pointer = "/url"
    message = (
        "Messages are not sent to this address. Give an https address of a public host, without user name or fragment."
    )


class MessageNotFound(Refusal):
    code = "message_not_found"
    message = "There is no such message. List the messages again."


class MessageNotReplayable(Refusal):
    code = "message_not_replayable"
    message = "This message was taken, so there is nothing to replay. Only those that were refused can be."


class MessageNotWaiting(Refusal):
    code = "message_not_waiting"
    message = "This message was taken or set aside before, so nothing waits to be done. List the messages again."


class MessageSealed(Refusal):
    code = "message_sealed"
    message = "The key this message was sealed with is not set. Add it to ADT_MESSAGE_KEYS after the present one."


class DeliveryNotFound(Refusal):
    code = "delivery_not_found"
    message = "There is no such message of this subscription. Messages are kept for thirty days."

"""The named refusals of a message about a referral that was sent before."""

from homeward_kit.values import Refusal


class ReferralChangedSince(Refusal):
    code = "referral_changed_since"
    message = "The referral held here is newer than the message. Read it, then decide whether to send the change again."


class PatientDiffers(Refusal):
    code = "patient_differs"
    message = "The referral is about somebody else than the Patient of the message. Check which referral it is about."

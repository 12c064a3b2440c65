"""The named refusals of what a message says: about whom it is, and whether it is out of date."""

from homeward_kit.values import Refusal


class ReferralChangedSince(Refusal):
    code = "referral_changed_since"
    message = "The referral held here is newer than the message. Read it, then decide whether to send the change again."


class PatientDiffers(Refusal):
    code = "patient_differs"
    message = "The referral is about somebody else than the Patient of the message. Check which referral it is about."


class NhsNumberInvalid(Refusal):
    code = "nhs_number_invalid"
    pointer = "/person/nhs_number"
    message = "The NHS number is not one: its check digit is wrong. Correct it, or leave it out."

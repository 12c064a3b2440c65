"""The numbers of the rules that a site may set."""

from dataclasses import dataclass, field
from datetime import timedelta

from .scores import ScoreRules

PRODUCTION = "P"


@dataclass(frozen=True)
class Policy:
    # a referral is linked to a stay that ended, or began, at most this long before, or after, it was received
    link_window: timedelta = timedelta(days=7)
    # a readmission closes the referral after this, unless it is retracted by then
    close_after_readmission: timedelta = timedelta(hours=24)
    # organisations whose NHS numbers are taken as verified when the message gives no status
    verified_number_senders: frozenset[str] = frozenset()
    # a referral with an NHS number whose check digit is wrong is refused, rather than taken as not verified
    refuses_invalid_nhs_numbers: bool = False
    # of what HL7 v2 messages are for (MSH-11, HL7 table 0103), those that are taken
    processing_ids: frozenset[str] = frozenset({PRODUCTION})
    # which published version of each score is used
    scores: ScoreRules = field(default_factory=ScoreRules)

"""Which HTTP status each refusal is; those that are not named are conflicts (409)."""

from collections.abc import Mapping

from homeward_kit.values import Refusal
from spa_intake.domain.errors import (
    AssessmentInFuture,
    CriterionBeganLater,
    CriterionNotMet,
    DeliveryNotFound,
    MessageNotFound,
    NothingAskedFor,
    PersonNotFound,
    PersonNotIdentified,
    PossibleDuplicateNotFound,
    RedirectNeedsService,
    ReferralNotFound,
    RuleNotFound,
    SubscriptionNotFound,
    TargetRefused,
)
from spa_intake.domain.message_errors import NhsNumberInvalid

STATUSES: Mapping[type[Refusal], int] = {
    ReferralNotFound: 404,
    PersonNotFound: 404,
    PossibleDuplicateNotFound: 404,
    PersonNotIdentified: 422,
    NothingAskedFor: 422,
    RedirectNeedsService: 422,
    AssessmentInFuture: 422,
    CriterionBeganLater: 422,
    CriterionNotMet: 422,
    RuleNotFound: 404,
    NhsNumberInvalid: 422,
    SubscriptionNotFound: 404,
    DeliveryNotFound: 404,
    MessageNotFound: 404,
    TargetRefused: 422,
}

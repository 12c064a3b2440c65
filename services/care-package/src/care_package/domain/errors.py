"""Named refusals: what a caller may not do now, and what to do instead."""

from homeward_kit.values import Refusal


class PackageNotFound(Refusal):
    code = "package_not_found"
    message = "There is no such package. Look it up again by its referral."


class LineNotFound(Refusal):
    code = "line_not_found"
    message = "The package has no such line. Load the package again."


class OfferNotFound(Refusal):
    code = "offer_not_found"
    message = "There is no such offer. Load your offers again."


class ProviderNotFound(Refusal):
    code = "provider_not_found"
    message = "There is no such provider. Look it up in the list of providers."


class ServiceNotOffered(Refusal):
    code = "service_not_offered"
    message = "The provider does not offer this service. Declare places for one of the services it offers."


class OfferNotOpen(Refusal):
    code = "offer_not_open"
    message = "The offer is no longer open. Load the package to see what happened to it."


class OfferDeadlinePassed(Refusal):
    code = "offer_deadline_passed"
    message = "The time to answer this offer is over. The line is offered to the next provider."


class PackageIsHeld(Refusal):
    code = "package_held"
    message = "The package is held. Wait until the person is ready and out of hospital."


class AwaitingReconfirmation(Refusal):
    code = "awaiting_reconfirmation"
    message = "After a hold the provider confirms again. Record the provider's answer first."


class StartInFuture(Refusal):
    code = "start_in_future"
    message = "Care cannot be recorded as started before it starts. Record it on the day."


class StepNotAllowed(Refusal):
    code = "step_not_allowed"
    message = "The line is not in a state that allows this step. Load the package again."

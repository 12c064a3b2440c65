"""The HTTP status of each refusal; what is not named here is a conflict (409)."""

from collections.abc import Mapping

from care_package.domain import errors
from homeward_kit.values import Refusal

REFUSALS: Mapping[type[Refusal], int] = {
    errors.PackageNotFound: 404,
    errors.LineNotFound: 404,
    errors.OfferNotFound: 404,
    errors.ProviderNotFound: 404,
    errors.ServiceNotOffered: 422,
    errors.StartInFuture: 422,
}

"""What care-package is made of."""

from care_package.api import offers, packages, providers
from care_package.api.errors import REFUSALS
from care_package.entrypoints.worker import HANDLERS, TIMERS
from care_package.settings import Settings
from homeward_kit.service import Service


def build(settings: Settings | None = None) -> Service:
    """The service, configured by its environment unless settings are given."""
    return Service(
        name="care-package",
        package="care_package",
        settings=settings or Settings(),
        routers=(packages.router, offers.router, providers.router),
        handlers=HANDLERS,
        timers=TIMERS,
        refusals=REFUSALS,
    )

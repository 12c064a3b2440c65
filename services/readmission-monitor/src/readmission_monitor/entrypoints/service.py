"""What the service is made of."""

from homeward_kit.service import Service
from readmission_monitor.api import watches
from readmission_monitor.entrypoints.worker import HANDLERS, TIMERS
from readmission_monitor.settings import Settings


def build(settings: Settings | None = None) -> Service:
    """The service, with settings from the environment unless given."""
    return Service(
        name="readmission-monitor",
        package="readmission_monitor",
        settings=settings or Settings(),
        routers=[watches.router],
        handlers=HANDLERS,
        timers=TIMERS,
    )

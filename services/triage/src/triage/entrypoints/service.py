"""What the service is made of."""

from homeward_kit.service import Service
from triage.api import cases, commands
from triage.domain import refusals
from triage.entrypoints.worker import HANDLERS, TIMERS
from triage.settings import Settings

REFUSALS = {
    refusals.CaseNotFound: 404,
    refusals.QuorumMissing: 422,
    refusals.NoPolicyForKind: 422,
    refusals.DifferenceUnexplained: 422,
    refusals.LinesMissing: 422,
    refusals.BedMissing: 422,
    refusals.BedAtHome: 422,
    refusals.VisitsMissing: 422,
    refusals.TargetInThePast: 422,
}


def build(settings: Settings | None = None) -> Service:
    """The service, with settings from the environment unless given."""
    return Service(
        name="triage",
        package="triage",
        settings=settings or Settings(),
        routers=[cases.router, commands.router],
        handlers=HANDLERS,
        timers=TIMERS,
        refusals=REFUSALS,
    )

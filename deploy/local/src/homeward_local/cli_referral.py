"""`homeward referral …`: one referral across the four services."""

import json
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.tree import Tree

from .config import config_from_environment
from .errors import StackError

referral = typer.Typer(help="Look at one referral.", no_args_is_help=True)

ReferralId = Annotated[UUID, typer.Argument(metavar="ID", help="The referral's identifier.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@referral.command()
def show(referral_id: ReferralId) -> None:
    """Print what spa-intake, triage, care-package and the monitor hold about a referral (no identity)."""
    from .client import StackClient

    client = StackClient.of_running(config_from_environment())
    found = client.find("spa-intake", f"/api/v1/referrals/{referral_id}", "operator")
    if found is None:
        raise StackError("There is no referral with this identifier: the worklist and `homeward demo` show them.")
    print(json.dumps({"referral": found, **_elsewhere(client, str(referral_id))}, indent=1))


@referral.command()
def trace(referral_id: ReferralId, *, as_json: AsJson = False) -> None:
    """Print the events of a referral as a tree: which event caused which, and in which trace."""
    from .client import StackClient
    from .demo.events import journey_of

    events = journey_of(StackClient.of_running(config_from_environment()), str(referral_id))
    if not events:
        raise StackError("No event is known for this identifier: the worklist and `homeward demo` show them.")
    if as_json:
        for event in events:
            print(json.dumps(event.as_json()))
        return
    tree = Tree(f"referral {referral_id}")
    branches: dict[str | None, Tree] = {None: tree}
    for event in events:
        # Events come in the order of their times, so a cause is there before what it caused.
        label = f"{event.time[:19]}  [bold]{event.short_type}[/bold]  {event.service}  trace {event.trace_id}"
        branches[event.id] = branches.get(event.causation_id, tree).add(label)
    Console(width=160).print(tree)


def _elsewhere(client: Any, referral_id: str) -> dict[str, Any]:  # a StackClient; the services' JSON
    return {
        "cases": client.get("triage", "/api/v1/cases", "operator", referral_id=referral_id),
        "packages": client.get("care-package", "/api/v1/packages", "operator", referral_id=referral_id),
        "watches": client.get("readmission-monitor", "/api/v1/watches", "operator", referral_id=referral_id),
    }

"""`homeward read-model …`: what the staff interface reads, rebuilt from the topics while the service runs."""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .config import config_from_environment
from .errors import StackError
from .letters import OPERATOR

if TYPE_CHECKING:
    from .client import StackClient

read_model = typer.Typer(help="The staff interface's read model.", no_args_is_help=True)

SERVICE = "spa-intake"
PATH = "/ops/read-model"
POLL_SECONDS = 1.0
HINDRANCES = {
    "dead_letters": "the new generation has dead letters: see `homeward dlq list`",
    "missing_journeys": "the topics do not hold an open journey that pages show: "
    "refill them with `homeward events republish`, or give up with `homeward read-model abandon`",
}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@read_model.command()
def show(*, as_json: AsJson = False) -> None:
    """Show the generation that pages read, and one that is being built."""
    found = _client().get(SERVICE, PATH, OPERATOR)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    table = Table("number", "state", "consumer group", "since", "events to read", "hindered by", box=None)
    for row in found["generations"]:
        since = (row["switched_at"] or row["started_at"])[:16].replace("T", " ")
        behind = "" if row["state"] != "building" else _behind(row)
        table.add_row(str(row["number"]), row["state"], row["consumer_group"], since, behind, row["hindrance"] or "")
    Console(width=120).print(table)


@read_model.command()
def rebuild(
    *,
    wait: Annotated[bool, typer.Option(help="Wait until pages read the new generation.")] = True,
    as_json: AsJson = False,
) -> None:
    """Fill the read model anew from the topics; pages go on with the present one until the new one has caught up."""
    client = _client()
    begun = client.post(SERVICE, f"{PATH}/rebuild", OPERATOR, {})
    if not as_json:
        print(f"Generation {begun['number']} is being built by the group {begun['consumer_group']}.", flush=True)
    found = _wait(client, begun["number"], as_json=as_json) if wait else begun
    if as_json:
        print(json.dumps(found, indent=1))
    elif wait:
        print(f"Pages read generation {found['number']}.")


@read_model.command()
def abandon() -> None:
    """Give up the rebuild that is running; pages go on with the present generation."""
    given_up = _client().post(SERVICE, f"{PATH}/abandon", OPERATOR, {})
    print(f"Generation {given_up['number']} is given up.")


def _wait(client: "StackClient", number: int, *, as_json: bool) -> dict[str, Any]:  # JSON of a generation
    said = ""
    while True:
        rows = client.get(SERVICE, PATH, OPERATOR)["generations"]
        row: dict[str, Any] | None = next((row for row in rows if row["number"] == number), None)
        if row is None or row["state"] == "ending":
            raise StackError("The rebuild was abandoned; pages read the generation they read before.")
        if row["state"] == "active":
            return row
        hindrance = HINDRANCES.get(row["hindrance"] or "")
        text = f"  waiting: {hindrance}" if hindrance else f"  {_behind(row)} events to read"
        if text != said and not as_json:
            print(text, flush=True)
        said = text
        time.sleep(POLL_SECONDS)


def _behind(row: dict[str, Any]) -> str:  # JSON of a generation
    return "…" if row["behind"] is None else f"{row['behind']:,}"


def _client() -> "StackClient":
    from .client import StackClient

    return StackClient.of_running(config_from_environment())

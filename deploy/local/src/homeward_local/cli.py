"""The `homeward` command."""

import json
import shutil
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .cli_adt import adt
from .cli_audit import audit
from .cli_demo import demo
from .cli_dlq import dlq
from .cli_events import events
from .cli_read_model import read_model
from .cli_referral import referral
from .config import config_from_environment
from .errors import StackError

app = typer.Typer(
    help="Homeward on this machine: start it, look at it, play a journey.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(demo, name="demo")
app.add_typer(referral, name="referral")
app.add_typer(dlq, name="dlq")
app.add_typer(events, name="events")
app.add_typer(adt, name="adt")
app.add_typer(audit, name="audit")
app.add_typer(read_model, name="read-model")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything is ready.")] = False,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Do not load the synthetic ward.")] = False,
) -> None:
    """Start the whole stack; Ctrl-C stops it."""
    from .up import up as in_foreground
    from .up import up_detached

    start = up_detached if detach else in_foreground
    start(config_from_environment(), seed=not no_seed)


@app.command()
def down() -> None:
    """Stop the running stack; the data are kept."""
    from .state import stop_running

    config = config_from_environment()
    print("Stopped; the data are kept." if stop_running(config) else f"Nothing was running in {config.home}.")


@app.command()
def reset(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Stop the stack and delete everything it has stored (not what was fetched)."""
    from .reset import remove_home
    from .state import stop_running

    config = config_from_environment()
    if not yes:
        _confirm(f"Delete all data, logs and keys in {config.home}?")
    stop_running(config)
    remove_home(config.home)
    print(f"Deleted what was stored in {config.home}.")
    if config.external_database or config.external_kafka:
        print("Databases and topics on servers of your own were left as they are.")


def _confirm(question: str) -> None:
    try:
        is_meant = typer.confirm(question)
    except typer.Abort:  # Ctrl-C, or nobody there to ask
        raise StackError(
            "\nNothing was deleted. Where there is no terminal to ask, confirm with `make reset YES=1`."
        ) from None
    if not is_meant:
        raise StackError("Nothing was deleted.")


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show what runs, where, its memory and its lag; exit code 0 only when all is ready."""
    from .status import status as look

    found = look(config_from_environment())
    if as_json:
        print(json.dumps(found, indent=1))
    elif found["state"] == "stopped":
        print(f"Nothing is running in {found['home']}: start it with `make run`.")
    else:
        from .status_table import print_status

        print_status(found)
    raise typer.Exit(0 if found["state"] == "ready" else 1)


@app.command()
def doctor() -> None:
    """Check that this machine has what the stack needs."""
    from .doctor import examine

    findings = examine(config_from_environment())
    for finding in findings:
        mark = "ok  " if finding.is_good else "FAIL" if finding.is_needed else "note"
        print(f"{mark}  {finding.name:13} {finding.text}")
    raise typer.Exit(0 if all(finding.is_good or not finding.is_needed for finding in findings) else 1)


@app.command()
def topics(*, as_json: AsJson = False) -> None:
    """List the topics with the number of events in each and the lag of each consumer group."""
    from .state import require_running
    from .topics import count_topics

    counts = count_topics(require_running(config_from_environment())["kafka"])
    if as_json:
        print(json.dumps([vars(topic) for topic in counts]))
        return
    table = Table("topic", "partitions", "events", "lag by consumer group", box=None)
    for topic in counts:
        lag = ", ".join(f"{group} {behind}" for group, behind in topic.lag.items())
        table.add_row(topic.name, str(topic.partitions), str(topic.records), lag)
    Console(width=max(shutil.get_terminal_size().columns, 100)).print(table)


def main() -> None:
    """Run the command; what a person can put right is shown as one sentence."""
    try:
        app()
    except StackError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None

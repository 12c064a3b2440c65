"""`homeward adt …`: the hospital's HL7 messages, and what to do with those that were refused."""

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from .adt_messages import ReplayReason, SetAsideReason
from .config import config_from_environment

if TYPE_CHECKING:
    from .client import StackClient

adt = typer.Typer(help="HL7 v2 messages: look, replay, set aside.", no_args_is_help=True)

MessageId = Annotated[str, typer.Argument(metavar="ID", help="The message's id, or enough of its beginning.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@adt.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Messages that were taken too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the messages that were refused (AE, AR) and not dealt with since, the last that came first."""
    from .adt_messages import list_messages, table_of

    messages = list_messages(_client(), every=every)
    if as_json:
        print(json.dumps([asdict(message) for message in messages], indent=1))
    elif messages:
        Console(width=max(shutil.get_terminal_size().columns, 160)).print(table_of(messages))
    else:
        print("There are no messages." if every else "No message is refused.")


@adt.command()
def show(
    message_id: MessageId,
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show what it says; this is audited.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one message, a star for each value unless asked for."""
    from .adt_messages import find_message, segments_of

    client = _client()
    message = find_message(client, message_id)
    segments = segments_of(client, message, reveal=reveal)
    if as_json:
        print(json.dumps({**asdict(message), "segments": segments, "is_masked": not reveal}, indent=1))
        return
    table = Table(box=None, show_header=False)
    for name, value in asdict(message).items():
        table.add_row(f"[bold]{name.replace('_', ' ')}[/bold]", "" if value is None else str(value))
    Console(width=max(shutil.get_terminal_size().columns, 120)).print(table)
    print(f"\nmessage{'' if reveal else ' (values masked; --reveal shows them)'}:")
    print("\n".join(segments))


@adt.command()
def replay(
    message_id: MessageId,
    *,
    reason: Annotated[ReplayReason, typer.Option("--reason", help="Why; it is kept with the message and audited.")],
    for_real: Annotated[
        bool, typer.Option("--for-real", help="Do it; without this only say what would happen.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a refused message again, in the name of its sender, once the cause is mended."""
    from .adt_messages import find_message, sentence
    from .adt_messages import replay as run

    client = _client()
    message = find_message(client, message_id)
    outcome = run(client, message, reason, for_real=for_real)
    print(json.dumps(outcome, indent=1) if as_json else sentence(message, outcome))
    raise typer.Exit(1 if outcome["condition"] else 0)


@adt.command("set-aside")
def set_aside(
    message_id: MessageId,
    *,
    reason: Annotated[SetAsideReason, typer.Option("--reason", help="Why; it is kept with the message and audited.")],
    as_json: AsJson = False,
) -> None:
    """Say that nothing more is to be done about a refused message; it is then kept no longer than others."""
    from .adt_messages import SHORT, find_message
    from .adt_messages import set_aside as run

    client = _client()
    message = run(client, find_message(client, message_id), reason)
    print(json.dumps(asdict(message), indent=1) if as_json else f"Set aside: message {message.message_id[:SHORT]}.")


def _client() -> "StackClient":
    from .client import StackClient

    return StackClient.of_running(config_from_environment())

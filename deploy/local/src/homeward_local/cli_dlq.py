"""`homeward dlq …`: what an operator does about messages that a consumer could never handle."""

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .config import config_from_environment
from .errors import StackError
from .letters import Reason

if TYPE_CHECKING:
    from .client import StackClient

dlq = typer.Typer(help="Dead letters: look, repair, replay, discard.", no_args_is_help=True)

LetterId = Annotated[str, typer.Argument(metavar="ID", help="The letter's id, or enough of its beginning.")]
Why = Annotated[Reason, typer.Option("--reason", help="Why; it is kept with the letter and audited.")]
ForReal = Annotated[bool, typer.Option("--for-real", help="Do it; without this only say what would happen.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dlq.command("list")
def list_(
    *, every: Annotated[bool, typer.Option("--all", help="Settled letters too.")] = False, as_json: AsJson = False
) -> None:
    """List the open dead letters of all services, the newest first."""
    from .letters import list_letters
    from .letters_shown import table_of

    letters = list_letters(_client(), state=None if every else "open")
    if as_json:
        print(json.dumps([asdict(letter) for letter in letters], indent=1))
    elif letters:
        Console(width=max(shutil.get_terminal_size().columns, 160)).print(table_of(letters))
    else:
        print("There are no dead letters." if every else "There are no open dead letters.")


@dlq.command()
def show(
    letter_id: LetterId,
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the payload's values; this is audited.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one letter with its payload, values masked unless asked for."""
    from .letters import find_letter, payload_of
    from .letters_shown import description

    client = _client()
    letter = find_letter(client, letter_id)
    payload = payload_of(client, letter, reveal=reveal)
    if as_json:
        print(json.dumps({**asdict(letter), "payload": payload, "is_masked": not reveal}, indent=1))
        return
    table = Table(box=None, show_header=False)
    for name, value in description(letter):
        table.add_row(f"[bold]{name}[/bold]", value)
    Console(width=max(shutil.get_terminal_size().columns, 120)).print(table)
    print(f"\npayload{'' if reveal else ' (values masked; --reveal shows them)'}:\n{json.dumps(payload, indent=1)}")


@dlq.command()
def repair(
    letter_id: LetterId,
    *,
    payload: Annotated[str, typer.Option(metavar="FILE", help="The corrected payload as JSON; - reads it from here.")],
    reason: Why = Reason.PAYLOAD_REPAIRED,
    for_real: ForReal = False,
    as_json: AsJson = False,
) -> None:
    """Put another payload in the place of a letter's; it is used whenever the event is read, a replay applies it."""
    _act(letter_id, "repair", reason, for_real=for_real, as_json=as_json, payload=_read(payload))


@dlq.command()
def replay(letter_id: LetterId, *, reason: Why, for_real: ForReal = False, as_json: AsJson = False) -> None:
    """Apply a letter, as repaired if it was, and then what is parked behind it in order."""
    _act(letter_id, "replay", reason, for_real=for_real, as_json=as_json)


@dlq.command()
def discard(letter_id: LetterId, *, reason: Why, for_real: ForReal = False, as_json: AsJson = False) -> None:
    """Never apply a letter; what is parked behind it follows in order."""
    _act(letter_id, "discard", reason, for_real=for_real, as_json=as_json)


def _act(letter_id: str, verb: str, reason: Reason, *, for_real: bool, as_json: bool, **more: Any) -> None:  # JSON
    from .letters import act, find_letter
    from .letters_shown import sentence

    client = _client()
    outcome = act(
        client, find_letter(client, letter_id), verb, {"reason": reason.value, "is_dry_run": not for_real, **more}
    )
    print(json.dumps(asdict(outcome), indent=1) if as_json else sentence(outcome))
    raise typer.Exit(1 if outcome.has_failed else 0)


def _read(name: str) -> dict[str, Any]:  # the JSON of an event
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        payload = json.loads(text)
    except (OSError, ValueError) as error:
        raise StackError(f"{name} cannot be read as JSON ({type(error).__name__}).") from error
    if not isinstance(payload, dict):
        raise StackError(f"{name} holds no JSON object: give the whole payload of the event.")
    return payload


def _client() -> "StackClient":
    from .client import StackClient

    return StackClient.of_running(config_from_environment())

"""`homeward audit …`: whether the services' audit logs are as they were written."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .config import SERVICES, config_from_environment
from .errors import StackError

if TYPE_CHECKING:
    from .client import StackClient

audit = typer.Typer(help="The audit logs and their chains of hashes.", no_args_is_help=True)

OneService = Annotated[str | None, typer.Option("--service", metavar="NAME", help="This service only; else all four.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@audit.command()
def head(*, service: OneService = None) -> None:
    """Print how far each chain goes, as JSON: keep it elsewhere, and `verify --heads` finds a tail that was cut off."""
    from .audit_logs import head_of

    client = _client()
    print(json.dumps({name: head_of(client, name) for name in _names(service)}, indent=1))


@audit.command()
def verify(
    *,
    service: OneService = None,
    heads: Annotated[Path | None, typer.Option(help="A file that `homeward audit head` wrote earlier.")] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the chains from their beginning; names the first row that was changed, removed or slipped in."""
    from .audit_logs import verify as run

    client = _client()
    kept = json.loads(heads.read_text()) if heads else {}
    results = [run(client, name, kept.get(name)) for name in _names(service)]
    if as_json:
        print(json.dumps([result.as_json() for result in results], indent=1))
    else:
        for result in results:
            print(f"{result.service:20} {result.sentence()}")
    raise typer.Exit(0 if all(result.is_whole for result in results) else 1)


def _client() -> "StackClient":
    from .client import StackClient

    return StackClient.of_running(config_from_environment())


def _names(service: str | None) -> list[str]:
    names = [each.name for each in SERVICES]
    if service is None:
        return names
    if service not in names:
        raise StackError(f"There is no service {service!r}: use {', '.join(names)}.")
    return [service]

"""`homeward events …`: the events that the services have published."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from .config import config_from_environment
from .errors import StackError

if TYPE_CHECKING:
    from .republishing import Progress

events = typer.Typer(help="Published events.", no_args_is_help=True)


@events.callback()
def _group() -> None:
    """A group even while it has one command."""


@events.command()
def republish(
    *,
    topics: Annotated[list[str] | None, typer.Option("--topic", help="A topic to refill; may be repeated.")] = None,
    emptied: Annotated[bool, typer.Option("--emptied", help="Every topic that a service has found empty.")] = False,
    since: Annotated[str | None, typer.Option(help="Only events recorded since then; else all there are.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON when it is done.")] = False,
) -> None:
    """Send events again from the services' event logs, in order; consumers take each of them once."""
    from .client import StackClient
    from .republishing import emptied_topics, parse_since, publishers
    from .republishing import republish as run
    from .topics import catalogue

    client = StackClient.of_running(config_from_environment())
    wanted = sorted({*(topics or []), *(emptied_topics(client) if emptied else [])})
    if not wanted and not emptied:
        raise StackError("Say which topic: --topic NAME, or --emptied for those that a service has found empty.")
    pairs = [(service, topic) for topic in wanted for service in publishers(catalogue(), topic, client.services)]

    def show(progress: "Progress") -> None:
        if not as_json:
            state = "done" if progress.is_done else f"{progress.shards_left} of its shards left"
            print(f"{progress.topic:28} {progress.service:20} {progress.sent:>9,} sent, {state}", flush=True)

    done = run(client, pairs, parse_since(since), show)
    if as_json:
        print(json.dumps([asdict(progress) for progress in done], indent=1))
    else:
        total = sum(progress.sent for progress in done)
        print(f"{total:,} events sent again." if done else "No topic has been found empty.")

"""`homeward demo …`: play with the running stack, over HTTP as any other client."""

import json
import random
from typing import Annotated

import typer

from .config import config_from_environment
from .demo.ways import Way

demo = typer.Typer(help="Play with the running stack (synthetic people only).", no_args_is_help=True)
clock = typer.Typer(help="The demo clock.", no_args_is_help=True)
demo.add_typer(clock, name="clock")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@demo.command("send-referral")
def send_referral(
    *, via: Annotated[Way, typer.Option(help="hl7 admits by HL7 v2 first and refers by JSON.")] = Way.REST
) -> None:
    """Refer a new synthetic person as a ward's system does; prints the referral's identifier."""
    from .client import StackClient
    from .demo import clock as demo_clock
    from .demo.people import synthetic_person
    from .demo.sending import send_referral as send

    client = StackClient.of_running(config_from_environment())
    now = demo_clock.now(client)
    referral_id = send(client, synthetic_person(random.SystemRandom(), now.date()), now, via)
    print(referral_id)


@demo.command()
def journey(
    *, via: Annotated[Way, typer.Option(help="How the ward refers.")] = Way.REST, as_json: AsJson = False
) -> None:
    """Play one person from the ward to a detected readmission, printing each event as it happens."""
    from .client import StackClient
    from .demo import clock as demo_clock
    from .demo.events import Event
    from .demo.journey import Journey
    from .demo.people import synthetic_person

    def say(text: str) -> None:
        if not as_json:
            print(f"\n{text}", flush=True)

    def on_event(event: Event) -> None:
        line = (
            json.dumps(event.as_json()) if as_json else f"  {event.short_type:28} {event.service:20} {event.time[:19]}"
        )
        print(line, flush=True)

    client = StackClient.of_running(config_from_environment())
    person = synthetic_person(random.SystemRandom(), demo_clock.now(client).date())
    event = Journey(client, person, say, on_event, via).play()
    say(f"The readmission was detected. The whole chain: homeward referral trace {event.referral_id}")


@demo.command()
def token(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Such as coordinator, nurse, broker, ward_system.")],
    *,
    sub: Annotated[str | None, typer.Option(help="Another subject than the role's own.")] = None,
    org: Annotated[str | None, typer.Option(help="Another organisation than the role's own.")] = None,
) -> None:
    """Print a token for a role, good for an hour at all four services."""
    from .client import demo_token
    from .state import require_running

    print(demo_token(require_running(config_from_environment())["issuer"], role, sub=sub, org=org))


@demo.command("client-token")
def client_token(
    *, scope: Annotated[str | None, typer.Option(help="Scopes, separated by blanks; all it has unless given.")] = None
) -> None:
    """Print a token as a hospital's system gets it, with a key of its own (private_key_jwt); good for five minutes."""
    from .client_credentials import TOKEN_PATH, demo_client_key
    from .client_credentials import client_token as exchange
    from .config import DEMO_CLIENT
    from .state import require_running

    config = config_from_environment()
    token_url = require_running(config)["issuer"] + TOKEN_PATH
    print(exchange(token_url, DEMO_CLIENT, demo_client_key(config), scope))


@clock.command()
def advance(by: Annotated[str, typer.Argument(metavar="TIME", help="Such as 5d, 36h or 1d12h; forward only.")]) -> None:
    """Let time pass in all services; returns when everything that became due has happened."""
    from .client import StackClient
    from .demo import clock as demo_clock

    duration = demo_clock.parse_duration(by)
    now = demo_clock.advance(StackClient.of_running(config_from_environment()), duration)
    print(f"It is now {now:%A %-d %B %Y, %H:%M} UTC in the demo.")

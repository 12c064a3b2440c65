"""What a service is made of, and what one of its processes runs."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI

from homeward_kit.clock import Clock
from homeward_kit.consumer import ConsumerRunner
from homeward_kit.database import Database
from homeward_kit.handling import HandlerTable, Handling
from homeward_kit.relay import Relay
from homeward_kit.settings import ServiceSettings
from homeward_kit.timers import TimerTable, TimerWorker
from homeward_kit.values import Refusal

Role = Literal["all", "api", "worker"]
BROKER_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a service is made of; `entrypoints/service.py` builds it."""

    name: str  # "care-package": also its consumer group and its tokens' audience
    package: str
    settings: ServiceSettings
    routers: Sequence[APIRouter] = ()
    handlers: HandlerTable = field(default_factory=dict)
    timers: TimerTable = field(default_factory=dict)
    refusals: Mapping[type[Refusal], int] = field(default_factory=dict)  # HTTP status; 409 unless named
    body_limits: Mapping[str, int] = field(default_factory=dict)  # bytes, by the beginning of the path
    configure_app: "Callable[[FastAPI, Runtime], None] | None" = None
    background: "Sequence[Callable[[Runtime], Awaitable[None]]]" = ()  # run beside the API until cancelled
    keepers: "Sequence[Callable[[Runtime], Awaitable[None]]]" = ()  # run in every role until `stopping` is set


@dataclass
class Runtime:
    """A running process of a service."""

    service: Service
    role: Role
    database: Database
    relay: Relay | None = None
    handlings: dict[str, Handling] = field(init=False)  # by consumer group
    runners: list[ConsumerRunner] = field(default_factory=list)  # a keeper may add groups of its own to both
    timer_worker: TimerWorker | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)  # open streams end when it is set
    parts: dict[str, Callable[[], str]] = field(default_factory=dict)  # what else it runs, each saying how it is

    def __post_init__(self) -> None:
        name, handlers = self.service.name, self.service.handlers
        self.handlings = {name: Handling(self.database, name, handlers)} if handlers else {}

    @property
    def settings(self) -> ServiceSettings:
        return self.service.settings

    @property
    def clock(self) -> Clock:
        return self.database.clock

    async def broker_health(self) -> bool:
        """True when the broker answers."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_bootstrap_servers, request_timeout_ms=2000)
        try:
            await asyncio.wait_for(admin.start(), BROKER_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(admin.close(), BROKER_SECONDS)
        return True

    async def lag(self) -> list[dict[str, Any]]:  # Any: rows for /ops
        """The lag of every consumer group in this process."""
        return [row for runner in self.runners for row in await runner.lag()]


def create_runtime(service: Service, role: Role) -> Runtime:
    """The parts a role needs, not yet running."""
    settings = service.settings
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    runtime = Runtime(service, role, database)
    if role == "api":
        return runtime
    bootstrap = settings.kafka_bootstrap_servers
    runtime.relay = Relay(database, source=f"homeward/{service.name}", bootstrap_servers=bootstrap)
    runtime.runners = [ConsumerRunner(handling, bootstrap_servers=bootstrap) for handling in runtime.handlings.values()]
    runtime.timer_worker = TimerWorker(
        database, service.timers, catch_up_per_second=settings.timers_catch_up_per_second
    )
    return runtime

"""A relay in a process of its own, as a worker runs it, without the consumers that a worker has beside it.

`python -m tests.bench.forwarding`; DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS say between what.
"""

import asyncio

from uvicorn.loops.auto import auto_loop_factory

from homeward_kit import telemetry
from homeward_kit.database import Database
from homeward_kit.process import collect_garbage_seldom
from homeward_kit.relay import Relay
from homeward_kit.settings import ServiceSettings


async def main() -> None:
    """Until the process is ended."""
    settings = ServiceSettings()
    telemetry.setup("spa-intake", settings)
    collect_garbage_seldom()
    database = Database(settings.database_url.get_secret_value())
    await Relay(database, source="homeward/spa-intake", bootstrap_servers=settings.kafka_bootstrap_servers).run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main())

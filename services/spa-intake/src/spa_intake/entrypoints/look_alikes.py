"""Records that are alike and were received at the same instant: looked for by a worker now and then."""

import asyncio
import contextlib

from homeward_kit.logging import get_logger
from homeward_kit.outages import DATABASE_FAILURES
from homeward_kit.service import Runtime
from spa_intake.use_cases.find_look_alikes import find_look_alikes

LOOK_SECONDS = 300.0  # one scan of an index; nobody waits for it, and whoever receives a referral pays nothing

_log = get_logger(__name__)


async def keep(runtime: Runtime) -> None:
    """Until the process stops; an API process leaves it to the workers."""
    while runtime.role != "api" and not runtime.stopping.is_set():
        try:
            async with runtime.database.transaction() as tx:
                found = await find_look_alikes(tx)
            if found:
                _log.info("look_alikes_found", count=found)
        except DATABASE_FAILURES as error:
            _log.warning("look_alikes_not_sought", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(runtime.stopping.wait(), LOOK_SECONDS)
    await runtime.stopping.wait()

"""The processes of a service: `serve --role all|api|worker` and `migrate`, started by `python -m <package>`."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from homeward_kit import logging, migrations, telemetry
from homeward_kit.audit_chain import keep_sealing
from homeward_kit.commands import forget_old_answers
from homeward_kit.migrations.steps import MONTHS_AHEAD
from homeward_kit.outages import is_outage
from homeward_kit.service import Role, Runtime, Service, create_runtime
from homeward_kit.web import create_app
from homeward_kit.whole_answers import WholeAnswers

CLOCK_SECONDS = 0.5
HOUSEKEEPING_SECONDS = 3600.0

_log = logging.get_logger(__name__)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: this module stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:  # Any: uvicorn types it as a generator of None
        yield


async def serve(service: Service, role: Role) -> int:
    """Run until SIGTERM or SIGINT; 1 when a background task died, so that the process is started anew."""
    runtime = create_runtime(service, role)
    await _read_clock(runtime)
    server = _Server(
        uvicorn.Config(
            create_app(service, runtime),
            host=service.settings.host,
            port=service.settings.port,
            http=WholeAnswers,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
            server_header=False,
        )
    )
    collect_garbage_seldom()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = _start_tasks(runtime, server)
    stopping = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    died = [task for task in done if task is not stopping]
    for task in died:
        error = None if task.cancelled() else task.exception()
        _log.error("background_task_ended", task=task.get_name(), exc_info=error)
    await _stop(runtime, server, tasks)
    stopping.cancel()
    return 1 if died else 0


def collect_garbage_seldom() -> None:
    """Look for cycles among what is made from now on only: the modules' hundred thousands of objects stay anyway.

    Nor is there a last look among those: it takes a fifth of a second and finds one in two hundred.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)  # more than the records in hand are made of: they need no look
    gc.enable()


def _start_tasks(runtime: Runtime, server: uvicorn.Server) -> list[asyncio.Task[Any]]:
    """Every long-running part as a task; the order is the order of stopping."""
    parts: list[tuple[str, Awaitable[Any]]] = [("http", server.serve()), ("clock", _follow_clock(runtime))]
    if runtime.role != "worker":
        parts += [(f"background-{number}", start(runtime)) for number, start in enumerate(runtime.service.background)]
    parts += [(f"keeper-{number}", keep(runtime)) for number, keep in enumerate(runtime.service.keepers)]
    for runner in runtime.runners:
        parts += [(f"consumer-{runner.group}", runner.run()), (f"watchdog-{runner.group}", runner.watch())]
    if runtime.timer_worker is not None:
        parts.append(("timers", runtime.timer_worker.run()))
    if runtime.relay is not None:
        parts += [("relay", runtime.relay.run()), ("housekeeping", _keep_house(runtime))]
        parts.append(("sealer", keep_sealing(runtime.database)))
    return [asyncio.create_task(_as_coroutine(part), name=name) for name, part in parts]


async def _as_coroutine(part: Awaitable[Any]) -> Any:  # Any: nobody reads the result
    return await part


async def _stop(runtime: Runtime, server: uvicorn.Server, tasks: list[asyncio.Task[Any]]) -> None:
    """Stop taking work, finish what is in hand, send what it left in the outbox, close."""
    runtime.stopping.set()
    server.should_exit = True
    for runner in runtime.runners:
        runner.stop()
    if runtime.timer_worker is not None:
        runtime.timer_worker.stop()
    endless = {"clock", "housekeeping", "sealer", "relay"}
    for task in tasks:
        if task.get_name() in endless - {"relay"} or task.get_name().startswith("background-"):
            task.cancel()
    await asyncio.wait([task for task in tasks if task.get_name() != "relay"], timeout=15)
    if runtime.relay is not None:
        runtime.relay.stop()
    await asyncio.wait(tasks, timeout=10)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await runtime.database.dispose()


async def _stored_offset(execute: Callable[[str], Awaitable[Any]]) -> float:
    row = (await execute("SELECT offset_seconds FROM demo_clock")).scalar_one_or_none()
    return float(row or 0.0)


async def _read_clock(runtime: Runtime) -> None:
    """Before anything else: the database's clock. A database that is not there yet is waited for."""
    while True:
        try:
            async with runtime.database.transaction() as tx:
                runtime.clock.set_offset(await _stored_offset(tx.execute))
                return
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("database_awaited", error=type(error).__name__)
        await asyncio.sleep(CLOCK_SECONDS)


async def _follow_clock(runtime: Runtime) -> None:
    """In a demonstration: read the clock's offset twice a second; otherwise there is nothing to follow."""
    while True:
        if not runtime.settings.homeward_demo:
            await asyncio.Event().wait()
        try:
            async with runtime.database.transaction() as tx:
                runtime.clock.set_offset(await _stored_offset(tx.execute))
        except Exception as error:  # noqa: BLE001 — an outage of the database is waited out
            _log.warning("demo_clock_unread", error=type(error).__name__)
        await asyncio.sleep(CLOCK_SECONDS)


async def _keep_house(runtime: Runtime) -> None:
    """Every hour: partitions of the coming months, answers of idempotent requests that are past their time."""
    while True:
        try:
            async with runtime.database.transaction() as tx:
                await tx.execute("SELECT homeward_ensure_partitions(:ahead)", {"ahead": MONTHS_AHEAD})
                await forget_old_answers(tx)
        except Exception as error:  # noqa: BLE001 — tried again in an hour
            _log.warning("housekeeping_failed", error=type(error).__name__)
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


def main(build: Callable[[], Service]) -> None:
    """The whole of a service's `__main__.py`."""
    parser = argparse.ArgumentParser(description="A Homeward service; everything else comes from the environment.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="run the service")
    serving.add_argument("--role", choices=("all", "api", "worker"), default="all")
    commands.add_parser("migrate", help="bring the database to the newest revision")
    arguments = parser.parse_args()
    service = build()
    logging.setup(service.name, service.settings.log_level)
    if arguments.command == "migrate":
        owner = service.settings.migration_database_url or service.settings.database_url
        migrations.upgrade(service.package, owner.get_secret_value())
        return
    telemetry.setup(service.name, service.settings)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        code = runner.run(serve(service, arguments.role))
    telemetry.shutdown()
    sys.stdout.flush()
    os._exit(code)  # nothing may hold a stopped process: every part has been closed above

"""A service's HTTP half on a port, in a thread with a loop of its own: for clients that are not asynchronous."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from homeward_kit.service import Service, create_runtime
from homeward_kit.web import create_app


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals are the test run's own."""
        yield


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The base address, for the time of a `with` block."""
    started = threading.Event()
    servers: list[_Server] = []

    async def run(listener: socket.socket) -> None:
        runtime = create_runtime(service, "api")
        app = create_app(service, runtime)
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        servers.append(server)
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 — uvicorn has no event for it
            await asyncio.sleep(0.01)
        started.set()
        await serving
        await runtime.database.dispose()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(run(listener)))
        thread.start()
        try:
            assert started.wait(30), "the service did not start"
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for server in servers:
                server.should_exit = True
            thread.join(15)

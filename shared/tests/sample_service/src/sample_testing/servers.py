"""A PostgreSQL and a Kafka of a test's own, to be ended as by `kill -9` and started again on the same data."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import psutil

from homeward_local.waiting import has_ended, wait_until


class OwnServer:
    """A child process with its children; `mark` is a word of its command that no other child's has."""

    def __init__(self, running: Callable[[], AbstractContextManager[str]], mark: str) -> None:
        self._running = running
        self._mark = mark
        self._stack = ExitStack()
        self.address = ""

    def start(self) -> None:
        """Start it on the data it had; returns when it answers."""
        self.address = self._stack.enter_context(self._running())

    async def start_again(self) -> None:
        """As `start`, while the test's own tasks go on."""
        await asyncio.to_thread(self.start)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing any more; `kill` is what can follow."""
        for process in self._processes():
            process.suspend()

    def kill(self) -> None:
        """Every process of it at once."""
        self.freeze()  # so that none of them sees another end and finishes its work
        processes = self._processes()
        for process in processes:
            process.kill()
        assert wait_until(lambda: all(has_ended(process) for process in processes), seconds=20)
        self._stack.close()

    def _processes(self) -> list[psutil.Process]:
        found = [one for one in psutil.Process().children() if self._mark in " ".join(_command(one))]
        assert found, f"no child process has {self._mark} in its command"
        return [*found, *(child for one in found for child in one.children(recursive=True))]

    def stop(self) -> None:
        self._stack.close()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []

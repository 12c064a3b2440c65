"""A name becomes addresses once, every one of them is checked, and only those are connected to.

A second look-up by anything else could give another answer (DNS rebinding): the connection is made to the very address
that was checked.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address

import httpcore

from spa_intake.domain.errors import TargetRefused
from spa_intake.domain.target import Address, Target, TargetRules, literal_of

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
LOOK_UP_SECONDS = 5.0
# httpcore's own type of a socket's options
SocketOptions = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class NameNotFoundError(Exception):
    """The name has no address, or nobody answers what it is."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """As the machine resolves names."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Guard:
    """The rules of a site, and the look-up of names."""

    def __init__(self, rules: TargetRules, resolve: Resolve = system_resolve) -> None:
        self.rules = rules
        self._resolve = resolve

    async def check(self, url: str) -> Target:
        """An address that somebody asks for. Refuses with TargetRefused, also where its name is not known."""
        target = self.rules.read(url)
        try:
            await self.addresses(target.host, target.port)
        except NameNotFoundError:
            raise TargetRefused(reason="name_not_known") from None
        return target

    async def addresses(self, host: str, port: int) -> list[Address]:
        """The addresses to connect to; TargetRefused where one of them may not be called."""
        literal = literal_of(host)
        found = [literal] if literal is not None else await self._look_up(host, port)
        if not all(self.rules.allows(address) for address in found):
            raise TargetRefused(reason="address")
        return found

    async def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                named = await self._resolve(host, port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise NameNotFoundError from error
        found = [ip_address(each.partition("%")[0]) for each in dict.fromkeys(named)]
        if not found:
            raise NameNotFoundError
        return found


class PinnedNetwork(httpcore.AsyncNetworkBackend):
    """Connections to the addresses that were checked, and to nothing else."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore's signature
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """To the first address that answers."""
        failure: Exception = NameNotFoundError()
        for address in await self._guard.addresses(host, port):
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

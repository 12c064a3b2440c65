"""Whether ports are free, and how to find some that are."""

import random
import socket

from .config import HIGHEST_OFFSET, HOST, Config
from .errors import StackError


def is_free(port: int) -> bool:
    """True when this process could listen on the port now (macOS lets two programs bind one, so ask twice)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return not is_open(port)


def is_open(port: int) -> bool:
    """True when something answers on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def require_free_ports(config: Config) -> None:
    """Refuse to start, naming the ports in use and the setting that moves them all."""
    taken = {name: port for name, port in config.ports().items() if not is_free(port)}
    if taken:
        listed = ", ".join(f"{port} ({name})" for name, port in taken.items())
        raise StackError(
            f"In use by another program: port {listed}. End that program, or choose other ports with "
            f"HOMEWARD_PORT_BASE={_suggested_base(config.port_base)} (all ports follow from it)."
        )


def free_port() -> int:
    """A port nobody uses now (for tests)."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def free_port_base() -> int:
    """The first of nine free ports in a row, below the range the system hands out itself (for tests)."""
    chooser = random.SystemRandom()
    for _ in range(500):
        base = chooser.randrange(10_000, 32_000, 10)
        if all(is_free(base + offset) for offset in range(HIGHEST_OFFSET + 1)):
            return base
    raise StackError("No nine free ports in a row were found between 10000 and 32000.")


def _suggested_base(taken_base: int) -> int:
    for base in range(taken_base + 1000, 60_000, 1000):
        if all(is_free(base + offset) for offset in range(HIGHEST_OFFSET + 1)):
            return base
    return free_port_base()

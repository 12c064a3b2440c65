"""CPU seconds of each process of a benchmark: on two cores that all share, their sum is what limits the rate."""

from collections.abc import Mapping

import psutil

LOAD = "load generator"
# what a command line holds → what the process is
NAMES = {"spa_intake": "workers", "tests.bench.forwarding": "relay", "kafka": "Kafka", "postgres": "PostgreSQL"}

Spent = Mapping[str, float]


def spent() -> Spent:
    """So far, by what this process and those it began are; a server's workers that have ended count as its own."""
    ourselves = psutil.Process()
    own = ourselves.cpu_times()
    found = {LOAD: own.user + own.system}
    for process in ourselves.children(recursive=True):
        try:
            command, times = " ".join(process.cmdline()), process.cpu_times()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        name = next((name for word, name in NAMES.items() if word in command), "others")
        seconds = times.user + times.system + times.children_user + times.children_system
        found[name] = found.get(name, 0) + seconds
    return found


def each_of(number: int, before: Spent, after: Spent) -> dict[str, float]:
    """CPU milliseconds that one of so many took, by process."""
    return {name: (seconds - before.get(name, 0)) * 1000 / number for name, seconds in after.items()}

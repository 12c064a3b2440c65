"""`homeward status` for people."""

import shutil
from typing import Any

from rich.console import Console
from rich.table import Table


def print_status(found: dict[str, Any]) -> None:  # what status.status returns
    """One line per process, then the sums."""
    console = Console(width=max(shutil.get_terminal_size().columns, 100))
    table = Table("process", "state", "pid", "memory", "restarts", "address", box=None)
    addresses = {name: found[name] for name in ("issuer", "kafka", "postgres")} | found["services"]
    for name, process in found["processes"].items():
        health = found["health"].get(name)
        state = process["state"] if health is None or health["is_ready"] else f"{process['state']}, not ready"
        table.add_row(
            name,
            state,
            str(process["pid"]),
            f"{process['memory_mib']} MiB",
            str(process["restarts"]),
            addresses.get(name, ""),
        )
    console.print(table)
    console.print(f"\nHL7 v2 over MLLP: {found['mllp']}.")
    lag = ", ".join(f"{group} {behind}" for group, behind in found["lag"].items()) or "none known yet"
    console.print(f"{found['state']}, {found['memory_mib']} MiB in all. Events not yet read: {lag}.")

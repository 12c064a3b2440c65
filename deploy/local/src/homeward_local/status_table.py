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
    for sentence in waiting(found["health"]):
        console.print(sentence)


def waiting(health: dict[str, Any]) -> list[str]:  # what each service's report says
    """What waits for an operator although everything runs."""
    letters = sum((report.get("messaging") or {}).get("dead_letters_open") or 0 for report in health.values())
    refused = [str((report.get("parts") or {}).get("adt_messages", "0 ")) for report in health.values()]
    sentences = [f"Open dead letters: {letters}. `homeward dlq list` shows them."] if letters else []
    return sentences + [
        f"HL7 messages: {said}. `homeward adt list` shows them." for said in refused if not said.startswith("0 ")
    ]

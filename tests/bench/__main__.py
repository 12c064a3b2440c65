"""`python -m tests.bench [--only name] [--quick]`: run the benchmarks, write build/bench.json, print the table."""

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from pydantic import SecretStr
from uvicorn.loops.auto import auto_loop_factory

from homeward_kit import telemetry
from homeward_kit.process import collect_garbage_seldom
from homeward_kit.settings import ServiceSettings

from . import consuming, growth, intake, journey, relaying
from .place import Place, running_place
from .results import Row, table, write

OUTPUT = Path("build/bench.json")
BENCHMARKS: Mapping[str, Callable[[Place], Awaitable[list[Row]]]] = {
    "relay": relaying.relay,
    "consumer": consuming.consumer,
    "replay": consuming.replay,
    "outbox": growth.outbox,
    "event_log": growth.event_log,
    "inbox": growth.inbox,
    "visible": journey.visible,
    "create": intake.create,
    "fhir": intake.fhir,
}


async def _run(place: Place, names: list[str]) -> tuple[list[Row], list[str]]:
    """The rows found, and the names of benchmarks that could not run."""
    rows: list[Row] = []
    broken: list[str] = []
    print(f"{', '.join(names)}: about ten minutes for all, three with --quick", flush=True)
    for name in names:
        print(f"{name} …", flush=True)
        begun = time.monotonic()
        try:
            found = await BENCHMARKS[name](place)
        except Exception:  # noqa: BLE001 — the others are still worth running
            traceback.print_exc()
            broken.append(name)
        else:
            print(f"{table(found)}\n{name}: {time.monotonic() - begun:.0f} s", flush=True)
            rows += found
    return rows, broken


def main() -> int:
    """0 also when a goal is missed; 1 when a benchmark could not run."""
    parser = argparse.ArgumentParser(description="Homeward's benchmarks, on servers of their own.")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="run this one; may be given again")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that they run, not how fast")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    # as the services are: traced, with no exporter
    telemetry.setup("bench", ServiceSettings(database_url=SecretStr(""), kafka_bootstrap_servers=""))
    collect_garbage_seldom()
    with running_place(is_quick=options.quick) as place, asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        rows, broken = runner.run(_run(place, options.only or list(BENCHMARKS)))
    write(options.output, rows)
    print(f"\n{table(rows)}\n\nwritten to {options.output}")
    if broken:
        print(f"could not run: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

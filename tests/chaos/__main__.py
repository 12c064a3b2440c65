"""`python -m tests.chaos`: run a soak, write build/chaos.json, and fail when a promise was broken."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from .checks import Fault
from .soak import Result, Settings, soak, write


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill and cut everything under whole journeys, then check the books.")
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--rate", type=float, default=30.0, help="journeys that begin in a minute")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="of Kafka")
    given = parser.parse_args()
    logging.disable(logging.ERROR)  # the clients' own libraries speak of every lost connection
    result = asyncio.run(soak(Settings(given.seconds, given.seed, given.rate, given.nodes)))
    path = write(result)
    print(summary(result))
    table(result, path.with_suffix(".md"))
    print(f"Written to {path} and, as a table for docs/chaos.md, beside it")
    return 0 if result.is_good else 1


def table(result: Result, path: Path) -> None:
    """The figures as the page in docs/ shows them."""
    figures = result.as_json()
    rows = [
        (target, figures["kills"][target], *seconds.values(), figures["back_by_target_s"][target]["p50"])
        for target, seconds in figures["recovery_by_target_s"].items()
    ]
    rows.append(("all", sum(figures["kills"].values()), *figures["recovery_s"].values(), ""))
    heads = ("Killed", "Times", "Recovery p50 (s)", "p99", "Longest", "Itself back p50")
    lines = [heads, ("---",) * len(heads), *rows]
    path.write_text("\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n")


def summary(result: Result) -> str:
    """The figures for a person."""
    figures = result.as_json()
    lines = [
        f"{figures['seconds']:.0f} s, seed {figures['seed']}, {figures['nodes']} Kafka node(s)",
        f"{figures['acknowledged']} referrals acknowledged, {figures['journeys']} journeys, {figures['events']} events",
        f"kills: {figures['kills']}, outages: {len(figures['outages'])}, {figures['disturbances']}",
        f"recovery: {figures['recovery_s']} s",
        ", ".join(f"{fault}: {figures[fault.value]}" for fault in Fault),
        *figures["findings"][:20],
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

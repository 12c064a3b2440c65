"""What runs, where, how much memory it takes and how far behind it is."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil

from .client import operator_headers
from .config import Config
from .errors import StackError
from .health import readiness
from .local_http import local_http
from .state import running_state
from .topics import TopicCounts, count_topics

MEBIBYTE = 1024 * 1024


def status(config: Config) -> dict[str, Any]:  # as JSON
    """Everything `homeward status --json` prints."""
    state = running_state(config)
    if state is None:
        return {"state": "stopped", "home": str(config.home)}
    supervisor = {"pid": state["pid"], "state": "running", "restarts": 0}
    processes = {name: _process(facts) for name, facts in state["processes"].items()}
    processes["supervisor"] = _process(supervisor, has_parts=False)
    with ThreadPoolExecutor(5) as pool:
        topics = pool.submit(_topics, state["kafka"])
        reports = dict(
            zip(
                state["services"],
                pool.map(lambda url: _service(url, state["issuer"]), state["services"].values()),
                strict=True,
            )
        )
    is_healthy = all(report["is_ready"] for report in reports.values())
    return {
        "state": state["phase"] if is_healthy or state["phase"] != "ready" else "degraded",
        "home": str(config.home),
        "pid": state["pid"],
        "seconds_to_ready": state.get("seconds_to_ready"),
        "services": state["services"],
        "issuer": state["issuer"],
        "kafka": state["kafka"],
        "mllp": state.get("mllp"),
        "postgres": state["postgres"],
        "health": reports,
        "processes": processes,
        "memory_mib": sum(process["memory_mib"] for process in processes.values()),
        "lag": _lag(topics.result()),
    }


def _topics(bootstrap_servers: str) -> list[TopicCounts]:
    try:
        return count_topics(bootstrap_servers)
    except StackError:  # a status without lag is better than none; the health shows the broker
        return []


def _lag(topics: list[TopicCounts]) -> dict[str, int]:
    lag: dict[str, int] = {}
    for topic in topics:
        for group, behind in topic.lag.items():
            lag[group] = lag.get(group, 0) + behind
    return lag


def _service(url: str, issuer: str) -> dict[str, Any]:  # as JSON
    is_ready, said = readiness(url)
    report: dict[str, Any] = {"is_ready": is_ready, **said}
    try:
        answer = local_http().get(f"{url}/ops/lag", headers=operator_headers(issuer), timeout=3)
        answer.raise_for_status()
        report["messaging"] = _summary(answer.json())
    except (httpx.HTTPError, ValueError, StackError):
        report["messaging"] = None
    return report


def _summary(report: dict[str, Any]) -> dict[str, Any]:  # as JSON
    """What waits in a service, without the row of every partition; a lag that is not known stays unknown."""
    names = ("outbox_rows", "outbox_oldest_seconds", "dead_letters_open", "timers_due")
    lags = [row["lag"] for row in report["consumers"]]
    return {name: report[name] for name in names} | {"lag": None if None in lags else sum(lags)}


def _process(facts: dict[str, Any], *, has_parts: bool = True) -> dict[str, Any]:
    """A process and the resident memory of it and, where it has parts of its own, of all it started."""
    memory = _memory(facts["pid"], has_parts=has_parts)
    return {**{key: facts[key] for key in ("pid", "state", "restarts")}, "memory_mib": memory}


def _memory(pid: int, *, has_parts: bool) -> int:
    try:
        process = psutil.Process(pid)
        parts = [process, *process.children(recursive=True)] if has_parts else [process]
        return round(sum(_private(part) for part in parts) / MEBIBYTE)
    except psutil.Error:
        return 0


def _private(process: psutil.Process) -> int:
    """Memory of one process; PostgreSQL's shared buffers would otherwise count once per connection."""
    memory = process.memory_info()
    if process.name().startswith("postgres"):
        return int(memory.rss - getattr(memory, "shared", 0))
    return int(memory.rss)

"""Asking a service how it is."""

from typing import Any

import httpx

from .local_http import local_http


def is_ready(url: str) -> bool:
    """True when the service at this base address says it is ready, with nothing missing (`degraded`)."""
    has_answered, said = readiness(url)
    return has_answered and said.get("status") == "ready"


def readiness(url: str) -> tuple[bool, dict[str, Any]]:  # the service's own JSON
    """Whether `/health/ready` answers 200, and what it says."""
    try:
        answer = local_http().get(f"{url}/health/ready", timeout=3)
        body = answer.json()
    except (httpx.HTTPError, ValueError):
        return False, {}
    return answer.status_code == httpx.codes.OK, body if isinstance(body, dict) else {}

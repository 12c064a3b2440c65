"""One HTTP client for everything on this machine: no proxy, and its certificates are loaded once."""

from functools import cache

import httpx


@cache
def local_http() -> httpx.Client:
    return httpx.Client(timeout=httpx.Timeout(30, connect=3), trust_env=False)

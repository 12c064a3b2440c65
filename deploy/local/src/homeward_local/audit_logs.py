"""Recomputing a service's audit chain over HTTP, part by part, and comparing it with a head that was kept."""

from dataclasses import asdict, dataclass
from typing import Any

from .client import StackClient
from .errors import StackError

OPERATOR = "operator"

# Any: the services' JSON.
Json = dict[str, Any]


@dataclass(frozen=True)
class Verified:
    """What became of one service's chain."""

    service: str
    rows: int
    unsealed: int | None
    head: Json
    fault: Json | None  # the first row that is not what was sealed
    lost: Json | None  # the head that was kept, where the chain no longer holds it

    @property
    def is_whole(self) -> bool:
        return self.fault is None and self.lost is None

    def as_json(self) -> Json:
        return asdict(self) | {"is_whole": self.is_whole}

    def sentence(self) -> str:
        if self.fault:
            return f"BROKEN at row {self.fault['audit_id']} ({self.fault['kind']}); whole before it: {self.rows:,} rows"
        if self.lost:
            return f"CUT OFF OR REWRITTEN: row {self.lost['last_id']} was sealed and the chain no longer says so"
        return f"whole: {self.rows:,} rows, {self.unsealed} wait for their seal"


def head_of(client: StackClient, service: str) -> Json:
    """How far the service's chain goes."""
    found: Json = client.get(service, "/ops/audit/head", OPERATOR)
    return found


def verify(client: StackClient, service: str, kept: Json | None) -> Verified:
    """The whole chain, from its beginning; `kept` is a head of it that was exported earlier."""
    rows, query = 0, dict[str, str]()
    while True:
        part = client.get(service, "/ops/audit/verify", OPERATOR, **query)
        rows += part["rows"]
        if part["is_done"]:
            break
        query = {"after_seal": str(part["upto"]["seal"]), "after_hash": part["upto"]["hash"]}
    lost = kept if kept is not None and not _holds(client, service, kept) else None
    return Verified(service, rows, part["unsealed"], part["upto"], part["fault"], lost)


def _holds(client: StackClient, service: str, kept: Json) -> bool:
    """Whether the chain still has the head that was kept."""
    if not {"seal", "hash", "last_id"} <= kept.keys():
        raise StackError("The file with the heads is not one that `homeward audit head` wrote.")
    if kept["seal"] == 0:
        return True
    return bool(client.find(service, f"/ops/audit/head?seal={kept['seal']}", OPERATOR) == kept)

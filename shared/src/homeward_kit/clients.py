"""The systems that may call: who they are, for whom they speak, how much they may do; one registry for every door."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from homeward_kit.callers import Caller, Role

Organisation = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
ScopeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{1,59}$")]


class Client(BaseModel):
    """A registered system. Its tokens may narrow what stands here and never widen it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
    role: Role = Role.WARD_SYSTEM
    organisations: tuple[Organisation, ...] = Field(min_length=1)  # ODS codes it speaks for, its own first
    scopes: frozenset[ScopeName]
    facilities: Mapping[str, Organisation] = Field(default_factory=dict)  # other names in its messages → ODS code
    requests_per_second: float = Field(default=50, gt=0)
    burst: int = Field(default=100, ge=1)
    sends_verified_numbers: bool = False  # its NHS numbers count as verified where it gives no status
    needs_certificate: bool = False  # takes only tokens bound to its TLS certificate (RFC 8705)

    @property
    def subject(self) -> str:
        return f"client/{self.client_id}"

    def organisation_of(self, name: str) -> str | None:
        """The organisation that a message names, by its ODS code or a facility's name, if it is one of its own."""
        organisation = self.facilities.get(name, name)
        return organisation if organisation in self.organisations else None

    def caller(self, scopes: Iterable[str], purpose: str = "direct_care") -> Caller:
        """The system as somebody who calls, with those of its scopes that a token names."""
        return Caller(
            self.subject,
            self.role,
            self.organisations[0],
            purpose,
            organisations=frozenset(self.organisations),
            scopes=self.scopes & frozenset(scopes),
            facilities=self.facilities,
        )


class Registry:
    """The registered clients, found by id and by the names in their messages."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients = {client.client_id: client for client in clients}

    def find(self, client_id: str) -> Client | None:
        return self._clients.get(client_id)

    def of_subject(self, subject: str) -> Client | None:
        """The client of a token's subject ("client/<id>")."""
        kind, _, client_id = subject.partition("/")
        return self.find(client_id) if kind == "client" else None

    def by_facility(self, scope: str, name: str) -> Client | None:
        """The client with this scope in whose name a message speaks."""
        return next(
            (one for one in self._clients.values() if scope in one.scopes and one.organisation_of(name) is not None),
            None,
        )

"""The audit chain over HTTP: recomputed part by part, and how far it goes, to be kept elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from homeward_kit import audit_chain
from homeward_kit.audit_chain import Tampering
from homeward_kit.audit_epochs import GENESIS, Head
from homeward_kit.problems import not_found
from homeward_kit.service import Runtime

MOST_ROWS = 20_000  # a second's work
HexHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SealOut(BaseModel):
    """The end of the chain, or of a part of it."""

    seal: int
    hash: HexHash
    last_id: int  # the number of the last row under it; 0: none


class FaultOut(BaseModel):
    audit_id: int
    kind: Tampering


class Verification(BaseModel):
    service: str
    rows: int  # looked at this time
    upto: SealOut  # give seal and hash to go on from here
    is_done: bool
    fault: FaultOut | None  # the first row that is not what was sealed
    unsealed: int | None  # rows that wait for a seal; known when it is done


def routes(runtime: Runtime) -> APIRouter:
    """`/ops/audit/…`; the router that takes it in says who may."""
    router = APIRouter(prefix="/audit")

    @router.get("/head")
    async def show_audit_head(seal: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> SealOut:
        """How far the chain goes, or the end of an earlier seal: kept elsewhere, it shows if the tail was cut off."""
        async with runtime.database.transaction() as tx:
            found = await audit_chain.head(tx, seal)
        if seal is not None and found.seal == 0:
            raise not_found()
        return _out(found)

    @router.get("/verify")
    async def verify_audit(
        after_seal: Annotated[int, Query(ge=0, le=2**62)] = 0,
        after_hash: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")] = GENESIS.hex(),
    ) -> Verification:
        """Recompute the next part of the chain; nothing given: from its beginning."""
        async with runtime.database.transaction() as tx:
            start = await audit_chain.head(tx, after_seal) if after_seal else Head()
            if start.seal != after_seal or start.hash != bytes.fromhex(after_hash):
                raise not_found()
            found = await audit_chain.check(tx, start, MOST_ROWS)
            waiting = await audit_chain.unsealed(tx, found.head) if found.is_done and not found.fault else None
        fault = FaultOut(audit_id=found.fault.audit_id, kind=found.fault.kind) if found.fault else None
        return Verification(
            service=runtime.service.name,
            rows=found.rows,
            upto=_out(found.head),
            is_done=found.is_done,
            fault=fault,
            unsealed=waiting,
        )

    return router


def _out(head: Head) -> SealOut:
    return SealOut(seal=head.seal, hash=head.hash.hex(), last_id=head.last_id)

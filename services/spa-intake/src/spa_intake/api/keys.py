"""The public part of the key with which the UI's tokens are signed."""

from typing import Any

from fastapi import APIRouter, Request

from .dependencies import staff_tokens_of

router = APIRouter(tags=["keys"])


@router.get("/.well-known/jwks.json")
async def public_keys(request: Request) -> dict[str, Any]:  # Any: a JSON Web Key Set
    """What the services check the UI's tokens with."""
    return dict(staff_tokens_of(request).public_keys())

"""Fixtures of care-package's integration tests."""

from collections.abc import AsyncIterator, Callable

import pytest
from package_service import Caller, CarePackage, caller, service

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer


@pytest.fixture
def care(make_database: Callable[[str], Database]) -> CarePackage:
    return CarePackage(make_database("care_package"))


@pytest.fixture
async def broker(care: CarePackage, token_issuer: TokenIssuer) -> AsyncIterator[Caller]:
    async with api_client(service(token_issuer), care.database) as client:
        yield caller(client, token_issuer, Role.BROKER)

"""Fixtures of care-package's integration tests."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from package_service import Caller, CarePackage, caller, service

from care_package.settings import policy
from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer


@pytest.fixture(autouse=True)
def providers_answer_around_the_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tests run at any time of day; what deadlines do at night is a test of its own."""
    monkeypatch.setenv("PROVIDERS_ANSWER_FROM", "00:00")
    monkeypatch.setenv("PROVIDERS_ANSWER_UNTIL", "00:00")
    monkeypatch.setenv("PROVIDERS_ANSWER_ON_BANK_HOLIDAYS", "true")
    policy.cache_clear()
    yield
    policy.cache_clear()


@pytest.fixture
def care(make_database: Callable[[str], Database]) -> CarePackage:
    return CarePackage(make_database("care_package"))


@pytest.fixture
async def broker(care: CarePackage, token_issuer: TokenIssuer) -> AsyncIterator[Caller]:
    async with api_client(service(token_issuer), care.database) as client:
        yield caller(client, token_issuer, Role.BROKER)

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from homeward_local.issuer import AUDIENCES, create_app

ISSUER = "http://issuer.test"


@pytest.fixture
def app() -> FastAPI:
    return create_app(ECKey.generate_key("P-256"), ISSUER)


def caller(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ISSUER)


async def test_a_token_is_checked_by_the_published_key_and_good_at_all_services(app: FastAPI) -> None:
    async with caller(app) as client:
        keys = KeySet.import_key_set((await client.get("/jwks.json")).json())
        token = (await client.post("/token", json={"role": "coordinator"})).json()["access_token"]

    decoded = jwt.decode(token, keys, algorithms=["ES256"])

    assert decoded.header["typ"] == "at+jwt"
    assert decoded.claims["aud"] == AUDIENCES
    assert decoded.claims["iss"] == ISSUER
    assert decoded.claims["sub"].startswith("staff/")
    assert decoded.claims["exp"] - decoded.claims["iat"] == 3600


async def test_the_private_part_of_the_key_is_not_published(app: FastAPI) -> None:
    async with caller(app) as client:
        (key,) = (await client.get("/jwks.json")).json()["keys"]

    assert "d" not in key


@pytest.mark.parametrize(
    ("role", "start"), [("ward_system", "client/"), ("provider", "provider/"), ("nurse", "staff/")]
)
async def test_the_subject_says_what_kind_of_caller_it_is(app: FastAPI, role: str, start: str) -> None:
    async with caller(app) as client:
        token = (await client.post("/token", json={"role": role})).json()["access_token"]
        keys = KeySet.import_key_set((await client.get("/jwks.json")).json())

    assert jwt.decode(token, keys, algorithms=["ES256"]).claims["sub"].startswith(start)

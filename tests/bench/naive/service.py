"""The service that most people would write: FastAPI, SQLAlchemy's ORM, a session and a commit for each request.

It takes the same body, checks no token, repeats nothing, stores a row for the referral and one for its event.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from homeward_kit.database import asyncpg_address
from spa_intake.api.schemas import ReferralBody


class Base(DeclarativeBase):
    pass


class ReferralRow(Base):
    __tablename__ = "naive_referrals"

    referral_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(Text)
    hospital_number: Mapped[str] = mapped_column(Text, index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: JSON
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class EventRow(Base):
    __tablename__ = "naive_outbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    type: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: JSON
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ReferralOut(BaseModel):
    referral_id: UUID
    kind: str
    hospital_number: str
    facts: dict[str, Any]  # Any: JSON
    received_at: datetime


engine = create_async_engine(asyncpg_address(os.environ["DATABASE_URL"]), pool_size=10)
make_session = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with engine.connect() as connection:  # one of the two workers makes the tables
        await connection.exec_driver_sql("SELECT pg_advisory_lock(1)")
        await connection.run_sync(Base.metadata.create_all)
        await connection.commit()
        await connection.exec_driver_sql("SELECT pg_advisory_unlock(1)")
    yield
    await engine.dispose()


async def session() -> AsyncIterator[AsyncSession]:
    async with make_session() as opened:
        yield opened


app = FastAPI(lifespan=lifespan)


@app.get("/health/live")
async def live() -> Response:
    return Response()


@app.post("/api/v1/referrals", status_code=201)
async def send_referral(body: ReferralBody, db: Annotated[AsyncSession, Depends(session)]) -> ReferralOut:
    now = datetime.now(UTC)
    facts = body.model_dump(mode="json", exclude={"person"})
    row = ReferralRow(kind=body.kind, hospital_number=body.person.hospital_number, facts=facts, received_at=now)
    db.add(row)
    await db.flush()
    event = {"referral_id": str(row.referral_id), **facts}
    db.add(EventRow(type="referral.received", key=str(row.referral_id), payload=event, recorded_at=now))
    await db.commit()
    return ReferralOut.model_validate(row, from_attributes=True)


if __name__ == "__main__":
    uvicorn.run(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), access_log=False, log_level="warning")

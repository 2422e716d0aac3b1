"""An order is charged, then booked.

At home: uvicorn order_first:app
"""

import asyncio
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]
PLACES = 6
van: set[int] = set()


async def charge(order: int, wait: float) -> None:
    # the bank answers
    await asyncio.sleep(wait)
    if order % 2 == 1:
        raise HTTPException(402, "card declined")


async def book(order: int, wait: float) -> None:
    # the carrier answers
    await asyncio.sleep(wait)
    if len(van) >= PLACES:
        raise HTTPException(409, "the van is full")
    van.add(order)


@app.post("/orders/{order}")
async def place(order: int, charging: Seconds = 0.1, booking: Seconds = 0.3):
    await charge(order, charging)
    await book(order, booking)
    return {"order": order}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

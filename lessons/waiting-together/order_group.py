"""An order is charged and booked in an `asyncio.TaskGroup`.

At home: uvicorn order_group:app
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
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(charge(order, charging))
            group.create_task(book(order, booking))
    except ExceptionGroup as failures:
        # FastAPI looks for an HTTPException, not into a group
        raise failures.exceptions[0] from None
    return {"order": order}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

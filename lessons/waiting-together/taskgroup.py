"""Three parts of a page, fetched in an `asyncio.TaskGroup`.

At home: uvicorn taskgroup:app
"""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


async def fetch(part: str, wait: float) -> str:
    # another service answers
    await asyncio.sleep(wait)
    return part


async def save(part: str, wait: float) -> None:
    # over the one connection to a cache
    await asyncio.sleep(wait)


@app.get("/product")
async def product(
    price: Seconds = 0.1,
    stock: Seconds = 0.2,
    reviews: Seconds = 0.3,
    saving: Seconds = 0.1,
):
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(fetch("price", price)),
            group.create_task(fetch("stock", stock)),
            group.create_task(fetch("reviews", reviews)),
        ]
    parts = [task.result() for task in tasks]
    for part in parts:
        await save(part, saving)
    return {"parts": parts}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

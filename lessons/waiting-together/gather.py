"""Three parts of a page, fetched with `asyncio.gather`.

At home: uvicorn gather:app
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
    parts = await asyncio.gather(
        fetch("price", price),
        fetch("stock", stock),
        fetch("reviews", reviews),
    )
    for part in parts:
        await save(part, saving)
    return {"parts": parts}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

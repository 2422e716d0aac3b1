"""Three parts of a page, one after another.

At home: uvicorn sequential:app
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
    waits = {"price": price, "stock": stock, "reviews": reviews}
    parts = []
    for name, wait in waits.items():
        part = await fetch(name, wait)
        await save(part, saving)
        parts.append(part)
    return {"parts": parts}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

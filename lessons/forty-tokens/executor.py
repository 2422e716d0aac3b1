"""An `async def` endpoint that hands its wait to `asyncio.to_thread`: a thread of another pool waits, without a token.

At home: uvicorn executor:app
"""

import asyncio
import time
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/order")
async def order(seconds: Seconds = 0.2):
    await asyncio.to_thread(time.sleep, seconds)
    return {"message": "Task done"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

"""A handler that awaits: while it waits, the event loop is free for others.

At home: uvicorn awaiting:app
"""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/async-task")
async def async_task(seconds: Seconds = 0.2):
    await asyncio.sleep(seconds)
    return {"message": "Task done"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

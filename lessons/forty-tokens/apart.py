"""Slow work in threads with a limiter of its own: it can fill that one and no other. Beside it, a page that is a file.

At home: uvicorn apart:app
"""

import time
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Query
from fastapi.responses import FileResponse

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]
partner = CapacityLimiter(20)


@app.get("/order")
async def order(seconds: Seconds = 0.5):
    await to_thread.run_sync(time.sleep, seconds, limiter=partner)
    return {"message": "Task done"}


@app.get("/page")
async def page():
    return FileResponse(__file__, media_type="text/plain")


@app.get("/ping")
async def ping():
    return {"message": "pong"}

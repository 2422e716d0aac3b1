"""An `async def` handler that waits without `await`: the event loop stands still with it.

At home: uvicorn blocked:app
"""

import time
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/blocked-task")
async def blocked_task(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"message": "Task done"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

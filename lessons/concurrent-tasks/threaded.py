"""A plain `def` handler: FastAPI runs it in a worker thread, and that thread waits.

At home: uvicorn threaded:app
"""

import time
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/sync-task")
def sync_task(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"message": "Task done"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

"""A plain `def` endpoint: each call holds a token of AnyIO's thread pool for as long as it waits.

At home: uvicorn endpoint:app
"""

import time
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/order")
def order(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"message": "Task done"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

"""A quick handler, and a pause: every fortieth request stops the whole process for a while.

At home: uvicorn pauses:app
"""

import time
from itertools import count
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
served = count(1)


@app.get("/answer")
async def answer(pause: Annotated[float, Query(ge=0, le=2)] = 1.0):
    if next(served) % 40 == 0:
        time.sleep(pause)
    return {"message": "Here it is"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

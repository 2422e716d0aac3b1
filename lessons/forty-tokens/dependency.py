"""An `async def` endpoint behind a plain `def` dependency: the dependency holds a token while it waits.

At home: uvicorn dependency:app
"""

import time
from typing import Annotated

from fastapi import Depends, FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


def current_customer(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"name": "Ada"}


@app.get("/order")
async def order(customer: Annotated[dict, Depends(current_customer)]):
    return {"message": "Task done"}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

"""The same two steps in one process: the `def` endpoint calls the other one as the function that it is.

At home: uvicorn direct:app
"""

import time
from typing import Annotated

from fastapi import FastAPI, Query

BASKET_SECONDS = 0.1

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/price")
def price(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"price": 42}


@app.get("/checkout")
def checkout(seconds: Seconds = 0.2):
    time.sleep(BASKET_SECONDS)
    return {"paid": price(seconds)}


@app.get("/ping")
async def ping():
    return {"message": "pong"}

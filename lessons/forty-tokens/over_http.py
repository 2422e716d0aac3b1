"""A `def` endpoint that asks its own server over HTTP: it holds a token while it waits for one.

At home: uvicorn over_http:app
"""

import time
from http.client import HTTPConnection
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request

BASKET_SECONDS = 0.1

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/price")
def price(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"price": 42}


@app.get("/checkout")
def checkout(request: Request, seconds: Seconds = 0.2, patience: Seconds = 2):
    time.sleep(BASKET_SECONDS)
    host, port = request.scope["server"]
    connection = HTTPConnection(host, port, timeout=patience)
    try:
        connection.request("GET", f"/price?seconds={seconds}")
        return {"paid": connection.getresponse().read().decode()}
    except TimeoutError:
        raise HTTPException(504, f"No price within {patience} s") from None
    finally:
        connection.close()


@app.get("/ping")
async def ping():
    return {"message": "pong"}

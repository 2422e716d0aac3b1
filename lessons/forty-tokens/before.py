"""Slow work before the answer, in a `def` endpoint. Beside it, a page that is a file.

At home: uvicorn before:app
"""

import time
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import FileResponse

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/order")
def order(seconds: Seconds = 0.5):
    time.sleep(seconds)
    return {"message": "Task done"}


@app.get("/page")
async def page():
    return FileResponse(__file__, media_type="text/plain")


@app.get("/ping")
async def ping():
    return {"message": "pong"}

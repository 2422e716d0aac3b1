"""Waits on the event loop itself: nobody else gets a turn meanwhile."""

import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
async def report(seconds: float = 0.1):
    time.sleep(seconds)
    return {"message": "done"}


@app.get("/ping")
async def ping():
    return {}

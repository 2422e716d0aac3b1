"""Waits on the event loop, and everybody waits with it."""

import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/work")
async def work(seconds: float = 0.1, n: int = 0) -> dict[str, int]:
    time.sleep(seconds)
    return {"n": n}


@app.get("/ping")
async def ping() -> dict[str, str]:
    return {"ping": "pong"}

"""Waits in an `await`: the event loop serves others meanwhile."""

import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
async def report(seconds: float = 0.1):
    await asyncio.sleep(seconds)
    return {"message": "done"}


@app.get("/ping")
async def ping():
    return {}

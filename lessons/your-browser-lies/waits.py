"""A handler that awaits: any number of requests wait in it side by side.

At home: uvicorn waits:app
"""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=2)]


@app.get("/answer")
async def answer(seconds: Seconds = 0.2):
    await asyncio.sleep(seconds)
    return {"message": "Here it is"}

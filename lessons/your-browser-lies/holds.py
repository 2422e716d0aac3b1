"""A handler that holds the event loop: requests go through it one at a time.

At home: uvicorn holds:app
"""

import time
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=2)]


@app.get("/answer")
async def answer(seconds: Seconds = 0.2):
    time.sleep(seconds)
    return {"message": "Here it is"}

"""Slow work after the answer, in a `def` background task. Beside it, a page that is a file.

At home: uvicorn after:app
"""

import time
from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, Query
from fastapi.responses import FileResponse

app = FastAPI()
Seconds = Annotated[float, Query(ge=0, le=5)]


@app.get("/order")
async def order(background: BackgroundTasks, seconds: Seconds = 0.5):
    background.add_task(time.sleep, seconds)
    return {"message": "Task accepted"}


@app.get("/page")
async def page():
    return FileResponse(__file__, media_type="text/plain")


@app.get("/ping")
async def ping():
    return {"message": "pong"}

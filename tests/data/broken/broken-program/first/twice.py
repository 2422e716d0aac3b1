from fastapi import FastAPI

app = FastAPI()


@app.get("/work")
async def work(seconds: float = 0.1) -> dict[str, float]:
    return {"seconds": seconds}


@app.get("/ping")
async def ping() -> dict[str, str]:
    return {"ping": "pong"}

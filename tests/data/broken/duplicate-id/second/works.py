from fastapi import FastAPI

app = FastAPI()


@app.get("/work")
async def work(seconds: float = 0.1) -> dict[str, float]:
    return {"seconds": seconds}

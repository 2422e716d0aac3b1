"""For whoever watches the site: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from webapp.dependencies import SiteDep

router = APIRouter()


@router.get("/healthz", name="healthz")
async def healthz() -> Response:
    return JSONResponse({"status": "ok"})


@router.get("/readyz", name="readyz")
async def readyz(request: Request, site: SiteDep) -> Response:
    """503 while the database takes no write within a second; a broken edit of the course only degrades."""
    ready = await site.database.ready()
    degraded = ["course"] if request.app.state.watch.errors else []
    body = {"status": "ok" if ready else "unavailable", "degraded": degraded}
    return JSONResponse(body, 200 if ready else 503, {"cache-control": "no-store"})

"""The address that the terminal shows where the system does not tell whose a connection is; it makes a browser an author's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import RedirectResponse, Response

from webapp.authorship import COOKIE
from webapp.dependencies import SiteDep

router = APIRouter()


@router.get("/author/{key}", name="author")
async def author(site: SiteDep, key: Annotated[str, Path(max_length=100)]) -> Response:
    """The key stays valid until the site is started anew, as the token does that it is."""
    if not site.authorship.needs_key or not site.authorship.is_token(key):
        raise HTTPException(404, "There is no such page.")
    response = RedirectResponse(site.url("home"), 303, {"cache-control": "no-store", "referrer-policy": "no-referrer"})
    response.set_cookie(COOKIE, key, httponly=True, samesite="strict")
    return response

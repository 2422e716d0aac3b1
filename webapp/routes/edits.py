"""What an author's open page asks again and again: whether an edit was taken up, and what is wrong with it. For nobody else."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from webapp.dependencies import AuthorDep, SiteDep

router = APIRouter()


@router.get("/edits", name="edits")
async def edits(request: Request, site: SiteDep, author: AuthorDep) -> Response:
    """The panel, or 304 where the page has it. No database is asked."""
    if not author:
        raise HTTPException(404)
    site.edits.asked()
    edition = site.edits.now
    headers = {"cache-control": "private, no-cache", "etag": f'"{edition.tag}"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    html = site.library.templates.get_template("_edits.html").render(edition=edition)
    return Response(html, 200, headers, "text/html; charset=utf-8")

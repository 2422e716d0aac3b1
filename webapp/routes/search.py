"""Finding things: the search, as a page and as the fragment that a script shows while one types, and the glossary."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from webapp.dependencies import SiteDep
from webapp.search import ask
from webapp.site import wants_fragment

router = APIRouter()


@router.get("/search", name="search")
async def search(request: Request, site: SiteDep, q: Annotated[str, Query()] = "") -> Response:
    if wants_fragment(request):
        return await site.fragment(
            request, lambda reader: reader.fragment("_results.html", found=ask(reader.library.index, q, reader.url))
        )
    return await site.page(
        request, lambda reader: reader.page("search.html", found=ask(reader.library.index, q, reader.url))
    )


@router.get("/glossary", name="glossary")
async def glossary(request: Request, site: SiteDep) -> Response:
    if not site.course_for(request).glossary:
        raise HTTPException(404, "This course has no glossary.")
    return await site.page(request, lambda reader: reader.page("glossary.html"))

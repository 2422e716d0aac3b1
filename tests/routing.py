"""The routes of the application, as a test that asks all of them needs them."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute

LIVE = frozenset({"live", "live-keyed"})
"""Whatever is asked of these is a program's to answer."""


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Everything but static files."""
    for included in app.routes:
        for route in getattr(getattr(included, "original_router", None), "routes", ()):
            assert isinstance(route, APIRoute)
            yield route

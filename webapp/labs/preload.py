"""What the fork server imports before its first fork, so that a run need not. Starts no thread and no loop, keeps no descriptor.

Every import that is lazy elsewhere is made here, a throw-away application fills the caches of FastAPI and Pydantic, and
what was made so far is frozen: a collection in a child would write to every page that it shares with the fork server, and a
run would start three times as slowly. multiprocessing hides an ImportError in here, so FAILURE keeps it for `children.warm`.
"""

from __future__ import annotations

import atexit
import gc
import os
import warnings

FAILURE: str | None = None
SERVER_PID = os.getpid()


def _import() -> None:
    import asyncio.selector_events  # noqa: F401
    import encodings.idna  # noqa: F401
    import faulthandler  # noqa: F401
    import inspect  # noqa: F401
    import resource  # noqa: F401

    import aiohttp  # noqa: F401
    import anyio._backends._asyncio
    import anyio.to_thread  # noqa: F401
    import fastapi
    import fastapi.middleware
    import fastapi.responses
    import fastapi.routing
    import uvicorn
    import uvicorn.lifespan.on
    import uvicorn.logging
    import uvicorn.loops.asyncio
    import uvicorn.protocols.http.auto
    import uvicorn.protocols.websockets.auto  # noqa: F401

    import webapp.labs.children
    import webapp.labs.load
    import webapp.labs.process
    import webapp.labs.surroundings

    webapp.labs.surroundings.versions()
    application = fastapi.FastAPI()

    @application.get("/{n}")
    async def answer(n: int, q: float = 0.5) -> dict[str, float]:
        return {"n": n, "q": q}

    application.build_middleware_stack()


def _leave_nothing() -> None:
    """The fork server ends when the site has, however that was. In a run, which is a fork of it, this is no concern."""
    if os.getpid() == SERVER_PID:
        end_all()


try:
    from webapp.labs.orphans import adopt, end_all

    adopt()
    atexit.register(_leave_nothing)
    warnings.filterwarnings(
        "ignore", message="forkserver: waitpid returned unexpected pid"
    )  # of one that it has adopted
    _import()
except ImportError as error:
    FAILURE = f"{type(error).__name__}: {error}"
gc.collect()
gc.freeze()

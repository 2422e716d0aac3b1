"""What becomes of each request inside the lab: an ASGI wrapper, and FastAPI's seam for profiling endpoints.

The wrapper knows whose request it is, tells an exception, and sees when the program is told that its caller has left. The seam
gives the handler's true start and end, in the worker thread for `def`. Knows no turn on the loop and no thread pool.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import fastapi
import fastapi.routing

from webapp.labs.protocol import REQUEST_HEADER, Event, Phase
from webapp.labs.recorder import Recorder, Visit, current

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

now = time.monotonic
_header = REQUEST_HEADER.encode()


class Trace:
    """The ASGI wrapper: says whose request it is, tells an exception, stands in for the endpoint where FastAPI has none to time."""

    def __init__(
        self, app: Any, recorder: Recorder, *, tokens: int | None, describe: Callable[[BaseException], dict[str, Any]]
    ) -> None:
        self.app: ASGIApp = app
        self.recorder = recorder
        self.tokens = tokens
        self.describe = describe
        self.raised = False
        self.plain = not isinstance(app, fastapi.FastAPI)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.recorder.attach(self.tokens)
        failed = False

        async def send_and_see(message: Message) -> None:
            nonlocal failed
            failed = failed or message["type"] == "lifespan.startup.failed"
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        except Exception as error:
            if failed:  # else the program knows no lifespan, which is its right
                self.recorder.fail(self.describe(error))
            raise

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        recorder = self.recorder
        if not recorder.measuring:
            recorder.begin()
        number = b""
        for name, value in scope["headers"]:
            if name == _header:
                number = value
        if not number.isdigit():
            await self.app(scope, receive, send)
            return
        visit = Visit(int(number))
        current.set(visit)
        exchange = _Exchange(recorder, visit, scope, receive, send, spanned=self.plain)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if not self.raised:
                self.raised = True
                recorder.put({"e": "raised", "t": now(), "n": visit.n, **self.describe(error)})
            exchange.end("raised")
            raise
        except asyncio.CancelledError:
            exchange.end("cancelled")
            raise
        else:
            exchange.end("returned")


class _Exchange:
    """One request and its answer, as the wrapper sees them pass. `spanned`: the whole call stands for the handler."""

    def __init__(
        self, recorder: Recorder, visit: Visit, scope: Scope, receive: Receive, send: Send, *, spanned: bool
    ) -> None:
        self._put = recorder.put
        self._visit = visit
        self._scope = scope
        self._receive = receive
        self._send = send
        self._spanned = spanned
        self._answered = False
        self._entered = now()
        if spanned:
            self._put(_handler_start(visit, self._entered, "loop"))

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._answered and not self._visit.told:
            self._visit.told = True
            self._put(_phase(self._visit, Phase.TOLD))
        return message

    async def send(self, message: Message) -> None:
        if not self._visit.seen and _has_no_timed_endpoint(self._scope):
            self._put(_handler_start(self._visit, self._entered, "loop"))
            self._spanned = True
        await self._send(message)
        self._answered = message["type"] == "http.response.body" and not message.get("more_body", False)

    def end(self, how: str) -> None:
        if self._spanned:
            self._put({**_phase(self._visit, Phase.HANDLER_END), "how": how})
        if self._visit.told:
            self._put({**_phase(self._visit, Phase.OVER), "how": how})


class _Endpoint:
    """Stands where FastAPI's `run_endpoint_function` looks for the endpoint."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


def time_endpoints(recorder: Recorder) -> None:
    """Stamp the endpoint's start and end where it runs. One place for all routes, those of included routers and mounts too."""
    run, put = fastapi.routing.run_endpoint_function, recorder.put
    loop_thread = threading.main_thread().ident

    async def run_endpoint_function(*, dependant: Any, values: dict[str, Any], is_coroutine: bool) -> Any:
        visit = current.get()
        call = dependant.call
        if visit is None or call is None:
            return await run(dependant=dependant, values=values, is_coroutine=is_coroutine)
        line = _line_of(call, recorder.file)

        async def on_the_loop(**arguments: Any) -> Any:
            put(_handler_start(visit, now(), "loop", line))
            how = "raised"
            try:
                answer = await call(**arguments)
                how = "returned"
            except asyncio.CancelledError:
                how = "cancelled"
                raise
            finally:
                put({"e": "request", "t": now(), "n": visit.n, "phase": "handler_end", "how": how})
            return answer

        def in_a_thread(**arguments: Any) -> Any:
            where = "loop" if threading.get_ident() == loop_thread else "thread"
            put(_handler_start(visit, now(), where, line))
            how = "raised"
            try:
                answer = call(**arguments)
                how = "returned"
            finally:
                put({"e": "request", "t": now(), "n": visit.n, "phase": "handler_end", "how": how})
            return answer

        in_a_thread.func = call  # type: ignore[attr-defined]  # its job in the thread is known by the endpoint's name
        timed = _Endpoint(on_the_loop if is_coroutine else in_a_thread)
        return await run(dependant=timed, values=values, is_coroutine=is_coroutine)  # type: ignore[arg-type]

    fastapi.routing.run_endpoint_function = run_endpoint_function


def _handler_start(visit: Visit, at: float, where: str, line: int = 0) -> Event:
    visit.seen = True
    return {"e": "request", "t": at, "n": visit.n, "phase": "handler_start", "where": where, "line": line}


def _phase(visit: Visit, phase: Phase) -> Event:
    return {"e": "request", "t": now(), "n": visit.n, "phase": phase.value}


def _line_of(call: Callable[..., Any], file: str) -> int:
    """Where the endpoint stands in the program; 0 where it is not a function of it."""
    code = getattr(inspect.unwrap(call), "__code__", None)
    return code.co_firstlineno if code is not None and code.co_filename == file else 0


def _has_no_timed_endpoint(scope: Scope) -> bool:
    """Whether a route answers that FastAPI's seam does not see: a generator, or a plain Starlette route."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return False
    streams = inspect.isgeneratorfunction(endpoint) or inspect.isasyncgenfunction(endpoint)
    return streams or not isinstance(scope.get("route"), fastapi.routing.APIRoute)

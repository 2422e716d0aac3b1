"""Why a run came to no good end: a code, a sentence, and the place in the program where there is one."""

from __future__ import annotations

import signal
from typing import Any

from webapp.labs.protocol import Event

FailureDict = dict[str, Any]


def failure(code: str, message: str) -> FailureDict:
    return {"code": code, "message": message, "line": None, "source": "", "traceback": ""}


def told_failure(event: Event) -> FailureDict:
    """As the program's own process told it."""
    return {name: event[name] for name in ("code", "message", "line", "source", "traceback")}


def why_it_ended(code: int) -> str:
    """In words, of a process that ended before its run did."""
    if code >= 0:
        return f"The program ended by itself, with exit code {code}."
    if -code == signal.SIGXCPU:
        return "The program used up its processor time and was ended."
    if -code == signal.SIGKILL:
        return "The program was ended from outside; the machine may have run out of memory."
    return f"The program was ended by signal {-code} ({signal.strsignal(-code)})."

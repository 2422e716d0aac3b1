"""Who is asking: a browser's token, and the learner that it stands for.

The first GET sets a random token and writes no row; the first POST makes the learner. Only the token's hash is stored, so a
copy of the database opens nobody's progress.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import Response

from webapp.models import BrowserSession, Learner

COOKIE = "interleave"
COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep a cookie at the most."""
TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
NEWCOMERS_PER_MINUTE = 120
"""New learners that one address may bring in a minute: a class behind one router passes, a script does not."""


class TooManyNewcomers(Exception):
    """One address brought more new learners in a minute than a class does."""


class Forgotten(Exception):
    """The learner was forgotten after the request had found them: nothing is stored of them any more."""

    def __init__(self, learner: str) -> None:
        self.learner = learner
        super().__init__(f"the learner {learner} was forgotten")


ROOM_KEY = re.compile(r"[A-Za-z0-9_-]{12}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser. `learner` is None until its first POST."""

    token: str
    is_new: bool
    learner: str | None
    seed: str


def token_of(request: Request) -> tuple[str, bool]:
    """The browser's token, made here where it brings none, and whether it is new. One request, one token."""
    known: tuple[str, bool] | None = getattr(request.state, "token", None)
    if known is None:
        given = request.cookies.get(COOKIE, "")
        known = (given, False) if TOKEN.fullmatch(given) else (secrets.token_urlsafe(TOKEN_BYTES), True)
        request.state.token = known
    return known


def room_key(token: str) -> str:
    """The key of the room that belongs to a browser's token: whoever has it shares the room, and learns nothing of the token."""
    return urlsafe_b64encode(hashlib.sha256(b"room:" + token.encode()).digest()[:9]).decode()


def room_of(key: str) -> str:
    """The room of whoever calls live programs by this key."""
    return f"key {key}"


def reader_key(token: str) -> str:
    """The name by which a page knows whose it is: an answer that waited is stored for whoever gave it, or not at all."""
    return urlsafe_b64encode(hashlib.sha256(b"reader:" + token.encode()).digest()[:9]).decode()


def is_anothers(request: Request, reader: str) -> bool:
    """Whether the form was made for another reader than the one who sends it: an answer may wait until its reader is forgotten.

    A browser that takes no cookie is a new reader each time, and cannot be told from itself.
    """
    token, is_new = token_of(request)
    return not is_new and reader != reader_key(token)


def recognise(session: Session, token: str, *, is_new: bool = False) -> Visitor:
    """The visitor behind a token; the order of options is the same before the learner is stored and after."""
    learner = _learner(session, token)
    return Visitor(token, is_new, learner.id if learner else None, learner.seed if learner else _seed(token))


def enrol(session: Session, visitor: Visitor, now: datetime) -> str:
    """The visitor's learner, stored now if this is the browser's first POST."""
    known = _learner(session, visitor.token)
    if known is not None:
        return known.id
    learner = Learner(id=str(uuid4()), seed=_seed(visitor.token), created_at=now)
    session.add(learner)
    session.flush()
    session.add(BrowserSession(token_hash=_hash(visitor.token), learner_id=learner.id, created_at=now))
    return learner.id


def hold(session: Session, learner: str) -> None:
    """Make sure that the learner is there until this transaction is over. Raises Forgotten.

    PostgreSQL locks the row for it; SQLite has one writer anyway.
    """
    held = select(Learner.id).where(Learner.id == learner).with_for_update(read=True, key_share=True)
    if session.exec(held).first() is None:
        raise Forgotten(learner)


def remember(request: Request, response: Response, visitor: Visitor) -> None:
    """Set the browser's cookie where it has none yet."""
    if visitor.is_new:
        response.set_cookie(
            COOKIE,
            visitor.token,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )


class Newcomers:
    """Counts the new learners of each address within the last minute, in memory."""

    def __init__(self, limit: int = NEWCOMERS_PER_MINUTE) -> None:
        self.limit = limit
        self._arrivals: dict[str, deque[float]] = {}

    def admit(self, address: str) -> None:
        """Raises TooManyNewcomers once the address has had its share."""
        now = time.monotonic()
        for known in [key for key, times in self._arrivals.items() if times[-1] < now - 60]:
            del self._arrivals[known]
        times = self._arrivals.setdefault(address, deque(maxlen=self.limit))
        if len(times) == self.limit and times[0] > now - 60:
            raise TooManyNewcomers
        times.append(now)


def _learner(session: Session, token: str) -> Learner | None:
    found = session.exec(
        select(Learner)
        .join(BrowserSession, BrowserSession.learner_id == Learner.id)  # type: ignore[arg-type]
        .where(BrowserSession.token_hash == _hash(token))
    ).first()
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _seed(token: str) -> str:
    return hashlib.sha256(b"option order:" + token.encode()).hexdigest()[:16]

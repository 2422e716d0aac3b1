"""Taking a response: it is scored by the version that was seen, what is taken off it by the rules of that version, and stored.

What does not fit what is stored is refused before, in `attempts`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from quiz.certainty import LEAST
from quiz.models import Response, Score, new_id, table
from quiz.pinning import Pin
from quiz.scoring import RULES_REVISION, score
from quiz.standing import OpenItem
from quiz.tries import Try
from quiz.versions import Version


def scored(
    place: OpenItem,
    version: Version,
    value: tuple[str, ...],
    *,
    now: datetime,
    hints_used: int,
    certainty: int | None,
    single: bool,
    asks_certainty: bool,
) -> Try:
    """Score the response against the version that was seen. Whoever was asked how sure they were and chose nothing guessed."""
    rules, tries = version.item.rules, place.tries
    verdict = score(version.item, value)
    used = max(hints_used, place.row.hints_opened)
    return Try(
        response=new_id(),
        seq=tries.next_seq,
        value=value,
        fraction=verdict.fraction,
        penalty=rules.taken_off(tries_before=len(tries.all), hints_used=used),
        outcome=verdict.outcome,
        settles=single or verdict.outcome == "right" or tries.next_seq >= rules.attempts,
        certainty=(certainty or LEAST) if asks_certainty and rules.certainty and not tries.all else None,
        hints_used=used,
        at=now,
        content_hash=version.item.content_hash,
        shown_hash=version.item.shown_hash,
    )


def add(connection: Connection, learner: str, pinned: Pin, version: Version, tried: Try, key: str | None) -> None:
    """The response with its first score. `key` is the client's name for it."""
    connection.execute(
        insert(_responses),
        {
            "id": tried.response,
            "learner_id": learner,
            "attempt_item_id": pinned.attempt_item_id,
            "item_version_id": version.id,
            "seq": tried.seq,
            "key": key,
            "value": list(tried.value),
            "hints_used": tried.hints_used,
            "settles": tried.settles,
            "certainty": tried.certainty,
            "received_at": tried.at,
        },
    )
    connection.execute(
        insert(_scores),
        {
            "id": new_id(),
            "learner_id": learner,
            "response_id": tried.response,
            "scored_version_id": version.id,
            "rules_revision": RULES_REVISION,
            "fraction": tried.fraction,
            "penalty": tried.penalty,
            "outcome": tried.outcome,
            "reason": "response",
            "created_at": tried.at,
        },
    )


_responses = table(Response)
_scores = table(Score)

"""Corrections: what regrades made of responses, as their learners are told. It reads and never writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from quiz.models import ItemVersion, Regrade, Score, table
from quiz.rules import mark
from quiz.tries import Try


@dataclass(frozen=True, slots=True)
class Correction:
    """The last regrade that moved a response; where none did, the last one that went over it."""

    at: datetime
    before: float
    after: float
    """Both what is left for the learner, as a share of the item's points."""
    policy: str
    note: str
    """The author's words."""
    taken_back: bool
    """Whether it takes an earlier regrade back."""
    scored_content: str
    """Content hash of the version that the score which counts now is by. Never leaves the server."""

    @property
    def moved(self) -> bool:
        return self.before != self.after


def corrections(connection: Connection, responses: Collection[str]) -> dict[str, Correction]:
    """By response, of those that a regrade went over. Asks nothing where there is none to ask about."""
    if not responses:
        return {}
    chains: dict[str, dict[str | None, Row[Any]]] = {}
    row: Row[Any]
    for row in connection.execute(_SCORES, {"responses": list(responses)}):
        chains.setdefault(row.response_id, {})[row.supersedes_id] = row
    return {response: found for response, chain in chains.items() if (found := _correction(chain)) is not None}


def corrected(tries: Sequence[Try], found: Mapping[str, Correction]) -> Correction | None:
    """What regrades made of an item: of the best of its tries, before the last regrade that moved one of them and since.

    It is scored by what the last try is scored by, which is the one that is shown.
    """
    told = [found[one.response] for one in tries if one.response in found]
    if not told:
        return None
    last = max([one for one in told if one.moved] or told, key=lambda one: one.at)
    shown = found.get(tries[-1].response)
    return replace(
        last,
        before=max(_before(one, found.get(one.response), last.at) for one in tries),
        after=max(one.mark for one in tries),
        scored_content=shown.scored_content if shown else tries[-1].content_hash,
    )


def _before(tried: Try, correction: Correction | None, at: datetime) -> float:
    return correction.before if correction is not None and correction.at == at else tried.mark


def _correction(chain: Mapping[str | None, Row[Any]]) -> Correction | None:
    """`chain`: the scores of one response, each by the one that it supersedes."""
    scores = [chain[None]]
    while (later := chain.get(scores[-1].id)) is not None:
        scores.append(later)
    steps = list(zip(scores, scores[1:], strict=False))
    if not steps:
        return None
    moved = [(before, after) for before, after in steps if _mark(before) != _mark(after)]
    before, after = (moved or steps)[-1]
    return Correction(
        at=after.created_at,
        before=_mark(before),
        after=_mark(after),
        policy=after.policy,
        note=after.note,
        taken_back=after.undoes_id is not None,
        scored_content=scores[-1].content_hash,
    )


def _mark(row: Row[Any]) -> float:
    return mark(row.fraction, row.penalty)


_scores = table(Score)
_regrades = table(Regrade)
_versions = table(ItemVersion)
_SCORES: Select[Any] = (
    select(
        _scores.c.id,
        _scores.c.response_id,
        _scores.c.supersedes_id,
        _scores.c.fraction,
        _scores.c.penalty,
        _scores.c.created_at,
        _regrades.c.policy,
        _regrades.c.note,
        _regrades.c.undoes_id,
        _versions.c.content_hash,
    )
    .select_from(
        _scores.join(_versions, _versions.c.id == _scores.c.scored_version_id).outerjoin(
            _regrades, _regrades.c.id == _scores.c.regrade_id
        )
    )
    .where(_scores.c.response_id.in_(bindparam("responses", expanding=True)))
)

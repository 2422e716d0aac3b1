"""The tries at an item as its learner is told of them: what each can earn, what was wrong with the last one, what was taken off."""

from __future__ import annotations

from quiz.certainty import certainty_mark
from quiz.items import Item
from quiz.rules import Rules, mark
from quiz.scoring import TOLERANCE
from quiz.standing import ItemState
from quiz.tries import Tries, misplaced
from webapp.views.items import RulesView


def rules_view(
    item: Item,
    rules: Rules,
    state: ItemState | None,
    *,
    scored: Item | None,
    give_up_action: str | None,
    certainty: int | None,
) -> RulesView:
    """`scored` is the version that the last try is scored by. `certainty`: what an unanswered form brought back."""
    tries = state.tries if state else Tries()
    made, points = len(tries.all), item.points
    hints = state.hints_used if state else 0
    first = tries.all[0] if made else None
    best = tries.best if made else None
    most = mark(1.0, rules.taken_off(tries_before=made, hints_used=hints))
    said = first.certainty if first else None
    return RulesView(
        seq=tries.next_seq,
        attempts=rules.attempts,
        left=max(1, rules.attempts - made),
        retry_cost=rules.penalty * points,
        hint_cost=rules.hint_cost * points,
        next_most=most * points,
        can_gain=most > (best.mark if best else 0.0) + TOLERANCE,
        asks_certainty=bool(rules.certainty) and not made,
        last=tries.last.outcome if made else None,
        earned=best.mark * points if best else 0.0,
        give_up_action=give_up_action if made and not tries.settled else None,
        gave_up=tries.gave_up,
        counting=best.seq if best and best.seq != made else None,
        off_hints=min(best.penalty, rules.hint_cost * best.hints_used) * points if best and best.fraction else 0.0,
        off_tries=max(0.0, best.penalty - rules.hint_cost * best.hints_used) * points
        if best and best.fraction
        else 0.0,
        hints_used=best.hints_used if best else 0,
        certainty=said or certainty,
        certainty_mark=certainty_mark(first.fraction, said) if first and said else None,
        misplaced=_misplaced(tries, scored),
    )


def _misplaced(tries: Tries, scored: Item | None) -> tuple[int, ...]:
    if scored is None or scored.given != "ordered" or not tries.all:
        return ()
    order = tries.last.value
    return misplaced(order, scored.option_ids) if sorted(order) == sorted(scored.option_ids) else ()

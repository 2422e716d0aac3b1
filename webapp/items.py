"""An item as a learner sees it: before the response nothing that is scored, after it the marks, feedback and explanation."""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup, escape

from quiz.errors import NoResponse
from quiz.items import Item, option_order
from quiz.options import Answer
from quiz.rules import Rules
from quiz.scoring import picked
from quiz.standing import ItemState
from webapp.course.course import ItemMarkup, Lesson
from webapp.tries import rules_view
from webapp.views.items import CorrectionView, ItemView, OptionView

Error = NoResponse | Literal["too-late", "out-of-date", "time-over"]
Mark = Literal["right", "wrong", "missed"]


def view(
    lesson: Lesson,
    item: Item,
    state: ItemState | None,
    *,
    seed: str,
    attempt: int,
    action: str,
    hint_action: str,
    told: Item | None = None,
    given: tuple[str, ...] = (),
    error: Error | None = None,
    reader: str = "",
    rules: Rules | None = None,
    give_up_action: str | None = None,
    certainty: int | None = None,
) -> ItemView:
    """The item with this learner's order, response and state.

    `told` is the version that the score is by, where the author has changed the item since: the marks are its marks, so that
    they agree with the score. `given` and `certainty` are what an unanswered form brought back, `rules` those in force where they
    are not the item's own.

    While tries are left, nothing is told but what was wrong with what the learner gave.
    """
    markup = lesson.markup[item.id]
    answered = state if state is not None and state.outcome is not None else None
    tried = state.value if state is not None and not answered else ()
    value = answered.value if answered else given or tried
    by = (told or item) if state is not None and state.tries.all else None
    scored = by if answered else None
    hints_open = len(markup.hints) if answered else state.hints_used if state is not None else 0
    met = _met(scored, value) or _wrong_answer(by, item, tried)
    return ItemView(
        id=item.id,
        number=lesson.items.index(item) + 1,
        of=len(lesson.items),
        kind=item.kind.value,  # type: ignore[arg-type]  # a measured item has a view of its own
        rule=item.scoring.value,
        stem=markup.stem,
        body=markup.body,
        options=_options(markup, item, state, value, scored, seed, _wrong_options(by, item, tried)),
        hints=markup.hints[:hints_open],
        hints_left=max(0, len(markup.hints) - hints_open),
        points=item.points,
        action=action,
        hint_action=hint_action,
        shown=item.shown_hash,
        attempt=attempt,
        outcome=answered.outcome if answered else None,
        earned=answered.fraction * item.points if answered else 0.0,
        remark=_remark(markup, answered),
        explanation=markup.explanation if answered else None,
        error=error,  # type: ignore[arg-type]
        given=value,
        case=item.case,
        solution=scored.shown_solution if scored is not None and scored.given == "written" else None,
        feedback=markup.feedback.get(met.id) if met is not None else None,
        lesson=lesson.title,
        reader=reader,
        correction=_correction(answered, item),
        refused=refused(markup, item, given) if error in ("out-of-date", "time-over") and answered else (),
        rules=rules_view(
            item, rules or item.rules, state, scored=by, give_up_action=give_up_action, certainty=certainty
        ),
        tried=tried,
    )


def refused(markup: ItemMarkup, item: Item, given: tuple[str, ...]) -> tuple[Markup, ...]:
    """What was given in a form that was not taken, in the item's words: nothing that its sender does not know."""
    if item.given == "written":
        return tuple(escape(text) for text in given if text.strip())
    return tuple(markup.options[option] for option in given if option in markup.options)


def _correction(answered: ItemState | None, item: Item) -> CorrectionView | None:
    found = answered.correction if answered else None
    if found is None:
        return None
    return CorrectionView(
        at=found.at,
        before=found.before * item.points,
        after=found.after * item.points,
        moved=found.moved,
        policy=found.policy,
        note=found.note,
        taken_back=found.taken_back,
    )


def _options(
    markup: ItemMarkup,
    item: Item,
    state: ItemState | None,
    value: tuple[str, ...],
    scored: Item | None,
    seed: str,
    wrong: frozenset[str],
) -> tuple[OptionView, ...]:
    """What is to be chosen or ordered, as this learner has it before them. `scored` is given after the response only, and with it
    come marks and feedback; `wrong` are the options of the last try that are told to be.
    """
    pinned = state.option_order if state is not None else ()
    order = pinned if set(pinned) == set(item.option_ids) else option_order(item, seed)
    if item.given == "ordered":
        order = value if sorted(value) == sorted(item.option_ids) else order
        return tuple(_step(markup, option, at, scored) for at, option in enumerate(order))
    return tuple(
        _wrong(markup, option, chosen=option in value)
        if option in wrong
        else _option(markup, option, chosen=option in value, scored=scored)
        for option in order
    )


def _wrong_options(by: Item | None, item: Item, tried: tuple[str, ...]) -> frozenset[str]:
    """Those of a try that were wrong then and are wrong now: of an option that has become the key nothing is told."""
    if by is None or by.given != "chosen":
        return frozenset()
    return (frozenset(tried) & set(by.option_ids)) - by.key - item.key


def _wrong(markup: ItemMarkup, option_id: str, *, chosen: bool) -> OptionView:
    return OptionView(option_id, markup.options[option_id], chosen, "wrong", markup.feedback.get(option_id))


def _option(markup: ItemMarkup, option_id: str, *, chosen: bool, scored: Item | None) -> OptionView:
    if scored is None:
        return OptionView(option_id, markup.options[option_id], chosen, None, None)
    mark: Mark | None = "wrong" if chosen else None
    if option_id in scored.key:
        mark = "right" if chosen else "missed"
    left = None if chosen else markup.unticked.get(option_id)
    feedback = left or markup.feedback.get(option_id)
    return OptionView(option_id, markup.options[option_id], chosen, mark, feedback, left is not None)


def _step(markup: ItemMarkup, option_id: str, at: int, scored: Item | None) -> OptionView:
    """A step of an order at a place, from 0."""
    html = markup.options[option_id]
    if scored is None or option_id not in scored.option_ids:
        return OptionView(option_id, html, False, None, None)
    place = scored.option_ids.index(option_id)
    mark: Mark = "right" if place == at else "wrong"
    return OptionView(option_id, html, False, mark, markup.feedback.get(option_id), place=place + 1)


def _remark(markup: ItemMarkup, answered: ItemState | None) -> Markup | None:
    """What the author says to the whole of it: to exactly these options, else to the outcome."""
    if answered is None or answered.outcome is None:
        return None
    return markup.combinations.get(answered.value) or markup.outcomes.get(answered.outcome)


def _wrong_answer(by: Item | None, item: Item, tried: tuple[str, ...]) -> Answer | None:
    """The anticipated wrong answer that a try with others after it met."""
    met = _met(by, tried) if tried else None
    return met if met is not None and not met.right and met in item.answers else None


def _met(scored: Item | None, value: tuple[str, ...]) -> Answer | None:
    if scored is None or scored.given != "written":
        return None
    met = picked(scored, value)
    return next((answer for answer in scored.answers if answer.id in met), None)

"""Warnings about questions that only the whole course can see: of single items, while it is loaded, and of all of them together.

Those about one item are told in its lesson and waived there. Those about the course are told in course.toml, by `interleave check`
alone since their cost grows faster than the course, and waived there, each with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint import OVER_THE_COURSE, UNFIT_WAIVER, WAIVABLE, Beside, lint_beside
from quiz.lint.guessers import Guess, guesses
from quiz.lint.keys import LongKeys, Places, long_keys, places
from quiz.lint.words import spread
from quiz.names import unknown
from webapp.course.drafts import Draft
from webapp.course.errors import CourseError
from webapp.course.manifest import Manifest
from webapp.course.stack import Layer, Stack

TAKES = {
    "longest": "the longest option",
    "first": "the option that is written first",
    "most-hedged": "the option with the most of words such as *may*, *usually* and *some*",
}

Told = tuple[Layer, int, str, str]
"""The layer whose course.toml it is told of, the line, code and message."""


def lint_items(manifest: Manifest, drafts: Sequence[Draft]) -> None:
    """Words that hardly another stem has, and distractors without a misconception."""
    items = [item for draft in drafts for item in draft.manuscript.items]
    beside = Beside(spread(items), has_misconceptions=bool(manifest.misconceptions))
    for draft in drafts:
        for item in draft.manuscript.items:
            for warning in lint_beside(item, beside, path=draft.report.path):
                draft.report.add(warning.line, warning.code, warning.message)


def lint_course(stack: Stack, items: Sequence[Item]) -> list[CourseError]:
    """Keys by length and place, guessers, and names that nothing uses. Waivers of the top folder that waive nothing are told."""
    if stack.manifest is None:
        return []
    top = stack.layers[0]
    found: list[Told] = [(top, 1, code, message) for code, message in _together(items)]
    found += [*_idle_skills(stack, items), *_idle_misconceptions(stack, items)]
    fired = {code for _, _, code, _ in found}
    told = [one for one in found if one[2] not in stack.manifest.waivers]
    told += [(top, line, UNFIT_WAIVER, message) for line, message in _unfit(top, fired)]
    return sorted(CourseError(layer.report.path, line, code, message) for layer, line, code, message in told)


def lint_gone(stack: Stack, items: Sequence[Item], answered: Mapping[str, Mapping[Kind, int]]) -> list[CourseError]:
    """Items that learners answered and no lesson has, told of the topmost course.toml until their ids are retired."""
    top = stack.layers[0]
    retired = stack.manifest.retired if stack.manifest else {}
    line = top.manifest.retired_line if top.manifest else 1
    return [
        CourseError(top.report.path, line, "W25", _of_gone(item_id, answered[item_id]))
        for item_id in sorted(answered.keys() - retired.keys() - {item.id for item in items})
    ]


def _of_gone(item_id: str, kinds: Mapping[Kind, int]) -> str:
    told = ", ".join(f"{learners} as {kind}" for kind, learners in sorted(kinds.items()))
    return (
        f"the question `{item_id}` was answered ({told}) and is in no lesson: give it its id back, or keep others from taking it, "
        f'retired = ["{item_id}"]'
    )


def _together(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    if (keys := long_keys(items)).is_biased:
        yield "W02", _of_length(keys)
    if (where := places(items)).is_biased:
        yield "W03", _of_places(where)
    for guess in guesses(items):
        if guess.beats_chance:
            yield "W17", _of_guess(guess)


def _of_length(keys: LongKeys) -> str:
    return (
        f"the key is the longest option in {keys.longest} of {keys.items} questions, where chance makes it "
        f"{keys.expected:.1f} (p = {keys.p:.2g}): length tells the key"
    )


def _of_places(where: Places) -> str:
    seen = ", ".join(map(str, where.observed))
    due = ", ".join(f"{one:.1f}" for one in where.expected)
    return (
        f"in {where.items} questions that are not shuffled the key stands {seen} times in each place, where chance makes it {due} "
        f"(p = {where.p:.2g}): place tells the key"
    )


def _of_guess(guess: Guess) -> str:
    return (
        f"who always takes {TAKES[guess.name]} earns {guess.earned:.1f} of {guess.items} questions, where blind choice earns "
        f"{guess.by_chance:.1f} (p = {guess.p:.2g}), and has to know nothing"
    )


def _idle_skills(stack: Stack, items: Iterable[Item]) -> Iterator[Told]:
    practised = {skill for item in items for skill in item.skills}
    for layer, name in _declared(stack, lambda manifest: manifest.skills):
        if name not in practised:
            yield layer, _line(layer, name), "W18", f"no question practises the skill `{name}`"


def _idle_misconceptions(stack: Stack, items: Iterable[Item]) -> Iterator[Told]:
    carried = {one.misconception for item in items for one in item.offered}
    carried |= {model.misconception for item in items if item.measured for model in item.measured.models}
    for layer, name in _declared(stack, lambda manifest: manifest.misconceptions):
        if name not in carried:
            message = f"no distractor and no model stands for the misconception `{name}`"
            yield layer, _line(layer, name), "W19", message


def _declared(stack: Stack, names: Callable[[Manifest], Iterable[str]]) -> Iterator[tuple[Layer, str]]:
    """Each name with the topmost layer that declares it."""
    taken: set[str] = set()
    for layer in stack.layers:
        for name in names(layer.manifest) if layer.manifest else ():
            if name not in taken:
                taken.add(name)
                yield layer, name


def _line(layer: Layer, name: str) -> int:
    return layer.manifest.line_declaring(name) if layer.manifest else 1


def _unfit(layer: Layer, fired: Collection[str]) -> Iterator[tuple[int, str]]:
    """Of the top folder alone: what a folder below waives is nothing that whoever lies over it can mend."""
    for code in layer.manifest.waivers if layer.manifest else ():
        line = _line(layer, code)
        if code not in OVER_THE_COURSE:
            hint = (
                "it is waived in its question, `lint-ok`"
                if code in WAIVABLE
                else unknown("warning", code, OVER_THE_COURSE)
            )
            yield line, f"`[lint-ok]` waives what is told of the whole course, and not `{code}`: {hint}"
        elif code not in fired:
            yield line, f"nothing in the course gives rise to {code}: take it out of `[lint-ok]`"

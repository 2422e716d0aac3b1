"""Lints of items: what makes a question teach or tell less than it could. Warnings alone, and pure functions over items.

`lint` and its siblings say what is said of one item, waivers applied; `keys` and `guessers` say what only many items show together.
What each code means, with an example, stands in the table of codes, which is the course's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from quiz.errors import QuestionError
from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint import feedback, options, stems, words
from quiz.lint.facility import is_judged, misjudged
from quiz.lint.identity import other_kinds
from quiz.lint.remarks import Remark
from quiz.names import unknown

UNFIT_WAIVER = "W15"
BY_FACILITY = "W12"
"""Of an item with what learners made of it: `facility`."""
BY_KIND = "W26"
"""Of an item with the kinds as which learners answered it: `identity`."""
OVER_THE_COURSE = ("W02", "W03", "W17", "W18", "W19")
"""Told of a course, where a reason in course.toml waives them."""

Lint = Callable[[Item], Iterable[Remark]]

LINTS: Mapping[str, Lint] = {
    "W01": options.of_the_others,
    "W02": options.long_key,
    "W04": stems.unmarked_negative,
    "W05": options.absolutes,
    "W07": feedback.missing,
    "W08": feedback.unexplained,
    "W09": options.too_many,
    "W10": options.article,
    "W11": stems.one_of_several,
    "W13": options.unordered_numbers,
    "W14": stems.too_long,
}
"""Those that need nothing but the item, by code."""
WAIVABLE = tuple(sorted({*LINTS, "W06", BY_FACILITY, "W16", BY_KIND}))
"""By `lint-ok` of an item."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What an item alone does not tell."""

    roots: Mapping[str, int]
    """In how many stems of the course a word stands, by its root: `words.spread`."""
    has_misconceptions: bool
    """Whether the course has a register of them, so that a distractor can name one."""


def lint(item: Item, *, path: str) -> list[QuestionError]:
    """The warnings that the text of an item gives rise to, by line: without the waived, with what waives nothing."""
    found = [(code, remark) for code, look in LINTS.items() for remark in look(item)]
    unfit = [
        (UNFIT_WAIVER, Remark(item.waivers_line, _unwaivable(code))) for code in item.waivers if code not in WAIVABLE
    ]
    return told(item, [*unwaived(item, found, LINTS), *unfit], path=path)


def lint_beside(item: Item, beside: Beside, *, path: str) -> list[QuestionError]:
    """Those that take the other items and the course to see."""
    found = [("W06", remark) for remark in words.repeated(item, beside.roots)]
    if beside.has_misconceptions:
        found += [("W16", remark) for remark in feedback.without_misconception(item)]
    return told(item, unwaived(item, found, ("W06", "W16")), path=path)


def lint_answered(
    item: Item, facility: float | None, answered: int, answered_as: Mapping[Kind, int], *, path: str
) -> list[QuestionError]:
    """What the answers to an item say of it; of few answers, nothing about how hard it is."""
    found = [(BY_FACILITY, remark) for remark in misjudged(item, facility, answered)]
    found += [(BY_KIND, remark) for remark in other_kinds(item, answered_as)]
    judged = [BY_FACILITY] * is_judged(item, facility, answered) + [BY_KIND] * bool(answered_as)
    return told(item, unwaived(item, found, judged), path=path)


def told(item: Item, found: Iterable[tuple[str, Remark]], *, path: str) -> list[QuestionError]:
    return sorted(QuestionError(path, remark.line or item.line, code, remark.message) for code, remark in found)


def unwaived(item: Item, found: Iterable[tuple[str, Remark]], judged: Collection[str]) -> list[tuple[str, Remark]]:
    """What is left of the remarks, and a warning for each waiver of a judged code that nothing was said of."""
    there = list(found)
    idle = sorted(set(item.waivers) & set(judged) - {code for code, _ in there})
    return [(code, remark) for code, remark in there if code not in item.waivers] + [
        (UNFIT_WAIVER, Remark(item.waivers_line, f"nothing here gives rise to {code}: take it out of `lint-ok`"))
        for code in idle
    ]


def _unwaivable(code: str) -> str:
    if code in OVER_THE_COURSE:
        return f"{code} is told of a whole course: waive it in course.toml, with a reason"
    return unknown("warning", code, WAIVABLE)

"""What of the table in `carries` an item uses, each with words for a report of what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from quiz.choices import option_id
from quiz.interchange.carries import Carried, Feature, Format, cell
from quiz.interchange.gift_numbers import is_percent
from quiz.interchange.taken import LeftOut
from quiz.items import Item
from quiz.kinds import Kind, Scoring
from quiz.options import Answer, Option
from quiz.rules import Rules

KINDS = {Feature(str(kind)) for kind in Kind}
_SCORED = {
    Scoring.PLUS_MINUS: Feature.PLUS_MINUS,
    Scoring.WEIGHTS: Feature.WEIGHTS,
    Scoring.ALL_OR_NOTHING: Feature.ALL_OR_NOTHING,
    Scoring.TRUE_FALSE: Feature.TRUE_FALSE,
    Scoring.COVERAGE: Feature.COVERAGE,
}


_BOUND = re.compile(r"(?<!\\)\{\{ *[a-z][\w-]*[ .]|\]\((?:lesson:|#|/)")


def uses(item: Item) -> Iterator[tuple[Feature, str]]:
    """Each feature once for each place where it is used."""
    yield Feature(str(item.kind)), f"a {item.kind} question"
    if item.scoring in _SCORED:
        yield _SCORED[item.scoring], f"`scoring: {item.scoring}`"
    if item.kind is Kind.ORDER:
        yield Feature.PAIRS, "the share of pairs in order"
    if item.kind in (Kind.NUMERIC, Kind.TEXT):
        for answer in item.answers:
            yield _notation(item.kind, answer), f"the answer `{answer.text}`"
            if not answer.right:
                yield Feature.ANTICIPATED, f"the wrong answer `{answer.text}`"
    if item.kind is Kind.TEXT:
        yield from _arrows_told(item)
    yield from _texts(item)
    yield from _of_options(item)
    yield Feature.ITEM_ID, "the id"
    if item.case:
        yield Feature.CASE, "`case: true`"
    if item.points != 1:
        yield Feature.POINTS, f"`points: {item.points:g}`"
    if item.skills:
        yield Feature.SKILLS, f"the skills {', '.join(item.skills)}"
    if item.difficulty is not None:
        yield Feature.DIFFICULTY, f"`difficulty: {item.difficulty}`"
    if not item.shuffle:
        yield Feature.SHUFFLE, "`shuffle: false`"


def left_out(item: Item, form: Format) -> tuple[LeftOut, ...]:
    """What a format has no place for or carries as text; of an item whose kind it lacks, the kind alone."""
    found = [
        LeftOut(item.id, feature, what)
        for feature, what in uses(item)
        if cell(feature, form).carried is not Carried.YES
    ]
    whole = tuple(one for one in found if one.feature in KINDS)
    return whole or tuple(dict.fromkeys(found))


def is_arrow(text: str) -> bool:
    """Whether a short answer of Moodle's would read the text in another way: `->` parts a pair, and a backslash hides a star."""
    return parts_a_pair(text) or "\\*" in text


def parts_a_pair(text: str) -> bool:
    """Whether Moodle takes a short answer for matching, which it does wherever in its key the text stands: in feedback too."""
    return "->" in text


def _arrows_told(item: Item) -> Iterator[tuple[Feature, str]]:
    for answer in item.answers:
        if parts_a_pair(answer.feedback):
            yield Feature.ARROW, f"the feedback of the answer `{answer.text}`"
    if parts_a_pair(item.feedback_wrong):
        yield Feature.ARROW, "`feedback | incorrect`"


def _notation(kind: Kind, answer: Answer) -> Feature:
    if kind is Kind.TEXT:
        if answer.text.startswith("/"):
            return Feature.REGEX
        return Feature.ARROW if is_arrow(answer.text) else Feature.LITERAL
    if answer.text.startswith("["):
        return Feature.INTERVAL
    if is_percent(answer.text):
        return Feature.PERCENT_TOLERANCE
    return Feature.TOLERANCE if "+-" in answer.text or "±" in answer.text else Feature.NUMBER


def _texts(item: Item) -> Iterator[tuple[Feature, str]]:
    if _BOUND.search(item.to_json()):
        yield Feature.BOUND, "a bound number or a link into the course, written as it stands"
    if item.body:
        yield Feature.BODY, "the text under the stem"
    for one in item.combinations:
        yield Feature.COMBINATIONS, f"feedback for {', '.join(one.options)}"
    if item.feedback_right:
        yield Feature.OUTCOME_RIGHT, "`feedback | correct`"
    if item.feedback_partly:
        yield Feature.OUTCOME_PARTLY, "`feedback | partial`"
    if item.feedback_wrong:
        yield (Feature.OTHERWISE if item.given == "written" else Feature.OUTCOME_WRONG), "`feedback | incorrect`"
    if item.explanation:
        yield Feature.EXPLANATION, "the explanation"
    if item.hints:
        yield Feature.HINTS, "1 hint" if len(item.hints) == 1 else f"{len(item.hints)} hints"
    yield from _rules(item.rules)


def _rules(rules: Rules) -> Iterator[tuple[Feature, str]]:
    if rules.attempts > 1:
        yield Feature.ATTEMPTS, f"`attempts: {rules.attempts}`"
    if rules.attempts > 1 and rules.penalty:
        yield Feature.PENALTY, f"`penalty: {rules.penalty:.3g}`"
    if rules.hint_cost:
        yield Feature.HINT_COST, f"`hint_cost: {rules.hint_cost:.3g}`"
    if rules.certainty is not None:
        yield Feature.CERTAINTY, f"`certainty: {'true' if rules.certainty else 'false'}`"


def _of_options(item: Item) -> Iterator[tuple[Feature, str]]:
    said: tuple[Option | Answer, ...] = (*item.options, *item.answers)
    for one in said:
        if one.feedback:
            yield Feature.FEEDBACK, f"feedback of `#{one.id}`"
        if one.id != option_id(one.text):
            yield Feature.OPTION_IDS, f"the id `#{one.id}`"
        if one.misconception:
            yield Feature.MISCONCEPTIONS, f"`~{one.misconception}`"
    for option in item.options:
        if option.unticked:
            yield Feature.UNTICKED, f"`>!` of `#{option.id}`"
        if option.fixed:
            yield Feature.FIXED, f"`fixed` of `#{option.id}`"

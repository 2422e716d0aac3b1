"""Items -> GIFT, for Moodle and whatever else reads it. `Written.left_out` says what the format has no place for.

    // [id:loop-sleep-zero] [tag:event-loop.yield]
    ::loop-sleep-zero::[markdown]What does awaiting `asyncio.sleep(0)` do? {
        ~It blocks the thread for one tick#No thread sleeps here.
        =It lets other ready callbacks run once
        ####Told to everybody.
    }

Every text is one line: its line breaks are written as `\\n`, and all control characters are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from quiz.interchange.carries import Feature
from quiz.interchange.features import KINDS, is_arrow, left_out, parts_a_pair
from quiz.interchange.gift_numbers import gift_of
from quiz.interchange.gift_tokens import escaped
from quiz.interchange.taken import LeftOut, Written
from quiz.items import Item
from quiz.kinds import Kind, Scoring
from quiz.options import WHOLE, Answer, Option

_NOT_IN_A_TAG = "<>`"


def write(items: Iterable[Item]) -> Written:
    questions: list[str] = []
    missing: list[LeftOut] = []
    for item in items:
        found = _missing(item)
        missing += found
        if not any(one.feature in KINDS for one in found):
            questions.append(_question(item))
    return Written("\n".join(questions), tuple(missing))


def _missing(item: Item) -> tuple[LeftOut, ...]:
    """Without an answer that can be shown as right there is no question."""
    found = left_out(item, "gift")
    if item.kind is Kind.TEXT and not any(one.right for one in _short(item)):
        return (LeftOut(item.id, Feature.TEXT, "a text question, of which no right answer can be written"), *found)
    return found


def _question(item: Item) -> str:
    tags = "".join(f" [tag:{_tag(skill)}]" for skill in item.skills)
    text = f"{item.stem}\n\n{item.body}" if item.body else item.stem
    lines = [
        f"// [id:{item.id}]{tags}",
        f"::{item.id}::[markdown]{escaped(text)} {{{'#' if item.kind is Kind.NUMERIC else ''}",
    ]
    lines += [f"\t{answer}" for answer in _answers(item)]
    if item.given == "written" and item.feedback_wrong and _is_told(item, item.feedback_wrong):
        lines.append(f"\t{'~' if item.kind is Kind.NUMERIC else '=%0%*'}#{_told(item.feedback_wrong)}")
    if item.explanation:
        lines.append(f"\t####{_told(item.explanation)}")
    return "\n".join([*lines, "}", ""])


def _answers(item: Item) -> Iterator[str]:
    if item.kind is Kind.NUMERIC:
        for answer in item.answers:
            yield ("=" if answer.right else "=%0%") + gift_of(answer.text) + _feedback(answer)
    elif item.kind is Kind.TEXT:
        for answer in _short(item):
            told = _feedback(answer) if _is_told(item, answer.feedback) else ""
            yield ("=" if answer.right else "=%0%") + _begun(_short_text(answer)) + told
    elif item.kind is Kind.SINGLE:
        for option in item.options:
            yield ("=" if option.right else "~") + _begun(option.text) + _feedback(option)
    else:
        share = WHOLE / len(item.key)
        for option in item.options:
            yield "~" + _weight(item, option, share) + _begun(option.text) + _feedback(option)


def _short(item: Item) -> list[Answer]:
    """The answers that Moodle reads as they are."""
    return [one for one in item.answers if not one.text.startswith("/") and not is_arrow(one.text)]


def _is_told(item: Item, feedback: str) -> bool:
    return item.kind is not Kind.TEXT or not parts_a_pair(feedback)


def _short_text(answer: Answer) -> str:
    """A star alone would stand for anything."""
    return answer.text[1:-1].strip().replace("*", r"\*")


def _weight(item: Item, option: Option, share: float) -> str:
    """Of a rule that Moodle lacks, the weights of plus-minus: of its rules that is the nearest."""
    if item.scoring is Scoring.WEIGHTS:
        return "" if option.weight is None else f"%{format(Decimal(repr(option.weight)), 'f').removesuffix('.0')}%"
    text = f"{share:.5f}".rstrip("0").rstrip(".")
    return f"%{text}%" if option.right else f"%-{text}%"


def _begun(text: str) -> str:
    """What would be read as a weight or a format stands behind a format."""
    return ("[markdown]" if text[:1] in ("%", "[") else "") + escaped(text)


def _feedback(one: Option | Answer) -> str:
    return f"#{_told(one.feedback)}" if one.feedback else ""


def _told(text: str) -> str:
    return ("[markdown]" if text[:1] == "[" else "") + escaped(text)


def _tag(name: str) -> str:
    return (
        "".join(" " if sign in _NOT_IN_A_TAG or ord(sign) < 32 else sign for sign in name).strip().replace("]", r"\]")
    )

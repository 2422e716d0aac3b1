"""How options are written, so that none tells the key by its look: W01, W02, W05, W09, W10 and W13.

The rules are those of Haladyna, Downing and Rodriguez (2002), A review of multiple-choice item-writing guidelines: no "all of
the above", options of about one length, no clues by absolute words or by grammar, numbers in their order. That three options
are enough is Rodriguez (2005).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quiz.items import Item
from quiz.lint.numbers import quantities
from quiz.lint.remarks import Remark, sentences, shown, words
from quiz.options import Option

LONGER = 1.25
"""A key is long from so many times the longest distractor on,"""
BY_CHARACTERS = 8
"""and so many characters more: `five` beside `two` is no clue."""
MOST_OPTIONS = 5

_OF_THE_OTHERS = re.compile(
    r"\b(?:all|none|any|some|both|neither|each) of (?:the|these) (?:above|below|others?|options|answers|choices)\b"
    r"|^(?:all|none|both|neither) of (?:these|those)\W*$"
    r"|\bboth (?:\(?[a-e1-5]\)?) and (?:\(?[a-e1-5]\)?)(?!\w)"
    r"|^\(?[a-e]\)?(?:, \(?[a-e]\)?)* (?:and|or) \(?[a-e]\)?\W*$",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(?:always|never|impossible|invariably|in every case|under no circumstances|without exception)\b", re.IGNORECASE
)
_ARTICLE = re.compile(r"\b(a|an)\s*(?:…|\.{3}|_+|:)?\s*$", re.IGNORECASE)
_LETTERS_THAT_SOUND_OPEN = "AEFHILMNORSX"
_OPEN = re.compile(r"(?:hour|honest|honou?r|heir)", re.IGNORECASE)
_CLOSED = re.compile(r"(?:uni(?!n|m)|use|usu|user|util|one\b|once\b|eu)", re.IGNORECASE)


def of_the_others(item: Item) -> Iterator[Remark]:
    """W01: whoever knows that two options are right knows that all are, and a shuffled option has nothing above it."""
    for option in _options(item):
        if found := _OF_THE_OTHERS.search(shown(option.text)):
            yield Remark(option.line, f"`{found[0]}` speaks of other options: say what it says itself, or leave it out")


def long_key(item: Item) -> Iterator[Remark]:
    """W02, of one item: every right option is longer than all distractors, by a quarter and more."""
    right, wrong = _split(item)
    # Code is as long as it is: nobody qualifies it until it is true.
    if not right or not wrong or all(_is_code(option) for option in wrong):
        return
    key, other = min(map(_length, right)), max(map(_length, wrong))
    if key >= other * LONGER and key >= other + BY_CHARACTERS:
        message = f"the key has {key} characters and the longest distractor {other}: length alone tells it"
        yield Remark(right[0].line, message)


def absolutes(item: Item) -> Iterator[Remark]:
    """W05: an absolute word is easily false, and learners know it. Where the key has one too it tells nothing."""
    right, wrong = _split(item)
    if any(_ABSOLUTE.search(sentences(option.text)) for option in right):
        return
    for option in wrong:
        if found := _ABSOLUTE.search(sentences(option.text)):
            yield Remark(option.line, f"`{found[0]}` stands in distractors alone, and gives this one away")


def too_many(item: Item) -> Iterator[Remark]:
    """W09."""
    if len(_options(item)) > MOST_OPTIONS:
        message = (
            f"{len(item.options)} options to choose from: three that somebody takes tell as much as {MOST_OPTIONS}"
        )
        yield Remark(item.line, message)


def article(item: Item) -> Iterator[Remark]:
    """W10: a stem that ends in *a* or *an* and options that cannot follow it."""
    found = _ARTICLE.search(shown(item.stem).rstrip("?"))
    for option in _options(item) if found else ():
        wanted = "an" if _sounds_open(shown(option.text)) else "a"
        if found and found[1].lower() != wanted:
            yield Remark(option.line, f"the stem ends in `{found[1]}`, which this option cannot follow: write `a(n)`")


def unordered_numbers(item: Item) -> Iterator[Remark]:
    """W13: learners look for a number where it would stand."""
    options = _options(item)
    numbers = quantities([shown(option.text) for option in options])
    if numbers is None:
        return
    if numbers not in (sorted(numbers), sorted(numbers, reverse=True)):
        yield Remark(options[0].line, "these numbers are in no order: write them from the smallest to the largest")
    elif item.shuffle and not all(option.fixed for option in options):
        yield Remark(options[0].line, "these numbers are shuffled: `shuffle: false` keeps them in their order")


def _options(item: Item) -> Sequence[Option]:
    """Those that are chosen from: the steps of an order are all wanted."""
    return item.options if item.given == "chosen" else ()


def _split(item: Item) -> tuple[list[Option], list[Option]]:
    options = _options(item)
    return [one for one in options if one.right], [one for one in options if not one.right]


def _is_code(option: Option) -> bool:
    return not words(option.text)


def _length(option: Option) -> int:
    return len(shown(option.text))


def _sounds_open(text: str) -> bool:
    """Whether *an* goes before it. A letter that is read by its name sounds as the name does: an HTTP request."""
    word = text.lstrip("`\"'( ")
    if word[:1].isupper() and not word[1:2].islower():
        return word[:1] in _LETTERS_THAT_SOUND_OPEN
    if _OPEN.match(word):
        return True
    return word[:1].lower() in "aeiou" and not _CLOSED.match(word)

"""Words that stem and key share: W06, the clang association of Haladyna, Downing and Rodriguez (2002).

A word counts by its root, its first letters, so that *cancel* and *cancelled* are one. In a lesson on requests every stem speaks
of them and every option may; what gives a key away is a word that hardly any other stem has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from quiz.items import Item
from quiz.lint.remarks import Remark, words

SHORTEST = 6
"""Letters of a word that can give a key away."""
ROOT = 6
COMMON = 3
"""Stems of a course from which on a word is nobody's mark."""
_FUNCTION_WORD = re.compile(
    r"against|already|although|always|another|because|before|behind|besides?|between|during|either|enough|having|itself|longer|"
    r"neither|nothing|others|please|rather|should|something|through|together|usually|whether|within|without"
)


def root(word: str) -> str:
    return word[:ROOT]


def spread(items: Iterable[Item]) -> Mapping[str, int]:
    """In how many stems each root stands."""
    return Counter(part for item in items for part in {root(word) for word in _telling(f"{item.stem}\n{item.body}")})


def repeated(item: Item, stems: Mapping[str, int]) -> Iterator[Remark]:
    """W06, of items with one right option: a rare word of the stem that stands in the key and in no distractor."""
    if item.given != "chosen" or len(item.key) != 1:
        return
    elsewhere = {root(word) for option in item.options if not option.right for word in words(option.text)}
    asked = {root(word) for word in _telling(f"{item.stem}\n{item.body}")} - elsewhere
    key = item.option(next(iter(item.key)))
    for word in words(key.text):
        if root(word) in asked and stems.get(root(word), 1) < COMMON:
            yield Remark(
                key.line, f"the key alone repeats `{word}` of the stem: say it in other words, or elsewhere too"
            )
            return


def _telling(text: str) -> Iterator[str]:
    return (word for word in words(text) if len(word) >= SHORTEST and not _FUNCTION_WORD.fullmatch(word))

"""An item: one question with its options and key, frozen and checked on creation.

It refuses what no learner could answer or no rule could score. It knows no Markdown: texts are the author's source.
Which rules fit a kind, and how it is answered, stands in `kinds`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from quiz.errors import ItemError
from quiz.kinds import KINDS, Given, Kind, Scoring, scorings
from quiz.measured import Measured
from quiz.options import Answer, Combination, Option, combinations_problem, options_problem, weights_problem
from quiz.rules import PLAIN, Rules
from quiz.written import WRITTEN, answers_problem

__all__ = ["Answer", "Combination", "Correctness", "Item", "Kind", "Option", "Scoring", "option_order", "scorings"]

ITEM_ID = re.compile(r"[a-z][a-z0-9-]{2,63}")
DIFFICULTIES = range(1, 6)

Correctness = Literal["right", "partly", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question. Its hashes are SHA-256 of the source, in hex; only `shown_hash` may leave the server."""

    id: str
    kind: Kind
    stem: str
    """Inline Markdown: the title of the block."""
    options: tuple[Option, ...]
    """In the author's order, which of an order is the key; learners get them shuffled. None where an answer is written."""
    scoring: Scoring
    body: str = ""
    """Markdown under the stem, code included."""
    hints: tuple[str, ...] = ()
    explanation: str = ""
    feedback_right: str = ""
    feedback_partly: str = ""
    feedback_wrong: str = ""
    points: float = 1.0
    skills: tuple[str, ...] = ()
    difficulty: int | None = None
    """The author's guess from 1 to 5, later compared with the measured facility."""
    shuffle: bool = True
    answers: tuple[Answer, ...] = ()
    """Of a written item: the right ones, and wrong ones that were anticipated. The first one that a response fits is told."""
    case: bool = False
    """Whether capitals count in a written text."""
    combinations: tuple[Combination, ...] = ()
    measured: Measured | None = None
    """What is predicted, and the models of it: the key of a measured item is what its run shows."""
    rules: Rules = PLAIN
    """How often it may be tried, what a retry and a hint take off, whether certainty is asked. None of it is in `key_hash`: what
    was taken off a score stays, whatever becomes of its key."""
    line: int = field(default=0, compare=False)
    skills_line: int = field(default=0, compare=False)
    waivers: tuple[str, ...] = field(default=(), compare=False)
    """Codes of warnings that its author has looked at and wants to hear no more of; part of no version."""
    waivers_line: int = field(default=0, compare=False)

    key: frozenset[str] = field(init=False, compare=False, repr=False)
    """Ids of the right options."""
    shown_hash: str = field(init=False, compare=False, repr=False)
    """Of what is seen before responding. Nothing scored is in it, or it would be an offline oracle for the key."""
    key_hash: str = field(init=False, compare=False, repr=False)
    """Of what can change a score: two versions that share it need no regrade."""
    content_hash: str = field(init=False, compare=False, repr=False)
    """Of everything: the identity of a version."""

    def __post_init__(self) -> None:
        _check(self)
        # Computed once here: every response compares them, and a frozen value cannot change under its hashes.
        object.__setattr__(self, "key", frozenset(option.id for option in self.options if option.right))
        object.__setattr__(self, "shown_hash", _hash(_shown(self)))
        object.__setattr__(self, "key_hash", _hash(_scored(self)))
        object.__setattr__(self, "content_hash", hashlib.sha256(self.to_json().encode()).hexdigest())

    @property
    def option_ids(self) -> tuple[str, ...]:
        return tuple(option.id for option in self.options)

    def option(self, option_id: str) -> Option:
        """Raises KeyError for an id that the item does not have."""
        for option in self.options:
            if option.id == option_id:
                return option
        raise KeyError(option_id)

    @property
    def given(self) -> Given:
        """How it is answered."""
        return KINDS[self.kind].given

    @property
    def offered(self) -> tuple[Option | Answer, ...]:
        """What a response picks from, each right or wrong: options, or answers that a text may fit. Of an order, nothing."""
        return () if self.given == "ordered" else (*self.options, *self.answers)

    @property
    def solution(self) -> tuple[str, ...]:
        """A response that is right, as it is stored; nothing for what a run decides."""
        if self.given == "written":
            return (WRITTEN[self.kind].example(self._right_answer.text),)
        return self.option_ids if self.given == "ordered" else tuple(sorted(self.key))

    @property
    def shown_solution(self) -> str:
        """What is right, of a written item, as a learner reads it."""
        return WRITTEN[self.kind].shown(self._right_answer.text)

    @property
    def _right_answer(self) -> Answer:
        """The first that is no regular expression: `answers_problem` sees to it that there is one."""
        return next(one for one in self.answers if one.right and not (self.kind is Kind.TEXT and one.text[0] == "/"))

    def outcome_feedback(self, outcome: Correctness) -> str:
        """What the author says to a whole outcome, or an empty text."""
        texts = {"right": self.feedback_right, "partly": self.feedback_partly, "wrong": self.feedback_wrong}
        return texts[outcome]

    def to_json(self) -> str:
        """The whole item as canonical JSON, without its lines. `from_json` gives an equal item back."""
        return _canonical(
            {
                "id": self.id,
                "kind": self.kind.value,
                "stem": self.stem,
                "body": self.body,
                "options": [option.to_json() for option in self.options],
                "scoring": self.scoring.value,
                "hints": self.hints,
                "explanation": self.explanation,
                "feedback_right": self.feedback_right,
                "feedback_partly": self.feedback_partly,
                "feedback_wrong": self.feedback_wrong,
                "points": float(self.points),
                "skills": self.skills,
                "difficulty": self.difficulty,
                "shuffle": self.shuffle,
                **_where_used("answers", [answer.to_json() for answer in self.answers]),
                **_where_used("case", self.case),
                **_where_used("combinations", [one.to_json() for one in self.combinations]),
                **_where_used("rules", self.rules.to_json()),
                **_of_measured(self, Measured.to_json),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Item:
        """Raises ItemError where the text is not an item's."""
        try:
            fields: dict[str, Any] = json.loads(text)
            return cls(
                **{
                    **fields,
                    "kind": Kind(fields["kind"]),
                    "scoring": Scoring(fields["scoring"]),
                    "options": tuple(Option(**option) for option in fields["options"]),
                    "hints": tuple(fields["hints"]),
                    "skills": tuple(fields["skills"]),
                    "answers": tuple(Answer(**answer) for answer in fields.get("answers", ())),
                    "combinations": tuple(
                        Combination(options=tuple(one["options"]), feedback=one["feedback"])
                        for one in fields.get("combinations", ())
                    ),
                    "rules": Rules(**fields.get("rules", {})),
                    "measured": Measured.from_json(fields["measured"]) if "measured" in fields else None,
                }
            )
        except ItemError:
            raise
        except (ValueError, TypeError, KeyError) as problem:
            raise ItemError(f"not an item: {problem}") from problem


def option_order(item: Item, seed: str) -> tuple[str, ...]:
    """The ids of the options as the holder of the seed sees them; fixed options keep their places.

    Of a measured item, the variants.

    Neither the key nor the order in the source has a part in it: the place of an option tells nothing.
    """
    if item.measured is not None:
        return tuple(sorted(item.measured.variants, key=_draw(item.id, seed)))
    if not item.shuffle and item.given != "ordered":
        return item.option_ids
    loose = iter(sorted((option.id for option in item.options if not option.fixed), key=_draw(item.id, seed)))
    return tuple(option.id if option.fixed else next(loose) for option in item.options)


def _draw(item_id: str, seed: str) -> Callable[[str], bytes]:
    """A sort key that shuffles option ids, the same on every machine and in every version of Python."""
    return lambda option_id: hashlib.sha256(f"{seed}\0{item_id}\0{option_id}".encode()).digest()


def _check(item: Item) -> None:
    """Raises ItemError with the first invariant that does not hold."""
    if not ITEM_ID.fullmatch(item.id):
        raise ItemError(f"the id {item.id!r} is not 3 to 64 small letters, digits and hyphens, a letter first")
    if not item.stem.strip():
        problem: str | None = "the stem is empty"
    elif item.scoring not in scorings(item.kind):
        problem = f"{item.scoring} scoring does not fit a {item.kind} item"
    else:
        problem = _foreign_part(item) or _PARTS[item.given](item) or _numbers_problem(item)
    if problem:
        raise ItemError(f"{item.id}: {problem}")


def _foreign_part(item: Item) -> str | None:
    """What belongs to items that are answered in another way."""
    if item.measured is not None and item.given != "predicted":
        return "only a measured item predicts a run"
    if item.answers and item.given != "written":
        return f"a {item.kind} item has no answers to be written"
    if item.options and item.given == "written":
        return f"a {item.kind} item has answers, no options"
    if item.case and item.kind is not Kind.TEXT:
        return "case counts in texts alone"
    if item.kind is not Kind.MULTI and (item.combinations or any(option.unticked for option in item.options)):
        return "only a multi item tells of options left unticked and of combinations"
    if item.measured is not None and item.rules.to_json():
        return "a measured item has one try, and its hints cost nothing"
    weighted = [option.id for option in item.options if option.weight is not None]
    if weighted and item.scoring is not Scoring.WEIGHTS:
        return f"the option {weighted[0]} has a weight, and the item is not scored by weights"
    return None


def _chosen_problem(item: Item) -> str | None:
    right = sum(option.right for option in item.options)
    if problem := options_problem(item.options) or combinations_problem(item.combinations, item.options):
        return problem
    if item.kind is Kind.SINGLE:
        return None if right == 1 else f"a single item has one right option, not {right}"
    if not right:
        return "a multi item has at least one right option"
    return weights_problem(item.options) if item.scoring is Scoring.WEIGHTS else None


def _ordered_problem(item: Item) -> str | None:
    if any(not option.right or option.fixed or option.misconception for option in item.options):
        return "every step of an order is right, and none is fixed or stands for a misconception"
    return options_problem(item.options)


def _written_problem(item: Item) -> str | None:
    return answers_problem(item.kind, item.answers, case=item.case)


def _predicted_problem(item: Item) -> str | None:
    asked = item.measured
    if asked is None or not (asked.lab and asked.metric and asked.variants):
        return "a measured item says which lab, variant and metric are predicted"
    if item.options:
        return "a measured item has models, no options"
    if asked.is_order is not (item.scoring is Scoring.PAIRS):
        return f"{item.scoring} scoring does not fit what is predicted"
    return asked.problem()


_PARTS: Mapping[Given, Callable[[Item], str | None]] = {
    "chosen": _chosen_problem,
    "ordered": _ordered_problem,
    "written": _written_problem,
    "predicted": _predicted_problem,
}


def _numbers_problem(item: Item) -> str | None:
    if not (math.isfinite(item.points) and item.points > 0):
        return f"points are more than 0, not {item.points}"
    if item.difficulty is not None and item.difficulty not in DIFFICULTIES:
        return f"difficulty goes from 1 to 5, not {item.difficulty}"
    return item.rules.problem(hints=len(item.hints), options=len(item.options) if item.kind is Kind.SINGLE else None)


def _shown(item: Item) -> dict[str, object]:
    # The order in which steps were written is their key.
    options = sorted(item.options, key=lambda one: one.id) if item.given == "ordered" else item.options
    return {
        "kind": item.kind.value,
        "stem": item.stem,
        "body": item.body,
        "options": [[option.id, option.text] for option in options],
        **_where_used("rules", item.rules.to_json()),
        **_of_measured(item, Measured.asked),
    }


def _scored(item: Item) -> dict[str, object]:
    ordered = item.given == "ordered"
    return {
        "kind": item.kind.value,
        "scoring": item.scoring.value,
        "points": float(item.points),
        "options": list(item.option_ids) if ordered else sorted([option.id, option.right] for option in item.options),
        **_where_used("weights", sorted([o.id, o.weight] for o in item.options if o.weight is not None)),
        **_where_used("answers", [[answer.id, answer.right, answer.text] for answer in item.answers]),
        **_where_used("case", item.case),
        **_of_measured(item, Measured.scored),
    }


def _where_used(name: str, value: object) -> dict[str, object]:
    """Nothing where a part is not used: the versions of items without it keep the hashes that they were published with."""
    return {name: value} if value else {}


def _of_measured(item: Item, part: Callable[[Measured], dict[str, object]]) -> dict[str, object]:
    """Nothing for the kinds that are chosen from: their versions keep the hashes that they were published with."""
    return {} if item.measured is None else {"measured": part(item.measured)}


def _hash(value: object) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

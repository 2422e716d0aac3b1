"""What can go wrong in the quiz engine, as facts. Words for learners and status codes are chosen elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

NoResponse = Literal[
    "nothing-chosen",
    "too-many",
    "unknown-option",
    "not-chosen-from",
    "no-number",
    "no-order",
    "not-a-number",
    "too-long",
    "same-again",
]
"""Why what was given is no response."""


@dataclass(frozen=True, slots=True, order=True)
class QuestionError:
    """What an author must change in a lesson: a value, because a block reports all of them at once."""

    path: str
    line: int
    code: str
    """`E03` and the like stop a course from being published; codes that begin with `W` do not."""
    message: str

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("W")

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code} {self.message}"


class QuizError(Exception):
    """Everything that the quiz engine raises by itself."""


class ItemError(QuizError, ValueError):
    """An item that breaks one of its invariants cannot be made."""


class ResponseError(QuizError, ValueError):
    """What was given is no response to this item, so there is nothing to score and nothing is stored."""

    code: NoResponse

    def __init__(self, item_id: str, message: str) -> None:
        self.item_id = item_id
        super().__init__(f"{item_id}: {message}")


class NothingChosen(ResponseError):
    code = "nothing-chosen"

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id, "nothing was chosen")


class TooManyChosen(ResponseError):
    code = "too-many"

    def __init__(self, item_id: str, count: int) -> None:
        self.count = count
        super().__init__(item_id, f"one option can be chosen, not {count}")


class UnknownOption(ResponseError):
    code = "unknown-option"

    def __init__(self, item_id: str, options: Iterable[str]) -> None:
        self.options = tuple(sorted(options))
        super().__init__(item_id, f"no option {', '.join(self.options)}")


class NotChosenFrom(ResponseError):
    code = "not-chosen-from"

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id, "a run answers this item, no choice")


class NoNumber(ResponseError):
    code = "no-number"

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id, "a prediction is a number above 0")


class NoOrder(ResponseError):
    code = "no-order"

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id, "an order names each of them once")


class Unreadable(ResponseError):
    """What was written is no response to an item of this kind."""

    def __init__(self, item_id: str, code: Literal["not-a-number", "too-long"]) -> None:
        self.code = code
        super().__init__(item_id, f"what was written is {code.replace('-', ' ')}")


class SameAgain(ResponseError):
    """The try before this one was the same: it would cost something and could earn nothing."""

    code = "same-again"

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id, "this is what was given at the last try")


class ToldNothing(QuizError):
    """The outcomes that a run showed lie within the noise of each other, so no order of them is right or wrong."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        super().__init__(f"{item_id}: the outcomes cannot be told apart")


class UnrecordedItem(QuizError):
    """This text of the item was never recorded: `record_items` runs when a course is loaded, before anyone responds."""

    def __init__(self, course: str, item_id: str) -> None:
        self.course = course
        self.item_id = item_id
        super().__init__(f"{course}: item {item_id} has no recorded version with this text")

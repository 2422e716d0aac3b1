"""Tables of the quiz engine: versions of items, attempts, responses, scores, reviews, regrades, grades, what learners report.
No behaviour, no foreign key out of it.

`learner_id` and `course` are plain text, so that the engine can stand in any site. Rows are only ever added: `quiz.triggers`
refuse every UPDATE, and every DELETE but that of one learner, who is listed in `erasure`. The exceptions: an open attempt may be
closed once, and what is derived (`grade_entry`, `quiz_rule`) is brought up to date.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite keeps no zone and would give a naive time back; a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without its zone cannot be stored: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    return str(uuid4())


def _references(column: str, *, index: bool = False) -> "Column[str]":
    return Column(String, ForeignKey(column), nullable=False, index=index)


class ItemVersion(SQLModel, table=True):
    """One text of an item, as it was published. A text that comes back is the same version."""

    __tablename__ = "item_version"
    __table_args__ = (
        UniqueConstraint("course", "item_id", "version"),
        UniqueConstraint("course", "item_id", "content_hash"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    course: str
    item_id: str
    lesson: str
    version: int
    """From 1, in the order of publication."""
    kind: str
    points: float
    shown_hash: str
    key_hash: str
    content_hash: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    """The whole item: `Item.to_json`."""
    created_at: datetime = Field(sa_type=UTCDateTime)


class Attempt(SQLModel, table=True):
    """One run of a learner through a quiz, one open at a time: starting over closes it and opens the next."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("learner_id", "course", "quiz", "number"),
        Index(
            "uq_attempt_open",
            "learner_id",
            "course",
            "quiz",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str
    course: str
    quiz: str
    number: int
    opened_at: datetime = Field(sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AttemptItem(SQLModel, table=True):
    """An item of an attempt, pinned to the version and the order of options that the learner has before them."""

    __tablename__ = "attempt_item"
    __table_args__ = (UniqueConstraint("attempt_id", "item_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str = Field(index=True)
    attempt_id: str = Field(sa_column=_references("attempt.id"))
    item_id: str
    item_version_id: str = Field(sa_column=_references("item_version.id"))
    seed: str
    option_order: list[str] = Field(sa_column=Column(JSON, nullable=False))
    pinned_at: datetime = Field(sa_type=UTCDateTime)


class HintOpening(SQLModel, table=True):
    """A hint that was opened before responding. `number` counts from 1: hints are opened in their order."""

    __tablename__ = "hint_opening"
    __table_args__ = (UniqueConstraint("attempt_item_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str = Field(index=True)
    attempt_item_id: str = Field(sa_column=_references("attempt_item.id"))
    number: int
    opened_at: datetime = Field(sa_type=UTCDateTime)


class Response(SQLModel, table=True):
    """What was given for an item."""

    __tablename__ = "response"
    __table_args__ = (UniqueConstraint("attempt_item_id", "seq"), UniqueConstraint("learner_id", "key"))

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str
    attempt_item_id: str = Field(sa_column=_references("attempt_item.id"))
    item_version_id: str = Field(sa_column=_references("item_version.id"))
    """The version that was answered: the pinned one, or a later one that the learner was shown since."""
    seq: int
    """From 1 within the attempt."""
    key: str | None = Field(default=None)
    """One per intent, made by the client: a request that is sent again is recognised by it."""
    value: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Ids of the chosen options, sorted; of an order all ids, in it; one text that was written. Of a prediction, its
    number or its order.
    """
    hints_used: int
    settles: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=true()))
    """Whether the key was told with it: it was right, the last of its tries, or the only one."""
    certainty: int | None = Field(default=None)
    """How sure the learner said they were, from 1 to 3; None where they were not asked."""
    received_at: datetime = Field(sa_type=UTCDateTime)


class GivingUp(SQLModel, table=True):
    """A learner who had tried an item asked for its answer instead of trying again."""

    __tablename__ = "giving_up"

    attempt_item_id: str = Field(sa_column=Column(String, ForeignKey("attempt_item.id"), primary_key=True))
    learner_id: str = Field(index=True)
    given_up_at: datetime = Field(sa_type=UTCDateTime)


class Score(SQLModel, table=True):
    """The score of a response. A regrade adds a row; the current score is the one that nothing supersedes."""

    __tablename__ = "score"
    __table_args__ = (
        Index(
            "uq_score_first",
            "response_id",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL"),
            postgresql_where=text("supersedes_id IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str = Field(index=True)
    response_id: str = Field(sa_column=_references("response.id", index=True))
    scored_version_id: str = Field(sa_column=_references("item_version.id"))
    rules_revision: int
    fraction: float
    """What the key gives it, as a share of the item's points."""
    penalty: float = Field(default=0.0, sa_column=Column(Float, nullable=False, server_default=text("0")))
    """What its hints and the tries before it take off, as a share too: the mark is what is left, and never below 0."""
    outcome: str
    reason: str = "response"
    supersedes_id: str | None = Field(default=None, foreign_key="score.id", unique=True)
    regrade_id: str | None = Field(default=None, foreign_key="regrade.id", index=True)
    """The regrade that added it; the first score of a response has none."""
    created_at: datetime = Field(sa_type=UTCDateTime)


class Regrade(SQLModel, table=True):
    """What was decided for the responses that an earlier key of an item had scored, or that such a decision is taken back.

    It names no learner, so that it stays when one is forgotten. `summary` is what was done, in numbers.
    """

    __tablename__ = "regrade"
    __table_args__ = (UniqueConstraint("course", "item_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    course: str
    item_id: str
    number: int
    """From 1, in their order."""
    to_version_id: str = Field(sa_column=_references("item_version.id"))
    policy: str
    note: str = ""
    """What the author says to the learners about it."""
    undoes_id: str | None = Field(default=None, foreign_key="regrade.id", unique=True)
    key: str = Field(unique=True)
    """One per intent: a request that is sent again is recognised by it."""
    actor: str
    summary: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=UTCDateTime)


class Report(SQLModel, table=True):
    """A problem that a learner saw in an item, with the version and what they had chosen of it by then."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("learner_id", "course", "item_id", "text"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str
    course: str
    item_id: str
    item_version_id: str = Field(sa_column=_references("item_version.id"))
    chosen: list[str] = Field(sa_column=Column(JSON, nullable=False))
    text: str
    reported_at: datetime = Field(sa_type=UTCDateTime)


class Reason(SQLModel, table=True):
    """Why a learner chose what they chose, in their words."""

    __tablename__ = "reason"

    response_id: str = Field(sa_column=Column(String, ForeignKey("response.id"), primary_key=True))
    learner_id: str = Field(index=True)
    text: str
    given_at: datetime = Field(sa_type=UTCDateTime)


class Prediction(SQLModel, table=True):
    """What belongs to a response that was given before its run: the setting, and the models' numbers at that moment."""

    __tablename__ = "prediction"

    response_id: str = Field(sa_column=Column(String, ForeignKey("response.id"), primary_key=True))
    learner_id: str = Field(index=True)
    setting: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    numbers: dict[str, float] = Field(sa_column=Column(JSON, nullable=False))
    note: str = ""
    """Why it does not count: `skipped`, or `after-seeing`; empty where it does."""


class Observation(SQLModel, table=True):
    """What the run showed that a prediction was made for, and which models the two of them fit."""

    __tablename__ = "observation"

    response_id: str = Field(sa_column=Column(String, ForeignKey("response.id"), primary_key=True))
    learner_id: str = Field(index=True)
    observed: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    runs: list[str] = Field(sa_column=Column(JSON, nullable=False))
    fits: str | None = Field(default=None)
    shows: str | None = Field(default=None)
    observed_at: datetime = Field(sa_type=UTCDateTime)


class Review(SQLModel, table=True):
    """One counted review of an item's card, and the card as it was after it: the latest row of an item is its card.

    An item that was answered in a lesson and never reviewed has no row: its card follows from its first response.
    """

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("learner_id", "course", "item_id", "day"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str
    course: str
    item_id: str
    """Whose card it is."""
    asked_item_id: str
    """What was asked: a sibling of the item, or the item itself."""
    day: date
    """The server's own day: one review of a card counts in it."""
    rating: int
    """FSRS's: Again 1, Hard 2, Good 3, Easy 4."""
    card: str = Field(sa_column=Column(Text, nullable=False))
    """FSRS's card as JSON."""
    due_at: datetime = Field(sa_type=UTCDateTime)
    reviewed_at: datetime = Field(sa_type=UTCDateTime)


class QuizRule(SQLModel, table=True):
    """By which rule the attempts at a quiz make its grade, as the course that is served says. Replaced with the course."""

    __tablename__ = "quiz_rule"

    course: str = Field(primary_key=True)
    quiz: str = Field(primary_key=True)
    policy: str
    submits: bool
    """Whether an attempt counts once it is submitted; else from its first response on."""
    points: dict[str, float] = Field(sa_column=Column(JSON, nullable=False))
    """By item, of a lesson's quiz; empty where each attempt has items of its own, pinned when it begins."""
    predicted: dict[str, float] = Field(sa_column=Column(JSON, nullable=False))
    """The same of items that count only once a run has scored them."""


class Sitting(SQLModel, table=True):
    """What an attempt at a quiz over lessons asks, in which order, and until when."""

    __tablename__ = "sitting"

    attempt_id: str = Field(sa_column=Column(String, ForeignKey("attempt.id"), primary_key=True))
    learner_id: str = Field(index=True)
    items: list[str] = Field(sa_column=Column(JSON, nullable=False))
    deadline_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class KeptAnswer(SQLModel, table=True):
    """What was given for an item of a quiz that tells nothing before it is submitted. The latest one becomes the response then."""

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("attempt_item_id", "seq"), UniqueConstraint("learner_id", "key"))

    id: str = Field(default_factory=new_id, primary_key=True)
    learner_id: str
    attempt_item_id: str = Field(sa_column=_references("attempt_item.id"))
    item_version_id: str = Field(sa_column=_references("item_version.id"))
    seq: int
    """From 1 within the attempt."""
    key: str | None = Field(default=None)
    value: list[str] = Field(sa_column=Column(JSON, nullable=False))
    kept_at: datetime = Field(sa_type=UTCDateTime)


class Carry(SQLModel, table=True):
    """A response that stands in a later attempt as it was given in an earlier one, with its scores."""

    __tablename__ = "carry"

    response_id: str = Field(sa_column=Column(String, ForeignKey("response.id"), primary_key=True))
    learner_id: str = Field(index=True)
    from_response_id: str = Field(sa_column=_references("response.id"))
    """The one that the learner gave, however often it was carried since."""


class GradeEntry(SQLModel, table=True):
    """A learner's grade in a quiz. Derived from attempts, scores and rules (see `grades`), so it may be changed and made anew."""

    __tablename__ = "grade_entry"

    learner_id: str = Field(primary_key=True)
    course: str = Field(primary_key=True)
    quiz: str = Field(primary_key=True)
    mark: float
    max_mark: float
    attempt_id: str | None = Field(default=None)
    """The attempt that decides it; None for an average."""


class Erasure(SQLModel, table=True):
    """A learner who is being forgotten: listed only inside the transaction that does it."""

    __tablename__ = "erasure"

    learner_id: str = Field(primary_key=True)
    begun_at: datetime = Field(sa_type=UTCDateTime)


LEARNERS_TABLES: tuple[type[SQLModel], ...] = (
    Report,
    Reason,
    Review,
    GradeEntry,
    Carry,
    KeptAnswer,
    Observation,
    Prediction,
    Score,
    Response,
    GivingUp,
    HintOpening,
    AttemptItem,
    Sitting,
    Attempt,
)
"""Every table with rows of a learner, in an order in which they can be deleted."""


def table(model: type[SQLModel]) -> Table:
    """The table of a model: what the statements are built on, once, because recording a response is the hottest write."""
    return SQLModel.metadata.tables[str(model.__tablename__)]

"""Tables of the site: learners, their browser sessions, what they have read, the programs and runs. No behaviour.

The quiz engine's tables stand in `quiz.models`; both share one database and one chain of migrations.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, false
from sqlmodel import Field, SQLModel

from quiz.models import UTCDateTime


class Learner(SQLModel, table=True):
    """Who responds. Made by the first POST of a browser, never by a GET."""

    id: str = Field(primary_key=True)
    seed: str
    """What the order of this learner's options is drawn from."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    merged_into: str | None = Field(default=None, foreign_key="learner.id")


class BrowserSession(SQLModel, table=True):
    """A browser's token, as its hash alone, and the learner that it stands for."""

    __tablename__ = "browser_session"

    token_hash: str = Field(primary_key=True)
    learner_id: str = Field(sa_column=Column(String, ForeignKey("learner.id", ondelete="CASCADE"), nullable=False))
    created_at: datetime = Field(sa_type=UTCDateTime)


class Completion(SQLModel, table=True):
    """A learner went on from a mode of a lesson."""

    learner_id: str = Field(sa_column=Column(String, ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True))
    course: str = Field(primary_key=True)
    lesson: str = Field(primary_key=True)
    mode: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)


class Sighting(SQLModel, table=True):
    """A learner was shown somebody else's run of a lab, or an answer of its programs, before they predicted what it does."""

    learner_id: str = Field(sa_column=Column(String, ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True))
    course: str = Field(primary_key=True)
    lesson: str = Field(primary_key=True)
    lab: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)


class Program(SQLModel, table=True):
    """The text of a program that was run, kept once however often it ran."""

    hash: str = Field(primary_key=True)
    file: str
    text: str


class Run(SQLModel, table=True):
    """An ended run: what was asked, what was seen, and its events, so that its link shows it again."""

    __table_args__ = (Index("ix_run_learner_lab", "learner_id", "course", "lesson", "lab", "variant", "started_at"),)

    id: str = Field(primary_key=True)
    learner_id: str = Field(sa_column=Column(String, ForeignKey("learner.id", ondelete="CASCADE"), nullable=False))
    course: str
    lesson: str
    lab: str
    variant: str
    program_hash: str = Field(foreign_key="program.hash")
    own: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """The program was the reader's own and not the lesson's: it counts for no progress and no figure."""
    request: str
    requests: int
    parameters: dict[str, float] = Field(sa_column=Column(JSON, nullable=False))
    state: str
    disturbed: bool
    summary: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    finding: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    failure: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    rows: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    events: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    trace: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """Every turn of the run, packed by `webapp.labs.recording`; runs from before that have none."""
    surroundings: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """What it ran on, as its own process told (`webapp.labs.surroundings`); a run without a process, or from before, has none."""
    started_at: datetime = Field(sa_type=UTCDateTime)

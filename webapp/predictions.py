"""Predictions of runs: when one may be made, what it is made of, and which run decides it.

The rules, all of them held here, on the server:

- A prediction is open until it is committed to or skipped, and as long as its learner has no run of that lab.
- While one of a lab is open, no run of the lab starts for that learner; a prediction after a run is refused.
- Whoever was shown somebody else's run of the lab before, or called one of its live programs, may predict: it is stored, shown and
  not counted.
- The first run that ended undisturbed with the predicted numbers decides. Then the author's other settings are offered, one after
  another, until the prediction fits the model that the run shows; a setting that the learner has run already is passed over.
- A run of a program of the learner's own is a run of the lab in all of this but one: it never decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import Session, col

from quiz import predictions as quiz
from quiz.dialects import add_once
from quiz.errors import QuizError
from quiz.items import Item
from quiz.measured import Measured, Observed, Setting
from quiz.models import table
from quiz.predictions import Commitment
from quiz.standing import states
from webapp.course.course import Course, Lesson
from webapp.course.predicted import METRICS, chosen, numbers
from webapp.labs.lab import Lab
from webapp.labs.states import EndedRun
from webapp.models import Run, Sighting
from webapp.records import Place

REPEATS = 20
"""So many of the last runs alike, of whomever, tell how far repeats on this server lie apart."""

Phase = Literal["open", "committed", "observed", "skipped", "late"]


class TooLate(QuizError):
    """The learner has run the lab, with these numbers where it is not the first prediction."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        super().__init__(f"{item_id}: the lab was run before")


@dataclass(frozen=True, slots=True)
class RunMade:
    """A run of a learner, as far as it decides what may still be predicted."""

    id: str
    lab: str
    variant: str
    requests: int
    parameters: Mapping[str, float]
    disturbed: bool
    own: bool
    """Of a program of their own: it shows what could be predicted, and decides nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a learner has predicted and run in a lesson."""

    lesson: Lesson
    attempt: int
    made: Mapping[str, tuple[Commitment, ...]]
    """By item, in the present attempt, in their order."""
    runs: tuple[RunMade, ...]
    """The latest first."""
    running: str | None = None
    """The lab of the learner's run that is on, or waits for its turn."""

    def phase(self, item: Item) -> Phase:
        made = self.made.get(item.id, ())
        if not made:
            return "late" if self.has_run(item) else "open"
        if made[-1].waits:
            return "committed"
        return "skipped" if made[0].note == "skipped" else "observed"

    def has_run(self, item: Item) -> bool:
        """Whether there is one, or will be: whoever starts over while it is on has not a prediction more to make."""
        asked = item.measured
        return asked is not None and asked.lab in {self.running, *(run.lab for run in self.runs)}

    def open(self, lab_id: str) -> tuple[Item, ...]:
        return tuple(item for item in self.lesson.predictions(lab_id) if self.phase(item) == "open")

    def next_setting(self, item: Item) -> Setting | None:
        """What may be predicted now: the first setting, else one of the author's others while the right model is not met."""
        asked, phase = _asked(item), self.phase(item)
        if phase == "open":
            return asked.setting
        if phase != "observed" or met(self.made[item.id][-1]):
            return None
        before = [one.setting for one in self.made[item.id]]
        for setting in asked.again:
            whole = self.whole(item, setting)
            if whole not in before and not any(self._is(run, asked, whole) for run in self.runs):
                return setting
        return None

    def whole(self, item: Item, setting: Setting) -> dict[str, Any]:
        requests, parameters = chosen(self.lab(item), setting)
        return {"requests": requests, "parameters": parameters}

    def lab(self, item: Item) -> Lab:
        lab = self.lesson.lab(_asked(item).lab)
        assert lab is not None  # noqa: S101  # a course with a prediction of no lab is not loaded
        return lab

    def last_runs(self, item: Item, setting: Mapping[str, Any]) -> dict[str, RunMade]:
        """By variant, those of the lesson's own program with that setting."""
        runs = (run for run in reversed(self.runs) if not run.own)
        return {run.variant: run for run in runs if self._is(run, _asked(item), setting)}

    def foretold(self, lab_id: str, variant: str, requests: int, parameters: Mapping[str, float]) -> float | None:
        """The wall time that was predicted for such a run; the last word, where there are several."""
        setting = {"requests": requests, "parameters": dict(parameters)}
        told = [
            one.predicted.number
            for made in self.made.values()
            for one in made
            if (one.asked.lab, one.asked.variants, one.asked.metric) == (lab_id, (variant,), "wall")
            and one.setting == setting
        ]
        return told[-1] if told else None

    def _is(self, run: RunMade, asked: Measured, setting: Mapping[str, Any]) -> bool:
        return run.lab == asked.lab and run.variant in asked.variants and _same(run, setting)


def met(commitment: Commitment) -> bool:
    """Whether the prediction fits the model that the run shows."""
    return bool(commitment.observed) and commitment.shows is not None and commitment.fits == commitment.shows


def load(
    session: Session,
    learner: str | None,
    course: str,
    lesson: Lesson,
    *,
    attempt: Callable[[], int] | None = None,
    running: str | None = None,
) -> Standing:
    """`attempt` tells the number of the present one, where somebody has asked for it already."""
    if learner is None or not any(item.measured for item in lesson.items):
        return Standing(lesson, 1, {}, ())
    number = attempt() if attempt else states(session, learner=learner, course=course, quiz=lesson.id).attempt
    made: dict[str, list[Commitment]] = {}
    for one in quiz.of_quiz(session, learner=learner, course=course, quiz=lesson.id):
        if one.attempt == number:
            made.setdefault(one.item, []).append(one)
    return Standing(
        lesson,
        number,
        {item: tuple(found) for item, found in made.items()},
        _runs(session, learner, course, lesson.id),
        running,
    )


def commit(
    session: Session,
    *,
    learner: str,
    course: str,
    lesson: Lesson,
    item: Item,
    value: tuple[str, ...],
    skip: bool = False,
    running: str | None = None,
    saw: bool = False,
    seed: str,
    now: datetime,
    seq: int = 1,
    **form: Any,
) -> Commitment:
    """Store a prediction, or that it was skipped. `running` is the lab of the learner's run that is on, `saw` what a browser
    without a learner had been shown. Raises TooLate, and as `quiz.predictions.commit` does."""
    standing = load(session, learner, course, lesson, running=running)
    made = standing.made.get(item.id, ())
    setting = standing.next_setting(item)
    if seq > len(made) and setting is None:
        raise TooLate(item.id)
    whole = standing.whole(item, setting or _asked(item).setting)
    seen = saw or has_seen(session, learner, course, lesson.id, _asked(item).lab)
    return quiz.commit(
        session,
        learner=learner,
        course=course,
        quiz=lesson.id,
        item=item,
        value=() if skip else value,
        setting=whole,
        numbers=numbers(_asked(item), whole["requests"], whole["parameters"]),
        note="skipped" if skip else "after-seeing" if seen and not made else "",
        seed=seed,
        now=now,
        seq=seq,
        **form,
    )


def decide(session: Session, course: Course, place: Place, run: EndedRun, now: datetime) -> None:
    """Score the predictions that waited for this run, which is stored already."""
    lesson = course.lesson(place.lesson)
    lab = lesson.lab(place.lab) if lesson else None
    if lab is None or place.own or run.state != "finished" or run.disturbed:
        return
    for one in quiz.of_quiz(session, learner=place.learner, course=place.course, quiz=place.lesson):
        if not (one.waits and one.asked.lab == place.lab and place.variant in one.asked.variants):
            continue
        found = {name: _observed(session, place, lab, name, one) for name in one.asked.variants}
        seen = {name: pair[0] for name, pair in found.items() if pair}
        if len(seen) == len(found):
            ids = [pair[1] for pair in found.values() if pair]
            quiz.observe(session, one, seen, learner=place.learner, runs=ids, now=now)


def see(session: Session, learner: str, course: str, lesson: str, lab: str, now: datetime) -> None:
    """Note that a run of somebody else was shown. The first time counts."""
    row = {"learner_id": learner, "course": course, "lesson": lesson, "lab": lab, "at": now}
    add_once(session.connection(), table(Sighting), row)


def has_seen(session: Session, learner: str, course: str, lesson: str, lab: str) -> bool:
    return session.get(Sighting, (learner, course, lesson, lab)) is not None


def _observed(session: Session, place: Place, lab: Lab, variant: str, one: Commitment) -> tuple[Observed, str] | None:
    """What the learner's last fit run of a variant showed, in the range of its repeats on this server, and its id."""
    if variant not in {known.name for known in lab.variants}:
        return None
    alike = session.execute(
        select(col(Run.id), col(Run.learner_id), col(Run.requests), col(Run.parameters), col(Run.summary))
        .where(
            col(Run.program_hash) == lab.variant(variant).program_hash,
            col(Run.own).is_(False),
            col(Run.course) == place.course,
            col(Run.lesson) == place.lesson,
            col(Run.lab) == place.lab,
            col(Run.requests) == one.setting["requests"],
            col(Run.state) == "finished",
            col(Run.disturbed).is_(False),
        )
        .order_by(col(Run.started_at).desc())
    ).all()
    metric = one.asked.metric
    fit = [
        (row.id, row.learner_id, float(row.summary[metric]))
        for row in alike
        if row.parameters == one.setting["parameters"] and (row.summary or {}).get(metric) is not None
    ]
    own = next(((run_id, value) for run_id, learner, value in fit if learner == place.learner), None)
    if own is None:
        return None
    values = [own[1], *(value for _, _, value in fit[:REPEATS])]
    return Observed(own[1], min(values), max(values), METRICS[metric].floor), own[0]


def _runs(session: Session, learner: str, course: str, lesson: str) -> tuple[RunMade, ...]:
    rows = session.execute(
        select(
            col(Run.id),
            col(Run.lab),
            col(Run.variant),
            col(Run.requests),
            col(Run.parameters),
            col(Run.disturbed),
            col(Run.own),
        )
        .where(col(Run.learner_id) == learner, col(Run.course) == course, col(Run.lesson) == lesson)
        .order_by(col(Run.started_at).desc())
    )
    return tuple(RunMade(*row) for row in rows)


def _same(run: RunMade, setting: Mapping[str, Any]) -> bool:
    return {"requests": run.requests, "parameters": dict(run.parameters)} == dict(setting)


def _asked(item: Item) -> Measured:
    assert item.measured is not None  # noqa: S101  # no other item comes here
    return item.measured

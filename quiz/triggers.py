"""What the database refuses by itself, whoever asks: SQLite's triggers over the tables of `quiz.models`, one statement each.

Migrations install them and keep a copy of their own, as they stood then.
"""


def _refuse(event: str, table: str, condition: str, reason: str) -> str:
    when = f"WHEN {condition} " if condition else ""
    return (
        f"CREATE TRIGGER {table}_refuses_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW "
        f"{when}BEGIN SELECT RAISE(ABORT, '{table}: {reason}'); END"
    )


_NOT_FORGOTTEN = "NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id)"
_NOT_CLOSING = (
    "OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL "
    "OR (NEW.id, NEW.learner_id, NEW.course, NEW.quiz, NEW.number, NEW.opened_at) "
    "IS NOT (OLD.id, OLD.learner_id, OLD.course, OLD.quiz, OLD.number, OLD.opened_at)"
)

_NOT_ITS_SUCCESSOR = (
    "(NEW.supersedes_id IS NULL) <> (NEW.regrade_id IS NULL) "
    "OR (NEW.supersedes_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM score WHERE id = NEW.supersedes_id "
    "AND response_id = NEW.response_id AND learner_id = NEW.learner_id))"
)
_OF_LEARNERS = (
    "attempt_item",
    "hint_opening",
    "giving_up",
    "response",
    "score",
    "prediction",
    "observation",
    "review",
    "report",
    "reason",
    "sitting",
    "kept_answer",
    "carry",
)

TRIGGERS: tuple[str, ...] = (
    _refuse("UPDATE", "item_version", "", "a version is never changed"),
    _refuse("DELETE", "item_version", "", "a version is never deleted"),
    _refuse("UPDATE", "attempt", _NOT_CLOSING, "an attempt can only be closed"),
    *(_refuse("UPDATE", table, "", "rows are only added") for table in _OF_LEARNERS),
    *(
        _refuse("DELETE", table, _NOT_FORGOTTEN, "rows are deleted only with their learner")
        for table in ("attempt", *_OF_LEARNERS)
    ),
    _refuse("UPDATE", "regrade", "", "a regrade is never changed"),
    _refuse("DELETE", "regrade", "", "a regrade is never deleted"),
    _refuse("INSERT", "score", _NOT_ITS_SUCCESSOR, "a regrade adds it after the score of the same response"),
)
"""SQLite's statements that hold all of the above, one each.

`INSERT OR REPLACE` deletes behind their back unless the connection sets `PRAGMA recursive_triggers=ON`.
"""

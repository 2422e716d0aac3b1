"""While tries are left, nothing that the site answers depends on the key: two courses with other keys are the same to a learner."""

from __future__ import annotations

from pathlib import Path

from tests.courses import question, write_course
from tests.test_site import browser, hidden
from webapp.app import create_app
from webapp.identity import COOKIE
from webapp.settings import Settings

PAGE = "/lessons/waiting/performance"
LOOKED_AT = (
    PAGE,
    "/lessons/waiting/recall",
    "/quizzes",
    "/quizzes/mixed",
    "/review",
    "/progress",
    "/search?q=Option",
    "/",
)
QUIZ = """
[[quizzes]]
slug = "mixed"
title = "Mixed"
items = ["first-item", "several-item"]
feedback = "after submitting"
"""

Told = list[tuple[str, int, dict[str, str], str]]


def told(folder: Path, *, single: str, several: tuple[str, str]) -> Told:
    """Every answer to a learner who gives what is wrong by either key, and leaves tries."""
    items = [
        question("first-item", right=(single,), options="abcd", rules=("attempts: 3", "certainty: true")),
        question("several-item", right=several, options="abcde", rules=("attempts: 3",)),
    ]
    lessons = write_course(folder / "lessons", questions=items)
    with (lessons / "course.toml").open("a") as file:
        file.write(QUIZ)
    found: Told = []
    with browser(create_app(Settings(data=folder / "data", lessons=lessons, watch=False))) as client:
        client.cookies.set(COOKIE, "t" * 43)

        def look(path: str, **form: str) -> None:
            answer = client.post(path, data=form) if form else client.get(path)
            found.append((path, answer.status_code, dict(answer.headers), answer.text))

        look("/quizzes/mixed/attempts", after="0")
        for item, given in (("first-item", "a"), ("first-item", "b"), ("several-item", "a")):
            form = hidden(client.get(PAGE).text, item)
            look(f"/lessons/waiting/items/{item}/responses?from=performance", **form, option=given)
            for path in LOOKED_AT:
                look(path)
    return found


def test_while_tries_are_left_nothing_that_is_answered_depends_on_the_key(tmp_path: Path) -> None:
    one = told(tmp_path / "one", single="c", several=("a", "b"))
    other = told(tmp_path / "other", single="d", several=("a", "d"))

    assert {status for _, status, _, _ in one} == {200, 303}
    assert sum("Not right yet" in page or "Partly right so far" in page for _, _, _, page in one) >= 3
    for mine, theirs in zip(one, other, strict=True):
        assert mine == theirs

"""Items of every kind through the site: answered, refused, asked again, sent twice, and reviewed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.courses import write_course
from tests.test_site import FRAGMENT, browser, hidden
from webapp.app import create_app
from webapp.settings import Settings

NUMBER = """/// question | How many?
    id: number-item

= 40 +- 5% {#forty}
    > Told of forty.
! 32 {#by-core}
    > Told of thirty-two.

//// hint
A hint.
////
///
"""
TEXT = """/// question | Which?
    id: text-item

= "to_thread" {#it}
    > Told of it.
= /(asyncio\\.)?to_thread/ {#long}
! /.*executor/ {#executor}
    > Told of the executor.
///
"""
ORDER = """/// question | In which order?
    id: order-item
    type: order

1. First `step` {#first}
    > Told of the first.
2. Second step {#second}
3. Third step {#third}
///
"""
OUTPUT = """/// question | What is printed?
    id: output-item
    type: output

```python
print("A")
print("B")
```

```output {#ab}
A
B
```
    > Told of the output.
```not-output {#ba}
B
A
```
    > Told of the reverse.
///
"""
MULTI = """/// question | Which ones?
    id: multi-item
    scoring: coverage

- [x] Anna {#a}
    > Told of Anna.
    >! Told of Anna, left.
- [x] Bert {#b}
    > Told of Bert.
- [ ] Cleo {#c}
    > Told of Cleo.
    >! Told of Cleo, left.

//// feedback | a, c
Told of both.
////
//// feedback | partial
Told of a part.
////
///
"""
ALL = [NUMBER, TEXT, ORDER, OUTPUT, MULTI]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    lessons = write_course(tmp_path / "lessons", questions=ALL)
    with browser(create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))) as client:
        yield client


def send(client: TestClient, item: str, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    form = hidden(client.get("/lessons/waiting/performance").text, item)
    path = f"/lessons/waiting/items/{item}/responses?from=performance"
    return client.post(path, data={**form, **fields}, headers=headers or FRAGMENT)


def rows(tmp_path: Path, columns: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(tmp_path / "data" / "interleave.db") as connection:
        return connection.execute(f"SELECT {columns} FROM response JOIN score ON response_id = response.id").fetchall()


@pytest.mark.parametrize(
    ("item", "fields", "words", "others", "fraction"),
    [
        ("number-item", {"answer": " 41,0 "}, ["Right", "Told of forty.", "40 ± 5%"], ["thirty-two"], 1),
        ("number-item", {"answer": "32"}, ["Not right", "Told of thirty-two.", "What is right"], ["of forty"], 0),
        ("number-item", {"answer": "7"}, ["Not right", "What is right"], ["Told of"], 0),
        ("text-item", {"answer": " TO_thread "}, ["Right", "Told of it."], ["What is right"], 1),
        ("text-item", {"answer": "an executor"}, ["Not right", "Told of the executor."], ["Told of it"], 0),
        ("order-item", {"place": ["first", "second", "third"]}, ["Right", "Told of the first."], ["Belongs"], 1),
        ("order-item", {"place": ["second", "first", "third"]}, ["Partly", "Belongs at 2", "At its place"], [], 2 / 3),
        ("order-item", {"place": ["third", "second", "first"]}, ["Not right", "Belongs at 3"], [], 0),
        ("output-item", {"answer": "A\r\nB \r\n"}, ["Right", "Told of the output."], ["What it prints"], 1),
        ("output-item", {"answer": "B\nA"}, ["Not right", "Told of the reverse.", "What it prints"], ["the output"], 0),
        ("multi-item", {"option": ["a", "b"]}, ["Right", "Told of Cleo, left."], ["Told of Cleo.", "Anna, left"], 1),
        ("multi-item", {"option": ["b"]}, ["Partly", "Told of Anna, left.", "Told of a part."], ["Told of Anna."], 1 / 2),
        ("multi-item", {"option": ["c", "a"]}, ["Partly", "Told of both."], ["Told of a part.", "Told of Cleo, left."], 1 / 4),
    ],
)  # fmt: skip
def test_a_response_is_scored_by_its_kind_and_told_what_it_met(
    client: TestClient,
    tmp_path: Path,
    item: str,
    fields: dict[str, Any],
    words: list[str],
    others: list[str],
    fraction: float,
) -> None:
    told = send(client, item, **fields)

    assert told.status_code == 200
    assert [word for word in words if word not in told.text] == []
    assert [word for word in others if word in told.text] == []
    [(stored,)] = rows(tmp_path, "fraction")
    assert stored == pytest.approx(fraction)


@pytest.mark.parametrize(
    ("item", "fields", "words", "kept"),
    [
        ("number-item", {"answer": ""}, "Write a number first.", ""),
        ("number-item", {"answer": "forty"}, "This is no number", 'value="forty"'),
        ("text-item", {"answer": "x" * 257}, "This is too long", 'value="xxx'),
        ("order-item", {"place": ["first", "first", "third"]}, "Give every step a place", "selected>First step"),
        ("output-item", {"answer": " \n"}, "Write what it prints first.", ""),
    ],
)
def test_what_is_no_response_is_said_in_the_form_with_what_was_given(
    client: TestClient, tmp_path: Path, item: str, fields: dict[str, Any], words: str, kept: str
) -> None:
    for headers in (FRAGMENT, {"accept": "text/html"}):
        told = send(client, item, headers=headers, **fields)
        form = told.text[told.text.index(f'id="item-{item}"') :].partition("</quiz-item>")[0]
        assert told.status_code == 422
        assert words in form and kept in form and "Told of" not in form
    assert rows(tmp_path, "fraction") == []


def test_what_was_written_is_shown_as_text_whatever_it_is(client: TestClient) -> None:
    for item, text in (("text-item", "\0next\0<b>&"), ("output-item", "\0number-1\0</textarea><b>")):
        page = send(client, item, answer=text)
        assert page.status_code == 200 and "\0" not in page.text and "<b>" not in page.text
        assert "&lt;b&gt;" in page.text
    refused = send(client, "number-item", answer='\0next\0"><b>')
    assert refused.status_code == 422 and 'value="next&#34;&gt;&lt;b&gt;"' in refused.text


def test_a_hint_leaves_in_the_form_what_was_given(client: TestClient) -> None:
    path = "/lessons/waiting/items/number-item/hints?from=performance&number=1"
    for headers in (FRAGMENT, {"accept": "text/html"}):
        hint = client.post(path, data={"answer": "12"}, headers=headers)
        assert hint.status_code == 200 and "A hint." in hint.text and 'value="12"' in hint.text


@pytest.mark.parametrize(
    ("item", "fields", "again", "other"),
    [
        ("number-item", {"answer": "40"}, {"answer": " 40 "}, {"answer": "41"}),
        ("text-item", {"answer": "a b"}, {"answer": "a  b"}, {"answer": "a c"}),
        ("order-item", {"place": ["third", "second", "first"]}, {}, {"place": ["first", "second", "third"]}),
        ("output-item", {"answer": "A\nB"}, {"answer": "A\r\nB\r\n"}, {"answer": "A"}),
    ],
)
def test_the_same_response_again_is_stored_once_and_another_is_refused(
    client: TestClient, tmp_path: Path, item: str, fields: dict[str, Any], again: dict[str, Any], other: dict[str, Any]
) -> None:
    form = hidden(client.get("/lessons/waiting/performance").text, item)
    path = f"/lessons/waiting/items/{item}/responses?from=performance"
    for key in ({"key": "k" * 16}, {"key": "k" * 16}):
        for given in (fields, {**fields, **again}):
            assert client.post(path, data={**form, **key, **given}, headers=FRAGMENT).status_code == 200
        late = client.post(path, data={**form, **key, **other}, headers=FRAGMENT)
        assert late.status_code == 409 and "The response that counts is the one below." in late.text
    stored = [json.loads(value) for (value,) in rows(tmp_path, "value")]
    assert len(stored) == 1
    assert stored[0] == fields.get("place", [fields.get("answer")])


def test_the_order_of_steps_is_the_learners_own_and_the_rule_stands_beside_the_item(client: TestClient) -> None:
    pages = {client.get("/lessons/waiting/performance").text for _ in range(2)}
    steps = {tuple(re.findall(r'data-step="(\w+)"', page)) for page in pages}
    assert len(steps) == 1 and set(steps.pop()) == {"first", "second", "third"}
    page = pages.pop()
    for words in (
        "The share of all pairs that stand the right way round counts.",
        "It counts in full or not at all.",
        "Capitals do not count, nor do extra spaces.",
        "It counts only if every line is right",
        "times the share of your choices that are right.",
    ):
        assert words in page


def test_every_kind_comes_back_in_the_review(client: TestClient, tmp_path: Path) -> None:
    for item, fields in (
        ("number-item", {"answer": "32"}),
        ("order-item", {"place": ["third", "second", "first"]}),
        ("output-item", {"answer": "B"}),
    ):
        assert send(client, item, **fields).status_code == 200
    assert "3" in client.get("/review").text
    assert client.get("/analysis").status_code in (403, 404), "and nobody but an author sees who wrote what"

"""The marks that pages are filled by are the site's alone: nothing that is asked for or written by anybody is taken for one."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.routing import LIVE, routes
from tests.test_analysis_pages import author
from tests.test_regrade_pages import ITEM, PAGE, asked, lessons, read, stored
from tests.test_site import answer
from webapp.templating import inline_code

__all__ = ["lessons"]

MARKS = ("\x00hole:theme\x00", "\x00hole:nowhere\x00", "\x00")


@pytest.mark.parametrize("mark", MARKS, ids=repr)
def test_no_address_is_a_mark(app: FastAPI, client: TestClient, mark: str) -> None:
    """Every route, with the mark in the place of each part of its path: a page of the site, which says that there is nothing."""
    paths = {f"/{quote(mark)}"}
    for route in routes(app):
        if route.name not in LIVE:
            names = re.findall(r"\{[^}]+\}", route.path)
            paths |= {route.path.replace(name, quote(mark)) for name in names}
            paths.add(re.sub(r"\{[^}]+\}", quote(mark), route.path))
    assert len(paths) > 40
    told = {path: client.get(re.sub(r"\{[^}]+\}", "waiting", path)) for path in sorted(paths)}
    assert {path: reply.status_code for path, reply in told.items() if reply.status_code >= 500} == {}
    assert {path for path, reply in told.items() if "\x00" in reply.text} == set()


@pytest.mark.parametrize("mark", MARKS, ids=repr)
def test_what_a_learner_writes_is_no_mark_in_an_authors_page(lessons: Path, tmp_path: Path, mark: str) -> None:
    with read(lessons, tmp_path, next(asked())) as client:
        answer(client, "first-item", "c")
        assert client.post(f"{ITEM}/reports?from=performance", data={"problem": f"about {mark}"}).status_code == 200
        assert client.post(f"{ITEM}/reasons?from=performance", data={"why": f"because {mark}"}).status_code == 200
    assert stored(tmp_path, "SELECT count(*) FROM report") == stored(tmp_path, "SELECT count(*) FROM reason") == [(1,)]
    with author(lessons, tmp_path) as client:
        for path in (PAGE, "/analysis/waiting", "/analysis"):
            page = client.get(path)
            assert page.status_code == 200 and "\x00" not in page.text, path
        assert f"about {mark}".replace("\x00", "").strip() in client.get(PAGE).text


def test_a_text_that_is_put_into_a_page_leaves_its_marks_behind() -> None:
    assert str(inline_code("a `\x00hole:theme\x00` b\x00")) == "a <code>\ufffdhole:theme\ufffd</code> b\ufffd"

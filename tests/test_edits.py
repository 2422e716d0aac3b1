"""What an author is told of an edit, and that nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from tests.conftest import Served, serving
from tests.courses import write_course
from tests.perceived import perceive
from tests.processes import seconds_until
from webapp.app import create_app
from webapp.course.errors import CourseError
from webapp.edits import AWAITED_SECONDS, LONGEST_LINE, MOST, Edits
from webapp.settings import Settings

SECRET = "<b>Option b & co</b>"
WHY = "/lessons/waiting/why"
STRANGER = {"X-Forwarded-For": "192.0.2.1"}
PATIENCE_SECONDS = 60.0


# The edition


def test_an_error_is_told_with_the_lines_around_it_as_they_were_then(tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_text("".join(f"line {number}\n" for number in range(1, 11)))
    edits = Edits()
    before = edits.now
    edits.broken([CourseError(str(path), 5, "E04", "no option is right")], [CourseError(str(path), 1, "W07", "none")])
    path.write_text("")
    (mistake,), (warning,) = edits.now.errors, edits.now.warnings
    assert [(line.number, line.text, line.is_wrong) for line in mistake.source] == [
        (number, f"line {number}", number == 5) for number in range(2, 9)
    ]
    assert [line.number for line in warning.source] == [1, 2, 3, 4]
    assert edits.now.tag != before.tag and edits.now.course == before.course
    edits.served()
    assert (edits.now.errors, edits.now.warnings) == ((), ()) and edits.now.course != before.course
    edits.served([CourseError(str(path), 1, "W08", "no explanation")])
    assert edits.now.errors == () and [one.code for one in edits.now.warnings] == ["W08"]


def test_a_file_that_is_gone_or_no_text_is_told_without_source(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" + b"x" * (2 * LONGEST_LINE) + b"\r\nnext\n")
    paths = [tmp_path / "gone", tmp_path, tmp_path / "bytes"]
    edits = Edits()
    edits.broken(CourseError(str(path), 1, "E22", "is missing") for path in paths)
    gone, folder, binary = edits.now.errors
    assert (gone.source, folder.source) == ((), ())
    assert [len(line.text) for line in binary.source] == [LONGEST_LINE, 4, 0]


def test_of_very_many_errors_the_number_is_told(tmp_path: Path) -> None:
    edits = Edits()
    edits.broken(CourseError("lesson.md", line, "E04", "wrong") for line in range(1, 101))
    assert (len(edits.now.errors), edits.now.count) == (MOST, 100)


def test_edits_are_awaited_for_a_while_after_a_page_has_asked() -> None:
    now = [0.0]
    edits = Edits(lambda: now[0])
    assert not edits.is_awaited()
    edits.asked()
    assert edits.is_awaited()
    now[0] = AWAITED_SECONDS
    assert not edits.is_awaited()


# Who is told


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return write_course(tmp_path / "course")


@pytest.fixture
def site(tmp_path: Path, course: Path) -> Iterator[Served]:
    with serving(tmp_path / "data", course, "--own-code", module="tests.quick_site") as site:
        yield site


def get(site: Served, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def test_an_author_is_told_and_nobody_else_is(site: Served, course: Path) -> None:
    lesson = course / "waiting" / "lesson.md"
    status, headers, _ = get(site, "/edits")
    known = headers["etag"]
    assert (status, get(site, "/edits", If_None_Match=known)[0]) == (200, 304)
    lesson.write_text(lesson.read_text().replace("- [x] Option b", f"- [ ] {SECRET}"))
    assert seconds_until(lambda: get(site, "/edits", If_None_Match=known)[0] == 200, at_most=PATIENCE_SECONDS)

    _, headers, panel = get(site, "/edits")
    assert (headers["cache-control"], SECRET in panel) == ("private, no-cache", False)
    told = perceive(get(site, WHY)[2]).one("complementary", "Errors of the last edit")
    assert SECRET in told.text and f"{lesson}:" in told.text and "E04" in told.text

    for path in ("/", WHY, "/lessons/waiting/performance", "/progress", "/glossary", "/no-such-page", "/readyz"):
        for headers in (STRANGER, {**STRANGER, "If-None-Match": known}):
            text = get(site, path, **headers)[2]
            assert "course-edits" not in text and "E04" not in text and str(lesson) not in text, path
    assert get(site, "/edits", **STRANGER)[0] == 404
    assert "E04" not in get(site, "/edits", **STRANGER)[2]


def test_where_nobody_is_an_author_no_page_asks(tmp_path: Path, course: Path) -> None:
    app = create_app(Settings(data=tmp_path / "data", lessons=course, watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        lesson = course / "waiting" / "lesson.md"
        lesson.write_text(lesson.read_text().replace("- [x] Option b", f"- [ ] {SECRET}"))
        app.state.watch.look(), app.state.watch.look()
        assert app.state.site.edits.now.errors
        for path in ("/", WHY, "/progress"):
            assert "course-edits" not in client.get(path).text
        assert client.get("/edits").status_code == 404


def test_a_program_is_that_of_the_course_that_is_served(tmp_path: Path, course: Path) -> None:
    app = create_app(Settings(data=tmp_path / "data", lessons=course, watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        path, text = "/lessons/waiting/files/quick.py", (course / "waiting" / "quick.py").read_text()
        answer = client.get(path)
        assert (answer.text, answer.headers["content-disposition"]) == (text, 'attachment; filename="quick.py"')
        assert client.get(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
        (course / "waiting" / "quick.py").unlink()
        app.state.watch.look(), app.state.watch.look()
        assert client.get(path).text == text

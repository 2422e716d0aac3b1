"""`interleave export`: whole files or none, nothing written over by accident, and a site that goes on writing meanwhile."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from quiz import grades, ledger
from quiz.interchange import gift_writer
from tests.classes import class_before, course_of, respond, token
from tests.conftest import SMALL, on_both
from webapp.answered import answered
from webapp.cli import cli
from webapp.database import FILE, Database
from webapp.settings import OperatorError
from webapp.snapshot import snapshot
from webapp.written_file import write_file

LEARNERS = 6
NOTHING_SET = {"INTERLEAVE_DATA": "", "INTERLEAVE_LESSONS": "", "INTERLEAVE_DATABASE": ""}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a class that nobody serves any more."""
    folder = tmp_path_factory.mktemp("class")
    class_before(folder, SMALL, learners=LEARNERS, whole=3)
    return folder


def export(*arguments: str | Path, data: Path | None = None) -> Result:
    options = ["--data", str(data)] if data is not None else []
    given = ["export", *map(str, arguments), "--lessons", str(SMALL), *options]
    return CliRunner().invoke(cli, given, env=NOTHING_SET)


def said(result: Result) -> str:
    """The one sentence that a command gave up with."""
    assert result.exit_code == 1, result.output
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr.strip()


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_every_response_is_a_row(data: Path) -> None:
    result = export("responses", data=data)
    assert result.exit_code == 0, result.output
    header, *rows = table(result.stdout_bytes.decode())
    with snapshot(data) as session:
        stored = list(ledger.entries(session, course=course_of(SMALL).id))
    assert len(rows) == len(stored) > LEARNERS
    assert {row[header.index("learner")] for row in rows} == {entry.learner for entry in stored}
    assert [float(row[header.index("fraction")]) for row in rows] == [entry.fraction for entry in stored]


def test_the_gradebook_takes_names_from_a_roster_and_tells_who_is_not_in_it(data: Path, tmp_path: Path) -> None:
    with snapshot(data) as session:
        learners = sorted({entry.learner for entry in ledger.entries(session, course=course_of(SMALL).id)})
    roster = tmp_path / "roster.csv"
    roster.write_text(f"id,name,sis id,login,section\n{learners[0]},Ada,0123456,ada,Tuesday\nnobody,Zoe,,,\n")
    result = export("gradebook", "--roster", roster, data=data)
    assert result.exit_code == 0, result.output
    header, possible, *rows = table(result.stdout_bytes.decode())
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert header[5:] == [lesson.title for lesson in course_of(SMALL).lessons if lesson.items]
    assert possible[0].strip() == "Points Possible"
    assert rows[0][:5] == ["Ada", "", "0123456", "ada", "Tuesday"]
    assert [row[3] for row in rows[1:]] == learners[1:]
    told = result.stderr.splitlines()
    assert f"{learners[1]} has marks and is not in the roster" in told
    assert "nobody is in the roster and has no mark" in told


def test_the_marks_are_those_of_the_gradebook_that_the_site_keeps(data: Path) -> None:
    header, possible, *rows = table(export("gradebook", data=data).stdout_bytes.decode())
    course = course_of(SMALL)
    with snapshot(data) as session:
        kept = grades.rows(session, course.id)
    titles = {lesson.id: lesson.title for lesson in course.lessons}
    found = {
        (row[0], title): float(cell)
        for row in rows
        for title, cell in zip(header[5:], row[5:], strict=True)
        if cell != ""
    }
    assert found == {(one.learner, titles[one.quiz]): pytest.approx(one.mark) for one in kept}
    assert len(kept) > LEARNERS and any(one.mark for one in kept)
    assert all(float(cell) > 0 for cell in possible[5:])


@on_both
def test_whatever_is_written_is_read_from_either_database(
    tmp_path: Path, addresses: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "AT_ONCE", 3)  # several fetches, with other statements in between
    address, course = addresses(), course_of(SMALL)
    class_before(tmp_path, SMALL, learners=4, whole=2, address=address)
    place = ["--database", address] if address else ["--data", tmp_path]
    with snapshot(tmp_path, address) as session:
        stored = list(ledger.entries(session, course=course.id))
        kept = grades.rows(session, course.id)
    assert len(stored) > ledger.AT_ONCE and kept

    rows = table(written(export("responses", *place)))
    assert [row[0] for row in rows[1:]] == [entry.learner for entry in stored]
    said = [json.loads(line)["verb"]["display"]["en"] for line in written(export("xapi", *place)).splitlines()]
    assert said.count("answered") == len(stored)
    assert {row[0] for row in table(written(export("gradebook", *place)))[2:]} == {entry.learner for entry in kept}
    told = answered(tmp_path, course, database=address)
    assert sum(learners for _, learners in told.facilities.values()) == len(stored)
    checked = CliRunner().invoke(cli, ["check", "--lessons", str(SMALL), *map(str, place)], env=NOTHING_SET)
    assert checked.exit_code == 0, checked.output


def written(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.decode()


def test_an_address_that_names_no_database_is_one_sentence() -> None:
    assert "is no PostgreSQL database: give one as" in said(export("responses", "--database", "mysql://host/name"))
    checked = CliRunner().invoke(cli, ["check", "--lessons", str(SMALL), "--database", "x"], env=NOTHING_SET)
    assert "is no PostgreSQL database: give one as" in said(checked)


def test_moodle_gets_its_own_header(data: Path) -> None:
    header, *rows = table(export("gradebook", "--for", "moodle", data=data).stdout_bytes.decode())
    assert header[:3] == ["Full name", "ID number", "Username"]
    assert {len(row) for row in rows} == {len(header)}


def test_statements_are_one_a_line_and_the_same_the_next_time(data: Path) -> None:
    first = export("xapi", "--site", "https://course.example/", data=data)
    assert first.exit_code == 0, first.output
    found = [json.loads(line) for line in first.stdout_bytes.decode().splitlines()]
    assert {one["actor"]["account"]["homePage"] for one in found} == {"https://course.example"}
    assert not any("correctResponsesPattern" in one["object"]["definition"] for one in found)
    assert export("xapi", "--site", "https://course.example/", data=data).stdout_bytes == first.stdout_bytes
    keyed = export("xapi", "--with-keys", data=data).stdout_bytes.decode()
    assert "correctResponsesPattern" in keyed


def test_a_package_holds_the_course_and_needs_no_data(tmp_path: Path) -> None:
    out = tmp_path / "course.zip"
    result = export("qti", "--out", out)
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
    items = [item for lesson in course_of(SMALL).lessons for item in lesson.items if item.measured is None]
    assert {f"items/{item.id}.xml" for item in items} <= names
    assert f"{len(items)} question" in result.stderr
    before = out.read_bytes()
    assert said(export("qti", "--out", out)) == (
        f"{out} is there already: give another file with --out, or --force to write over it."
    )
    assert export("qti", "--out", out, "--force").exit_code == 0
    assert out.read_bytes() == before


def test_gift_holds_every_question_that_it_can_and_tells_what_it_cannot() -> None:
    result = export("gift")
    assert result.exit_code == 0, result.output
    items = [item for lesson in course_of(SMALL).lessons for item in lesson.items]
    made = gift_writer.write(items)
    assert result.stdout_bytes.decode() == made.text
    assert all(f"[id:{item.id}]" in made.text for item in items if item.given == "chosen")
    assert len(result.stderr.splitlines()) == len(made.left_out)


def test_what_cannot_be_is_one_sentence(data: Path, tmp_path: Path) -> None:
    assert said(export("responses", data=tmp_path)) == (
        f"There is no database in {tmp_path}: give the data folder of a site with --data."
    )
    assert said(export("qti", "--out", "-")) == "A package is no text: give a file with --out."
    assert said(export("xapi", "--site", "course.example", data=data)).startswith("course.example is no address")
    assert said(export("gradebook", "--roster", tmp_path / "none.csv", data=data)).startswith(
        f"The roster {tmp_path / 'none.csv'} cannot be read (no such file or directory)"
    )
    nowhere = tmp_path / "no" / "folder.csv"
    assert said(export("responses", "--out", nowhere, data=data)) == (
        f"{nowhere} cannot be written (no such file or directory): give another file with --out."
    )


def test_a_course_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["export", "responses", "--lessons", str(tmp_path / "nowhere")])
    assert said(result) == f"There is no lesson folder {tmp_path / 'nowhere'}: give one with --lessons."


def test_a_database_of_another_schema_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    assert "has schema 9999 and this Interleave reads" in said(export("responses", data=tmp_path))


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not a database, and long enough to be looked at as one" * 100)
    assert said(export("responses", data=tmp_path)).startswith(f"The database {tmp_path / FILE} cannot be read")


def test_an_export_sees_one_moment_and_keeps_no_writer_waiting(tmp_path: Path) -> None:
    class_before(tmp_path, SMALL, learners=2, whole=0)
    course = course_of(SMALL)
    database = Database(tmp_path)
    try:
        with snapshot(tmp_path) as session:
            found = ledger.entries(session, course=course.id)
            first = next(found)
            answers = {item.id: item.solution for item in course.lessons[0].items[:1]}
            late = database.write_now(
                lambda writing: respond(writing, course, answers, token=token(), at=datetime.now(UTC))
            )
            assert late not in {first.learner, *(entry.learner for entry in found)}
        with snapshot(tmp_path) as session:
            assert late in {entry.learner for entry in ledger.entries(session, course=course.id)}
    finally:
        database.close()


def test_nothing_is_written_into_the_database_by_an_export(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with pytest.raises(OperatorError, match="readonly database"), snapshot(tmp_path) as session:
        session.execute(text("DELETE FROM erasure"))


# Files


def parts(*texts: bytes, fails: bool = False) -> Iterator[bytes]:
    yield from texts
    if fails:
        raise RuntimeError("half of it")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(RuntimeError):
        write_file(target, parts(b"half", fails=True), force=True)
    assert (target.read_text(), os.listdir(tmp_path)) == ("before", ["out.csv"])
    write_file(target, parts(b"a", b"b"), force=True)
    assert target.read_text() == "ab"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_of_two_that_write_one_file_one_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"

    def meanwhile() -> Iterator[bytes]:
        write_file(target, [b"the other"], force=False)
        yield b"late"

    with pytest.raises(OperatorError, match="is there already"):
        write_file(target, meanwhile(), force=False)
    assert (target.read_text(), os.listdir(tmp_path)) == ("the other", ["out.csv"])


@pytest.mark.parametrize(
    ("standard_output", "why"),
    [("> /dev/full", "cannot be written (no space left on device)"), (">&-", "is closed")],
)
def test_a_standard_output_that_takes_nothing_is_one_sentence(standard_output: str, why: str) -> None:
    shell = ["/bin/sh", "-c", f'exec "$@" {standard_output}', "sh"]
    command = [sys.executable, "-m", "webapp", "export", "gift", "--lessons", str(SMALL)]
    done = subprocess.run([*shell, *command], stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, f"The standard output {why}: give a file with --out.\n")

"""The command line: what an operator does wrong is one sentence and exit code 1, never a traceback."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL, command, environment, serving
from tests.courses import write_course
from tests.processes import PROCESS_SECONDS
from webapp.database import FILE, Database
from webapp.settings import DEFAULT_PORT, OperatorError, from_environment

WATCH_SECONDS = 60
"""An edit shows within two looks of a second each; a machine that is busy with other tests gets more."""


def run(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=PROCESS_SECONDS,
        env=environment(**variables),
        cwd=cwd,
    )


def refused(answer: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that a command gave up with."""
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr
    return answer.stderr.strip()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(run("serve", "--port", str(port), "--data", str(tmp_path), "--lessons", str(SMALL)))
    assert said == f"Port {port} on 127.0.0.1 is taken: stop what uses it, or give another with --port."


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    said = refused(run("serve", "--port", "0", "--data", str(tmp_path / "data"), "--lessons", str(SMALL)))
    assert said.startswith(f"The data folder {tmp_path / 'data'} cannot be written")
    assert said.endswith("give another with --data, or change its permissions.")


@pytest.mark.parametrize("action", ["serve", "check"])
def test_a_missing_lesson_folder_is_named(tmp_path: Path, action: str) -> None:
    said = refused(run(action, "--lessons", str(tmp_path / "nowhere"), cwd=tmp_path))
    assert said == f"There is no lesson folder {tmp_path / 'nowhere'}: give one with --lessons."


def test_a_folder_that_is_no_course_is_named(tmp_path: Path) -> None:
    said = refused(run("check", "--lessons", str(tmp_path)))
    assert said == f"The folder {tmp_path} has no course.toml, so it is no course: give another with --lessons."


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    newer = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    said = refused(run("serve", "--port", "0", "--data", str(tmp_path), "--lessons", str(SMALL)))
    assert "was made by a newer Interleave (schema 9999)" in said


def test_a_broken_course_does_not_start_and_check_gives_the_same_list(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(SMALL, course)
    first = sorted(path for path in course.iterdir() if path.is_dir())[0] / "lesson.md"
    first.write_text(first.read_text() + "\n/// qustion | Misspelt\n///\n")
    served = run("serve", "--port", "0", "--data", str(tmp_path / "data"), "--lessons", str(course))
    checked = run("check", "--lessons", str(course))
    assert (served.returncode, checked.returncode) == (1, 1)
    errors = [line for line in checked.stdout.splitlines() if f"{first}:" in line]
    assert errors and all(error in served.stderr for error in errors)
    assert "Traceback" not in served.stderr + checked.stderr


def test_a_good_course_passes_its_check() -> None:
    answer = run("check", "--lessons", str(SMALL))
    assert (answer.returncode, "0 errors" in answer.stdout) == (0, True)


def test_the_version_is_said() -> None:
    assert run("version").stdout.startswith("Interleave ")


def test_an_option_wins_over_its_variable_and_that_over_port() -> None:
    assert from_environment({}).port == DEFAULT_PORT
    assert from_environment({}).measure and not from_environment({"INTERLEAVE_MEASURE": "0"}).measure
    assert from_environment({"PORT": "81"}).port == 81
    assert from_environment({"PORT": "81", "INTERLEAVE_PORT": "82"}).port == 82
    assert from_environment({"PORT": "81", "INTERLEAVE_PORT": "82"}, port=83).port == 83
    settings = from_environment(
        {"INTERLEAVE_DATA": "/d", "INTERLEAVE_LESSONS": "/l", "INTERLEAVE_HOSTS": "A.example, b"}
    )
    assert (settings.data, settings.lessons, settings.hosts) == (Path("/d"), Path("/l"), ("a.example", "b"))


@pytest.mark.parametrize("port", ["eighty", "70000", "-1", "٣"])
def test_a_variable_that_is_no_port_is_named(port: str) -> None:
    with pytest.raises(OperatorError, match="is no port"):
        from_environment({"PORT": port})


def test_the_data_folder_is_made_at_the_first_start_and_the_site_ends_when_told(tmp_path: Path) -> None:
    with serving(tmp_path / "made" / "here") as site:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=WATCH_SECONDS) as answer:
            assert answer.status == 200
        site.process.send_signal(signal.SIGINT)
        assert site.process.wait(WATCH_SECONDS) == 0
    assert (tmp_path / "made" / "here" / FILE).exists()


def test_an_edit_is_taken_up_and_a_broken_one_leaves_the_course_and_goes_to_the_terminal(tmp_path: Path) -> None:
    lessons = write_course(tmp_path / "lessons")
    text = (lessons / "waiting" / "lesson.md").read_text()

    with serving(tmp_path / "data", lessons) as site:

        def page(path: str) -> str:
            with urllib.request.urlopen(site.url + path, timeout=WATCH_SECONDS) as answer:
                return str(answer.read(), "utf-8")

        def until(path: str, words: str) -> None:
            end = time.monotonic() + WATCH_SECONDS
            while words not in page(path):
                assert time.monotonic() < end, f"{words!r} never came to {path}"
                time.sleep(0.1)

        assert "Because." in page("/lessons/waiting/why")
        (lessons / "waiting" / "lesson.md").write_text(text.replace("Because.", "For a better reason."))
        until("/lessons/waiting/why", "For a better reason.")

        (lessons / "waiting" / "lesson.md").write_text(text.replace("- [x]", "- [ ]"))
        until("/readyz", '"degraded":["course"]')
        assert "For a better reason." in page("/lessons/waiting/why")

        (lessons / "waiting" / "lesson.md").write_text(text.replace("Because.", "For the last reason."))
        until("/lessons/waiting/why", "For the last reason.")
        until("/readyz", '"degraded":[]')
        site.process.send_signal(signal.SIGINT)
        assert site.process.stdout is not None
        said = site.process.stdout.read()
    assert re.search(rf"{re.escape(str(lessons / 'waiting' / 'lesson.md'))}:\d+: E04 ", said), said

"""What tests share: the site over a small course, as the application itself and as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine
from starlette.testclient import TestClient

from tests import postgres
from tests.builders import furnish_server, quiz_database
from tests.postgres import Cluster
from webapp import engines
from webapp.app import create_app
from webapp.database import Database
from webapp.labs import trace
from webapp.settings import Settings

# A busy machine is no fault of a property, and what fails here fails everywhere: HYPOTHESIS_PROFILE=search looks for new examples.
hypothesis_settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("search", hypothesis_settings.get_profile("same"), derandomize=False)
# `--hypothesis-profile=few` is for tests that run again and again, as those of `make mutate` and of the coverage do.
hypothesis_settings.register_profile(
    "few",
    hypothesis_settings.get_profile("same"),
    max_examples=12,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

ROOT = Path(__file__).parent.parent
SMALL = ROOT / "tests" / "data" / "small"
SHIPPED = ROOT / "lessons"
START_SECONDS = 30
DATABASES = ("sqlite", "postgresql") if postgres.programs() else ("sqlite",)
on_both = pytest.mark.parametrize("addresses", DATABASES, indirect=True, scope="module")
"""A test of a site that is made with `database=addresses()`, as `app` is."""


@dataclass(frozen=True)
class Served:
    """A site in a process of its own."""

    url: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """This process's PostgreSQL server."""
    bin = postgres.programs()
    if bin is None:
        pytest.skip(postgres.ADVICE)
    with postgres.running(bin) as cluster:
        yield cluster


@pytest.fixture(params=DATABASES)
def quiz_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Opens databases with the quiz engine's tables and no rows, on SQLite and on PostgreSQL; a new one ends the one before."""
    with ExitStack() as opened:

        def on_sqlite() -> Engine:
            engine = quiz_database(tmp_path / f"quiz-{len(list(tmp_path.iterdir()))}.db")
            opened.callback(engine.dispose)
            return engine

        def on_postgresql() -> Engine:
            opened.close()  # one at a time, the same one, empty again
            address = opened.enter_context(request.getfixturevalue("cluster").lent(furnish_server))
            return opened.enter_context(closing(engines.of_server(address))).writing

        yield on_sqlite if request.param == "sqlite" else on_postgresql


@pytest.fixture
def engine(quiz_databases: Callable[[], Engine]) -> Engine:
    return quiz_databases()


@pytest.fixture(scope="module")
def addresses(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Names databases for sites, each without a row: on PostgreSQL where a test is `on_both`, else in the data folder."""
    with ExitStack() as opened:

        def on_postgresql() -> str:
            cluster: Cluster = request.getfixturevalue("cluster")
            return opened.enter_context(cluster.lent(migrated))

        yield on_postgresql if getattr(request, "param", "sqlite") == "postgresql" else str


def migrated(address: str) -> None:
    with TemporaryDirectory() as folder:
        Database(Path(folder), address).close()


@pytest.fixture
def app(tmp_path: Path, addresses: Callable[[], str]) -> FastAPI:
    return create_app(Settings(data=tmp_path / "data", database=addresses(), lessons=SMALL, watch=False))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def calm() -> Iterator[None]:
    """Nobody else is at work on this machine, so that no run is disturbed and each decides what it may decide."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "company", lambda **_: False)
        yield


def command(*arguments: str, module: str = "webapp") -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def environment(**variables: str) -> dict[str, str]:
    """The test's environment without what the site would read from it, and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLEAVE_") and name != "PORT"}
    return {**kept, "PYTHONPATH": str(ROOT), "INTERLEAVE_MEASURE": "0", **variables}


@contextmanager
def serving(
    data: Path, lessons: Path = SMALL, *options: str, port: int = 0, module: str = "webapp"
) -> Iterator[Served]:
    """The site as its operator starts it, on a free port; it is ended by its process id, whatever happens."""
    process = subprocess.Popen(
        command("serve", "--port", str(port), "--data", str(data), "--lessons", str(lessons), *options, module=module),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    try:
        yield Served(_address(process), process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    """The URL that the site prints once it listens."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://\S+", line):
            return found.group()
    raise AssertionError(f"the site did not start: {''.join(said)}")

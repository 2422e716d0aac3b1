"""Sites that start warm: a process that has imported the site once forks one for each line of arguments that it is told.

What is forked is the command line's own process, `interleave serve`, with everything that it starts; only its imports are done
already. It says its process id, then what the site says. It runs in the environment of the process it came from.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, command, environment
from tests.processes import seconds_until

GONE_SECONDS = 30.0


@dataclass
class Starter:
    process: subprocess.Popen[str]
    running: int | None = None
    """The process id of the site that is on."""

    def start(self, data: Path, lessons: Path, *options: str) -> str:
        """The address of the site."""
        assert self.process.stdin is not None and self.process.stdout is not None
        arguments = ["serve", "--port", "0", "--data", str(data), "--lessons", str(lessons), *options]
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()
        self.running = int(self.process.stdout.readline())
        said = self.process.stdout.readline()
        address = re.search(r"http://\S+", said)
        assert address, said
        return address.group()

    def kill(self) -> None:
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.kill(self.running, signal.SIGKILL)
            assert seconds_until(self._is_gone, at_most=GONE_SECONDS) is not None
            self.running = None

    def _is_gone(self) -> bool:
        assert self.running is not None
        try:
            os.kill(self.running, 0)
        except ProcessLookupError:
            return True
        return False


@contextmanager
def starter() -> Iterator[Starter]:
    with subprocess.Popen(
        command(module="tests.warm"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    ) as process:
        warm = Starter(process)
        try:
            yield warm
        finally:
            warm.kill()
            process.kill()


def main() -> None:
    import webapp.app
    import webapp.cli

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever is killed is nobody's to collect
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.stdout.write(f"{os.getpid()}\n")
            sys.stdout.flush()
            webapp.cli.cli(json.loads(line))
            os._exit(0)


if __name__ == "__main__":
    main()

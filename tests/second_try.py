"""Give what failed beside others a second try, alone: `python -m tests.second_try STATUS OPTIONS`, with what pytest ended with.

Some hundred of the tests start real processes and a real browser on a machine that may be busy with anything. A test that fails
again, alone, fails; more failures than a busy machine explains are not tried again. What passed only alone is named at the end: it
is a fault of the test or of the program all the same, to be mended, but not a reason to call a change wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FAILED = 1
"""pytest's status where tests ran and some failed; every other one says that the run itself went wrong."""
FEW = 4
NOTED = Path(".pytest_cache/v/cache/lastfailed")


def again(status: int, options: Sequence[str] = (), *, folder: Path = Path()) -> int:
    """The status of the whole: `status` itself, or that of the second try of the few tests that failed in `folder`."""
    if status != FAILED:
        return status
    failed = sorted(json.loads((folder / NOTED).read_text()))
    if len(failed) > FEW:
        return status
    print(f"\nOnce more, alone: {len(failed)} of the tests failed beside others.", flush=True)
    alone = [sys.executable, "-m", "pytest", *options, "-n", "0", "--last-failed", "--last-failed-no-failures", "none"]
    second = subprocess.run(alone, cwd=folder, check=False).returncode
    if second == 0:
        print("Passed alone, failed beside others, and so to be mended: " + ", ".join(failed), flush=True)
    return second


if __name__ == "__main__":
    sys.exit(again(int(sys.argv[1]), sys.argv[2:]))

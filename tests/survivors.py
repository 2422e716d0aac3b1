"""Changes of the engine that no test minds, held against those of which it is said why: the last step of `make mutate`.

`tests/data/survivors.toml` names each by its line, before and after, and not by mutmut's numbers, which move with every edit. Ends
with an error where a change is not explained, where an explained one is minded by now, and where some were not reached in the time:
the next `make mutate` goes on where this one stopped, unless the text of the engine or of a test is another by then.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

EXPLAINED = ROOT / "tests" / "data" / "survivors.toml"
MUTMUT = Path(sys.executable).with_name("mutmut")
UNREACHED = "not checked"
MINDED = ("killed", "timeout", "caught by type check")


@dataclass(frozen=True, slots=True, order=True)
class Change:
    module: str
    was: str
    now: str


def main() -> int:
    outcomes = read_outcomes(_mutmut("results"))
    changes = {name: read_change(name, _mutmut("show", name)) for name in survivors(outcomes)}
    problems = judge(outcomes, changes, read_explained(EXPLAINED.read_text()))
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(changes)} changes that no test minds, {len(problems)} to look at\n")
    return 1 if problems else 0


def read_outcomes(told: str) -> dict[str, str]:
    """By mutant: what `mutmut results` says, which leaves the killed ones out."""
    lines = (line.strip().rpartition(": ") for line in told.splitlines())
    return {name: outcome for name, _, outcome in lines if name}


def survivors(outcomes: Mapping[str, str]) -> list[str]:
    return [name for name, outcome in outcomes.items() if outcome not in (UNREACHED, *MINDED)]


def read_change(name: str, diff: str) -> Change:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    was, now = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(name.rsplit(".", 1)[0], was, now)


def read_explained(text: str) -> set[Change]:
    return {
        Change(entry["module"], entry["was"], now) for entry in tomllib.loads(text)["equal"] for now in entry["now"]
    }


def judge(outcomes: Mapping[str, str], changes: Mapping[str, Change], explained: Iterable[Change]) -> list[str]:
    """What is to be looked at, a line each."""
    explained = set(explained)
    found = [
        f"{name}: {outcomes[name]}\n  - {change.was}\n  + {change.now}"
        for name, change in changes.items()
        if change not in explained
    ]
    if unreached := sum(outcome == UNREACHED for outcome in outcomes.values()):
        return [*found, f"{unreached} changes were not reached: `make mutate` goes on there"]
    minded = sorted(explained - set(changes.values()))
    return [*found, *(f"explained, and minded or gone by now: {one.module}\n  + {one.now}" for one in minded)]


def _mutmut(*arguments: str) -> str:
    done = subprocess.run([MUTMUT, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

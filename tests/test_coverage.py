"""Every branch of the modules that decide on numbers is taken by their own tests, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, environment

ANALYSIS = ("moments", "analysis", "distractors", "misconceptions", "findings", "sheets")
SCORES = (
    *("kinds", "options", "numeric", "texts", "outputs", "written", "responses", "scoring", "fitting", "regrading"),
    *("rules", "tries", "taking", "certainty", "policies", "quizzes", "grades"),
)
QUESTIONS = (
    *("items", "measured", "questions", "declarations", "keys", "choices", "steps", "answers", "printed"),
    *("sections", "predict_blocks", "blocks", "names", "notation"),
)
TESTS = (
    *("analysis", "findings", "sheets"),
    *("written", "kinds", "scoring", "fitting", "regrading", "rules", "tries", "certainty", "policies", "quizzes"),
    *("grades", "items", "questions", "predict_blocks"),
)
WAIVERS = "tests/test_lints.py::test_what_is_no_list_of_codes_is_refused"
LEFT_OUT = ("moodle", "canvas", "whatever", "any_steps", "postgresql")
"""Oracles from elsewhere, what chance reaches, and a second database: none of them may be what takes a branch."""
SECONDS = 300


def test_they_are_covered_branch_by_branch_without_chance_or_any_oracle_from_elsewhere(tmp_path: Path) -> None:
    files = sorted(f"quiz/{name}.py" for name in (*ANALYSIS, *SCORES, *QUESTIONS))
    data, report = tmp_path / "coverage", tmp_path / "report.json"
    tests = (*(f"tests/test_{name}.py" for name in TESTS), WAIVERS)
    chosen = ("--hypothesis-profile=few", "-k", " and ".join(f"not {word}" for word in LEFT_OUT))
    measured = ("run", "--branch", f"--include={','.join(files)}", f"--data-file={data}")
    run("coverage", *measured, "-m", "pytest", "-q", *chosen, *tests)
    run("coverage", "json", f"--data-file={data}", "-q", "-o", str(report))

    found = json.loads(report.read_text())["files"]

    assert sorted(found) == files
    left = {name: (file["missing_lines"], file["missing_branches"]) for name, file in found.items()}
    assert {name: missing for name, missing in left.items() if any(missing)} == {}


def run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr

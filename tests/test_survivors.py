"""What `make mutate` calls a fault: a change that no test minds and nobody explains, and an explanation that is out of date."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.survivors import EXPLAINED, Change, judge, read_change, read_explained, read_outcomes, survivors

DIFF = """# quiz.scoring.x__pairs__mutmut_16: survived
--- quiz/scoring.py
+++ quiz/scoring.py
@@ -1,3 +1,3 @@
 def _pairs(item: Item) -> float:
-    return sum(place[first] < place[then])
+    return sum(place[first] <= place[then])
"""
NAME = "quiz.scoring.x__pairs__mutmut_16"
CHANGE = Change("quiz.scoring", "return sum(place[first] < place[then])", "return sum(place[first] <= place[then])")


@pytest.mark.parametrize(
    ("outcome", "explained", "words"),
    [
        ("survived", [], [NAME, "place[first] <= place[then]"]),
        ("survived", [CHANGE], []),
        ("no tests", [], [NAME]),
        ("timeout", [], []),
        ("timeout", [CHANGE], ["minded or gone by now"]),
        ("not checked", [], ["1 changes were not reached"]),
    ],
)
def test_a_change_that_no_test_minds_is_explained_or_looked_at(
    outcome: str, explained: list[Change], words: list[str]
) -> None:
    outcomes = read_outcomes(f"    {NAME}: {outcome}\n")
    changes = {name: read_change(name, DIFF) for name in survivors(outcomes)}

    problems = judge(outcomes, changes, explained)

    assert len(problems) == (1 if words else 0)
    assert all(word in problem for problem in problems for word in words)


def test_every_explanation_is_of_a_line_that_is_there() -> None:
    """Of lines that one edit broke in two, the beginning."""
    for change in read_explained(EXPLAINED.read_text()):
        source = " ".join((ROOT / f"{change.module.replace('.', '/')}.py").read_text().split())
        assert change.was in source, change
        assert change.now != change.was

"""What CONTRIBUTING.md shows of the engine is what comes out of it."""

from __future__ import annotations

import doctest
import re

from tests.conftest import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
SESSION = re.compile(r"^```pycon\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL)
LINES = 10


def test_the_engine_makes_scores_and_analyses_an_item_in_ten_lines() -> None:
    (session,) = SESSION.finditer(TEXT)
    shown = doctest.DocTestParser().get_doctest(
        session["text"], {}, "CONTRIBUTING", "CONTRIBUTING.md", TEXT.count("\n", 0, session.start("text"))
    )
    said: list[str] = []

    outcome = doctest.DocTestRunner(verbose=False).run(shown, out=said.append)

    assert outcome.failed == 0, "".join(said)
    assert len(shown.examples) == outcome.attempted == LINES

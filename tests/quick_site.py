"""`python -m tests.quick_site serve …`: the site as its operator starts it, but it looks at the lessons fifty times a second. For
tests of many edits."""

from __future__ import annotations

import webapp.app

LOOK_SECONDS = 0.02

if __name__ == "__main__":
    from webapp.cli import cli

    webapp.app.WATCH_SECONDS = webapp.app.AWAITED_WATCH_SECONDS = LOOK_SECONDS
    cli()

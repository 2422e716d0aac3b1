"""`python -m tests.calm_site serve …`: the site as its operator starts it, on a machine where nobody else is ever at work. For
tests of what comes of runs: a crowded machine disturbs all of them, and a disturbed run decides nothing."""

from __future__ import annotations

if __name__ == "__main__":
    from webapp.cli import cli
    from webapp.labs import trace

    trace.company = lambda **_: False
    cli()

"""Who runs now and who waits. Pure: names of runs and their cost, no process, no clock.

First come, first served, and nothing overtakes: a run that computes is let in when it would be alone and nothing is let in beside
it, while runs that wait go side by side up to a limit. Because the head of the line is never overtaken, the longest wait is bounded
by the runs ahead.
"""

from __future__ import annotations

from webapp.labs.lab import Cost


class Line:
    def __init__(self, *, waiting_at_once: int) -> None:
        self.waiting_at_once = waiting_at_once
        self.waiting: dict[str, Cost] = {}
        self.running: dict[str, Cost] = {}

    def join(self, run_id: str, cost: Cost) -> None:
        self.waiting[run_id] = cost

    def leave(self, run_id: str) -> None:
        """Ended, or gone from the line before its turn."""
        self.waiting.pop(run_id, None)
        self.running.pop(run_id, None)

    def admit(self) -> list[str]:
        """Let in as many from the head of the line as may run now."""
        admitted = []
        while self.waiting:
            run_id, cost = next(iter(self.waiting.items()))
            if not self._may_run(cost):
                break
            self.running[run_id] = self.waiting.pop(run_id)
            admitted.append(run_id)
        return admitted

    def position(self, run_id: str) -> int | None:
        """The place in the line, from 1; None once it runs."""
        return next((place for place, waiting in enumerate(self.waiting, 1) if waiting == run_id), None)

    def _may_run(self, cost: Cost) -> bool:
        if cost is Cost.CPU:
            return not self.running
        return Cost.CPU not in self.running.values() and len(self.running) < self.waiting_at_once

"""Where the mean request of a run spent its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webapp.views.runs import RunView

Stage = Literal["handling", "scheduling", "execution"]


@dataclass(frozen=True, slots=True)
class Stages:
    """Where the mean answered request of a run spent its time, in seconds."""

    handling: float
    """From the handler's last line to the answer. The arrival cannot be told from the wait after it, and counts there."""
    scheduling: float
    """Sent, but not yet in its handler: waiting for the loop or for a token."""
    execution: float
    """Between the handler's first and last line."""

    @property
    def total(self) -> float:
        return self.handling + self.scheduling + self.execution

    @property
    def bottleneck(self) -> Stage:
        return max(("scheduling", "execution", "handling"), key=self.seconds)

    def seconds(self, stage: Stage) -> float:
        return {"handling": self.handling, "scheduling": self.scheduling, "execution": self.execution}[stage]

    def share(self, stage: Stage) -> float:
        """Of the whole, from 0 to 1."""
        return self.seconds(stage) / self.total if self.total else 0.0


def stages(run: RunView) -> Stages | None:
    """The mean over the requests that were answered; None where none was."""
    parts = [
        (
            max(0.0, row.done - row.handler_end),
            max(0.0, row.handler_start - row.sent),
            max(0.0, row.handler_end - row.handler_start),
        )
        for row in run.rows
        if row.sent is not None
        and row.handler_start is not None
        and row.handler_end is not None
        and row.done is not None
    ]
    if not parts:
        return None
    handling, scheduling, execution = (sum(column) / len(parts) for column in zip(*parts, strict=True))
    return Stages(handling=handling, scheduling=scheduling, execution=execution)

"""Step Functions."""

import time
from typing import Any

from ministack.services import stepfunctions

_START_DELAY_S = 0.15


class _TimeWithoutTheDelay:
    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def sleep(seconds: float) -> None:
        if seconds != _START_DELAY_S:
            time.sleep(seconds)


def every_execution_starts_late() -> None:
    """Each execution begins with a pause of 150 ms."""
    stepfunctions.time = _TimeWithoutTheDelay()


PATCHES = (every_execution_starts_late,)

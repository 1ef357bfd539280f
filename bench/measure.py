"""How figures are taken: CPU of this process per warm call, and what a call asks of AWS."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

BATCHES, CALLS = 15, 20


def cpu_microseconds(call: Callable[[], object], *, calls: int = CALLS) -> float:
    """The median over batches of this process's CPU time for one warm call; `calls` make a batch."""
    for _ in range(calls):
        call()
    batches = []
    for _ in range(BATCHES):
        started = time.process_time_ns()
        for _ in range(calls):
            call()
        batches.append((time.process_time_ns() - started) / calls / 1000)
    return statistics.median(batches)


@dataclass
class Asked:
    """The requests that reached DynamoDB, in order, and the write units that it charged for them."""

    operations: list[str] = field(default_factory=list)
    write_units: float = 0.0


@contextmanager
def asked_of_the_table(client: Any) -> Iterator[Asked]:
    """Counts what goes through a botocore client of DynamoDB while the block runs."""
    asked = Asked()

    def ask_for_the_bill(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def count(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        asked.operations.append(model.name)
        if "Write" in model.name:
            asked.write_units += sum(bill["CapacityUnits"] for bill in parsed["ConsumedCapacity"])

    listeners = (("before-parameter-build.dynamodb", ask_for_the_bill), ("after-call.dynamodb", count))
    for event, listener in listeners:
        client.meta.events.register(event, listener)
    try:
        yield asked
    finally:
        for event, listener in listeners:
            client.meta.events.unregister(event, listener)

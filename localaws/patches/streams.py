"""What moves records and messages: pipes, event source mappings, queues."""

import threading
import time
from types import SimpleNamespace
from typing import Any

from ministack.services import lambda_svc, pipes, sqs, stepfunctions
from ministack.services.cloudformation import provisioners

_POLL_EVERY_S = 0.1
_EXECUTIONS_AT_ONCE = 2


def pipe_ignores_filter_and_batch_size() -> None:
    """A pipe passes every record of the stream, and all that wait in one batch."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Pipes::Pipe"]
    stock_create, stock_update, stock_deliver = handlers["create"], handlers["update"], pipes._deliver_batch

    def keep_parameters(name: str, properties: dict[str, Any]) -> None:
        pipes._pipes[name]["SourceParameters"] = properties.get("SourceParameters") or {}

    def create(logical_id: str, properties: dict, stack: str) -> Any:
        made = stock_create(logical_id, properties, stack)
        keep_parameters(made[0], properties)
        return made

    def update(name: str, old: dict, new: dict, stack: str, logical_id: str | None = None) -> Any:
        made = stock_update(name, old, new, stack, logical_id)
        keep_parameters(made[0], new)
        return made

    def deliver(pipe: dict[str, Any], records: list[dict]) -> bool:
        source = pipe.get("SourceParameters") or {}
        size = int((source.get("DynamoDBStreamParameters") or {}).get("BatchSize") or 100)
        wanted = lambda_svc._apply_filter_criteria(records, {"FilterCriteria": source.get("FilterCriteria")})
        batches = (wanted[start : start + size] for start in range(0, len(wanted), size))
        return all(stock_deliver(pipe, batch) for batch in batches)

    handlers["create"], handlers["update"], pipes._deliver_batch = create, update, deliver


def pipe_starts_executions_without_bound() -> None:
    """A pipe starts an execution at every look, however many of them run.

    On AWS they have thousands of workers. Dozens on one laptop starve each other until their steps time
    out; here records wait on the stream while as many run as it has cores for, and then go as one batch.
    """
    stock_run, stock_poll = stepfunctions._run_execution, pipes._poll_pipe
    stock_deliver = pipes._deliver_batch
    changed, running = threading.Condition(), set[str]()

    def may_start() -> bool:
        return len(running) < _EXECUTIONS_AT_ONCE

    def run(execution: str) -> None:
        with changed:
            running.add(execution)
        try:
            stock_run(execution)
        finally:
            with changed:
                running.discard(execution)
                changed.notify_all()

    def poll(*arguments: Any) -> None:
        if may_start():
            stock_poll(*arguments)

    def deliver(pipe: dict[str, Any], records: list[dict]) -> bool:
        with changed:
            changed.wait_for(may_start)
        return stock_deliver(pipe, records)

    stepfunctions._run_execution, pipes._poll_pipe, pipes._deliver_batch = run, poll, deliver


def readers_skip_records_after_a_restart() -> None:
    """Read positions are saved and the stream is not, so after a restart as many new records are skipped."""
    for service, positions in (
        (pipes, pipes._positions),
        (lambda_svc, lambda_svc._dynamodb_stream_positions),
    ):
        _forget_on_load(service, positions)


def _forget_on_load(service: Any, positions: Any) -> None:
    stock = service._restore_state

    def restore(data: Any) -> None:
        stock(data)
        positions.clear()

    service._restore_state = restore


def pipe_polls_once_a_second() -> None:
    """A record waits up to a second before its pipe looks."""
    pipes.time = SimpleNamespace(time=time.time, sleep=lambda _: time.sleep(_POLL_EVERY_S))


def queues_are_lost_to_their_mappings_on_another_port() -> None:
    """A queue is stored under the port of its birth, and is looked for under that of today."""
    sqs.DEFAULT_PORT = "4566"
    sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{sqs.DEFAULT_PORT}"


PATCHES = (
    pipe_starts_executions_without_bound,
    pipe_ignores_filter_and_batch_size,
    readers_skip_records_after_a_restart,
    pipe_polls_once_a_second,
    queues_are_lost_to_their_mappings_on_another_port,
)

"""Runs the project's own state machine in process, on moto, with Python functions in place of its Lambdas."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

DEFINITION = Path(__file__).parents[2] / "stepfunctions" / "validation.asl.json"
Handler = Callable[[dict[str, Any]], Any]

_PREFIX = "marketplace-test-"
_PATIENCE_S = 30


@dataclass(frozen=True)
class Execution:
    """How one execution ended."""

    status: str
    dead_letters: list[dict[str, Any]]
    error: str | None


class Machine:
    """The validation state machine of a stage named `test`, with its dead-letter queue."""

    def __init__(self, definition: str, role: str) -> None:
        self._queue = boto3.client("sqs").create_queue(QueueName=f"{_PREFIX}validation-dead-letters")[
            "QueueUrl"
        ]
        self._states = boto3.client("stepfunctions")
        filled = definition.replace("${Stage}", "test").replace("${ValidationDeadLettersUrl}", self._queue)
        self._arn = self._states.create_state_machine(name="validation", definition=filled, roleArn=role)[
            "stateMachineArn"
        ]

    def run(self, records: list[dict[str, Any]]) -> Execution:
        """Run it on a batch and wait for the end."""
        started = self._states.start_execution(
            stateMachineArn=self._arn, name=uuid.uuid4().hex, input=json.dumps(records)
        )
        deadline = time.monotonic() + _PATIENCE_S
        while (ended := self._describe(started))["status"] == "RUNNING" and time.monotonic() < deadline:
            time.sleep(0.005)
        return Execution(ended["status"], self._dead_letters(), ended.get("error"))

    def _describe(self, started: Mapping[str, Any]) -> dict[str, Any]:
        return self._states.describe_execution(executionArn=started["executionArn"])

    def _dead_letters(self) -> list[dict[str, Any]]:
        received = boto3.client("sqs").receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


@contextmanager
def machine(handlers: Mapping[str, Handler]) -> Iterator[Machine]:
    """The state machine, calling `handlers` by the functions' own names."""
    settings = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    stock = LambdaSimpleBackend.invoke
    LambdaSimpleBackend.invoke = _calling(handlers)
    try:
        with mock_aws(config=settings):
            role = _create_role()
            _create_functions(handlers, role)
            yield Machine(DEFINITION.read_text(), role)
    finally:
        LambdaSimpleBackend.invoke = stock


def _calling(handlers: Mapping[str, Handler]) -> Callable[..., bytes]:
    """Stands in for Lambda's own engine: moto has none without Docker."""

    def invoke(
        _backend: Any,
        function: str,
        _qualifier: Any,
        body: Any,
        _headers: Any,
        response_headers: dict[str, str],
    ) -> bytes:
        handler = handlers[function.rpartition(_PREFIX)[2]]
        try:
            return json.dumps(handler(json.loads(body))).encode()
        except Exception as failure:  # noqa: BLE001 - Lambda reports whatever its function raised
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(failure).__name__, "errorMessage": str(failure)}).encode()

    return invoke


def _create_functions(names: Iterable[str], role: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("handler.py", "")
    client = boto3.client("lambda")
    for name in names:
        client.create_function(
            FunctionName=_PREFIX + name,
            Runtime="python3.11",
            Role=role,
            Handler="handler.handle",
            Code={"ZipFile": archive.getvalue()},
        )


def _create_role() -> str:
    return boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]

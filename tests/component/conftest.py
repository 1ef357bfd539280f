"""AWS in process: moto with the table, queues, bus and secret that the app expects, new for each test."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import bookkeeping
import boto3
import identity_provider
import marketplace
import pytest
import time_machine
import yaml
from desk import Desk
from event_schemas import faults_of
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer
from moto.dynamodb.responses import DynamoHandler
from moto.sqs.models import sqs_backends

from chalicelib.clients import aws as aws_clients
from chalicelib.clients import queues
from chalicelib.storage.items import Item

REGION = "us-east-1"
RESOURCES = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
QUEUES = {
    "REVIEW_QUEUE_URL": "review",
    "DISPATCH_QUEUE_URL": "dispatch",
    "REALLOCATION_QUEUE_URL": "reallocation",
    "WEBHOOK_QUEUE_URL": "webhook",
    "IMPORT_QUEUE_URL": "import",
    "REVERSAL_QUEUE_URL": "reversal",
    "INVENTORY_QUEUE_URL": "inventory",
    "ACCOUNTING_QUEUE_URL": "accounting",
    "ACCOUNTING_DEAD_LETTERS_URL": "accounting-dead-letters",
    "INVENTORY_DEAD_LETTERS_URL": "inventory-dead-letters",
    "REVIEW_DEAD_LETTERS_URL": "review-dead-letters",
    "DISPATCH_DEAD_LETTERS_URL": "dispatch-dead-letters",
    "REALLOCATION_DEAD_LETTERS_URL": "reallocation-dead-letters",
    "WEBHOOK_DEAD_LETTERS_URL": "webhook-dead-letters",
    "IMPORT_DEAD_LETTERS_URL": "import-dead-letters",
    "REVERSAL_DEAD_LETTERS_URL": "reversal-dead-letters",
    "VALIDATION_DEAD_LETTERS_URL": "validation-dead-letters",
    "STREAM_DEAD_LETTERS_URL": "stream-dead-letters",
}
Heard = Callable[[], list[dict[str, Any]]]
Meddle = Callable[[Callable[[], None]], None]
_USED_OF_THE_TABLE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


class _AttributesAsTheyAre(JSONSerializer):
    """moto looks at each attribute for all types that it could have, under three names: half of a test's time
    is gone with it. Binary ones it encodes; all others are on their way as they are stored."""

    def _serialize_type_structure(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and "B" not in value:
            serialized[key] = value
        else:
            super()._serialize_type_structure(serialized, value, shape, key)


SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": _AttributesAsTheyAre}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything outside the functions, and the environment that names it."""
    with mock_aws():
        monkeypatch.setenv("STAGE", "test")
        monkeypatch.setenv("TABLE_NAME", "marketplace-test")
        monkeypatch.setenv("EVENT_BUS_NAME", "marketplace-test")
        monkeypatch.setenv("MASTER_SECRET_ID", "marketplace-test-master")
        monkeypatch.setenv("REMOTE_CHECKS", "lenient")
        monkeypatch.setenv("CONTENTION_SECONDS", "0.3")
        monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
        _client("dynamodb").create_table(TableName="marketplace-test", **_table_definition())
        for variable, name in QUEUES.items():
            monkeypatch.setenv(variable, _a_queue(f"marketplace-test-{name}"))
        monkeypatch.setenv("FEED_BUCKET_NAME", "marketplace-test-feeds")
        _client("s3").create_bucket(Bucket="marketplace-test-feeds")
        _client("events").create_event_bus(Name="marketplace-test")
        _client("secretsmanager").create_secret(Name="marketplace-test-master", SecretString="m" * 64)
        with _every_event_held_against_its_schema(), _no_waiting_at_queues():
            yield


def _a_queue(name: str) -> str:
    """Make it where moto keeps its queues: requests for so many take minutes in all. Gives the URL."""
    sqs_backends[DEFAULT_ACCOUNT_ID][REGION].create_queue(name)
    return f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"


@contextmanager
def _no_waiting_at_queues() -> Iterator[None]:
    """All that was sent is there at once: a read that waits for more waits for nothing."""
    calls, event = aws_clients.client("sqs").meta.events, "before-parameter-build.sqs.ReceiveMessage"

    def wait_for_nothing(params: dict[str, Any], **_: Any) -> None:
        params["WaitTimeSeconds"] = 0

    calls.register(event, wait_for_nothing)
    yield
    calls.unregister(event, wait_for_nothing)


@cache
def _client(service: str) -> Any:
    """One for all tests: making it takes longer than all that it is asked for."""
    return boto3.client(service)


@contextmanager
def _every_event_held_against_its_schema() -> Iterator[None]:
    """Fails the test in which an event goes out that docs/events does not describe so."""
    calls, faults = aws_clients.client("events").meta.events, []

    def check(params: dict[str, Any], **_: Any) -> None:
        faults.extend(
            fault for entry in params["Entries"] for fault in faults_of(json.loads(entry["Detail"]))
        )

    calls.register("before-parameter-build.events.PutEvents", check)
    yield
    calls.unregister("before-parameter-build.events.PutEvents", check)
    assert not faults


@pytest.fixture
def serialised(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB's operations are atomic; moto's run into each other when threads make them."""
    lock, answer = threading.Lock(), DynamoHandler.call_action

    def one_at_a_time(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", one_at_a_time)


@pytest.fixture
def before_each_transaction(aws: None) -> Iterator[Meddle]:
    """Lets a test write something right before every transaction that the code makes."""
    events = Item._get_connection().connection.client.meta.events
    registered: list[Callable[..., None]] = []

    def meddle(write: Callable[[], None]) -> None:
        def hook(**_: Any) -> None:
            write()

        registered.append(hook)
        events.register("before-call.dynamodb.TransactWriteItems", hook)

    yield meddle
    for hook in registered:
        events.unregister("before-call.dynamodb.TransactWriteItems", hook)


@pytest.fixture
def before_the_transaction(before_each_transaction: Meddle) -> Meddle:
    """The same before the first transaction only."""

    def meddle(write: Callable[[], None]) -> None:
        pending = [write]
        before_each_transaction(lambda: pending.pop()() if pending else None)

    return meddle


@pytest.fixture
def heard(aws: None) -> Heard:
    """Gives the details of the events that came over the bus since the last call."""
    queue = boto3.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    bus, events = "marketplace-test", boto3.client("events")
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source": ["marketplace"]}')
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "1", "Arn": arn["QueueArn"]}])
    return lambda: [json.loads(body)["detail"] for body in taken(queue)]


def taken(queue_url: str) -> list[str]:
    messages = queues.receive(queue_url, limit=100, visibility_seconds=60)
    for message in messages:
        queues.delete(queue_url, message)
    return [message.body for message in messages]


@pytest.fixture(scope="session")
def provider() -> Iterator[identity_provider.Provider]:
    """The user pool that administrators sign in to."""
    with identity_provider.running() as running:
        yield running


@pytest.fixture
def admin(provider: identity_provider.Provider, monkeypatch: pytest.MonkeyPatch) -> str:
    """An administrator's token."""
    monkeypatch.setenv("ADMIN_ISSUER", provider.issuer)
    monkeypatch.setenv("ADMIN_JWKS_URL", provider.jwks_url)
    monkeypatch.setenv("ADMIN_AUDIENCE", identity_provider.AUDIENCE)
    return provider.token()


@pytest.fixture
def november(
    admin: str,
    provider: identity_provider.Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[time_machine.Traveller]:
    """A morning in November for the books, which the test moves on; sales are free of commission."""
    marketplace.charge(0)
    monkeypatch.setattr(bookkeeping.office, "token", provider.token, raising=False)
    with time_machine.travel(bookkeeping.NOVEMBER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(admin: str) -> Desk:
    """The administrator's desk."""
    return Desk(admin)


@cache
def _table_definition() -> dict[str, Any]:
    """The table as it is deployed, less what moto has no use for."""
    properties = yaml.safe_load(RESOURCES.read_text())["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in _USED_OF_THE_TABLE}

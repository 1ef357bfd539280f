"""AWS in process: moto with the table, queues, bus and secret that the app expects, new for each test."""

import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import identity_provider
import pytest
import yaml
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

RESOURCES = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
QUEUES = {
    "REVIEW_QUEUE_URL": "review",
    "DISPATCH_QUEUE_URL": "dispatch",
    "IMPORT_QUEUE_URL": "import",
    "REVERSAL_QUEUE_URL": "reversal",
    "REVIEW_DEAD_LETTERS_URL": "review-dead-letters",
    "DISPATCH_DEAD_LETTERS_URL": "dispatch-dead-letters",
    "IMPORT_DEAD_LETTERS_URL": "import-dead-letters",
    "REVERSAL_DEAD_LETTERS_URL": "reversal-dead-letters",
    "VALIDATION_DEAD_LETTERS_URL": "validation-dead-letters",
    "STREAM_DEAD_LETTERS_URL": "stream-dead-letters",
}
_USED_OF_THE_TABLE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything outside the functions, and the environment that names it."""
    with mock_aws():
        monkeypatch.setenv("STAGE", "test")
        monkeypatch.setenv("TABLE_NAME", "marketplace-test")
        monkeypatch.setenv("EVENT_BUS_NAME", "marketplace-test")
        monkeypatch.setenv("MASTER_SECRET_ID", "marketplace-test-master")
        monkeypatch.setenv("REMOTE_CHECKS", "lenient")
        monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
        boto3.client("dynamodb").create_table(TableName="marketplace-test", **_table_definition())
        sqs = boto3.client("sqs")
        for variable, name in QUEUES.items():
            url = sqs.create_queue(QueueName=f"marketplace-test-{name}")["QueueUrl"]
            monkeypatch.setenv(variable, url)
        monkeypatch.setenv("FEED_BUCKET_NAME", "marketplace-test-feeds")
        boto3.client("s3").create_bucket(Bucket="marketplace-test-feeds")
        boto3.client("events").create_event_bus(Name="marketplace-test")
        boto3.client("secretsmanager").create_secret(Name="marketplace-test-master", SecretString="m" * 64)
        yield


@pytest.fixture
def serialised(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB's operations are atomic; moto's run into each other when threads make them."""
    lock, answer = threading.Lock(), DynamoHandler.call_action

    def one_at_a_time(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", one_at_a_time)


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


@cache
def _table_definition() -> dict[str, Any]:
    """The table as it is deployed, less what moto has no use for."""
    properties = yaml.safe_load(RESOURCES.read_text())["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in _USED_OF_THE_TABLE}

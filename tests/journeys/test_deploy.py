"""`make deploy`, as it is, against an emulator of its own: twice, from a clean checkout each time.

The emulator holds every function to its role, so a right that a policy lacks fails these tests.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples import sample_suppliers
from examples.client import Client
from examples.demo import Demo, run
from localaws import admin
from localaws.instance import PROJECT, REGION, Emulator, free_port
from localaws.marketplace import supplier_ports

STAGE = "rehearsal"
ON_REVIEW = f"marketplace-{STAGE}-on_review"
pytestmark = [
    pytest.mark.timeout(600),
    # The sample suppliers' servers are let go on purpose: they end when their emulator does.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True)
class Order:
    """An order that went all the way, and what its shopper and one supplier need to look at it again."""

    order: dict[str, Any]
    token: str
    supplier: Any


@dataclass(frozen=True)
class History:
    """A deployment, an order through it, and a second deployment on top."""

    emulator: Emulator
    folder: Path
    first_api: str
    order: Order
    second_api: str


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    folder = tmp_path_factory.mktemp("checkouts")
    home = Path(tempfile.mkdtemp(prefix="test-deploy-", dir=PROJECT / ".local"))
    emulator = Emulator(home, free_port(), enforce_iam=True)
    emulator.start()
    try:
        first_api = deployed(emulator, folder / "first")
        order = ordered(emulator, first_api)
        move_handler(emulator, "somewhere.else.on_review")
        second_api = deployed(emulator, folder / "second")
        yield History(emulator, folder, first_api, order, second_api)
    finally:
        emulator.stop()
        shutil.rmtree(emulator.home)


def test_the_second_deployment_makes_no_second_api(history: History):
    assert apis(history.emulator) == [history.first_api]
    assert history.second_api == history.first_api


def test_the_second_deployment_loses_nothing(history: History):
    client = Client(base_url(history.emulator, history.second_api))

    order = client.call("GET", f"/orders/{history.order.order['order_id']}", token=history.order.token)
    supplier = client.call("GET", history.order.supplier.path, token=history.order.supplier.api_key)

    assert order == history.order.order
    assert supplier["status"] == "OPEN"


def test_an_order_goes_all_the_way_through_what_was_deployed_twice(history: History):
    assert ordered(history.emulator, history.second_api).order["status"] == "SHIPPED"


def test_a_function_whose_handler_has_moved_is_pointed_at_it(history: History):
    function = history.emulator.client("lambda").get_function_configuration(FunctionName=ON_REVIEW)

    assert function["Handler"] == "chalicelib.events.queues.on_review"


def test_a_request_that_no_route_takes_is_answered_as_a_problem(history: History):
    answer = Client(base_url(history.emulator, history.second_api)).send("GET", "/nothing-here")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Correlation-Id"]
    assert answer.json()["code"] == "NOT_FOUND"


def test_the_stream_gives_a_poison_record_up_after_some_tries_and_keeps_it(history: History):
    (mapping,) = history.emulator.client("lambda").list_event_source_mappings(
        FunctionName=f"marketplace-{STAGE}-on_change"
    )["EventSourceMappings"]

    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] < 100
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"].endswith("stream-dead-letters")


def test_without_chalices_record_a_deployment_stops_rather_than_make_a_second_api(history: History):
    store = history.emulator.client("s3")
    (bucket,) = (each["Name"] for each in store.list_buckets()["Buckets"] if "deployments" in each["Name"])
    key = f"deployed/{STAGE}.json"
    record = store.get_object(Bucket=bucket, Key=key)["Body"].read()
    store.delete_object(Bucket=bucket, Key=key)

    refused = make_deploy(history.emulator, history.folder / "second")
    store.put_object(Bucket=bucket, Key=key, Body=record)

    assert refused.returncode != 0
    assert "has an API already" in refused.stdout
    assert apis(history.emulator) == [history.first_api]


def deployed(emulator: Emulator, checkout: Path) -> str:
    """Deploy what is committed, from a checkout that holds nothing else; the id of the stage's API."""
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(checkout)], check=True)
    (checkout / ".venv").symlink_to(PROJECT / ".venv")
    outcome = make_deploy(emulator, checkout)
    assert outcome.returncode == 0, outcome.stdout
    return apis(emulator)[-1]


def make_deploy(emulator: Emulator, checkout: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    environment |= {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "DEPLOY_PARAMETERS": "AllowedPrivateHosts=127.0.0.1\nRemoteChecks=lenient",
    }
    # The dependencies are there already: --old-file keeps make from installing them once more.
    command = ["make", "--old-file=setup", "deploy", f"STAGE={STAGE}"]
    return subprocess.run(
        command,
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def move_handler(emulator: Emulator, handler: str) -> None:
    """As if the deployed version had the function elsewhere than this one has it."""
    functions = emulator.client("lambda")
    functions.update_function_configuration(FunctionName=ON_REVIEW, Handler=handler)


def apis(emulator: Emulator) -> list[str]:
    return [api["id"] for api in emulator.client("apigateway").get_rest_apis()["items"]]


def base_url(emulator: Emulator, api: str) -> str:
    return f"{emulator.url}/_aws/execute-api/{api}/v1"


def ordered(emulator: Emulator, api: str) -> Order:
    """Walk the whole path, from two suppliers' registrations to the shipped order."""
    pools = emulator.client("cognito-idp")
    (pool,) = (each["Id"] for each in pools.list_user_pools(MaxResults=10)["UserPools"])
    (client,) = (
        each["ClientId"] for each in pools.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"]
    )
    token = admin.sign_in(emulator, user_pool_id=pool, client_id=client)
    servers = sample_suppliers.start(supplier_ports(emulator.port), home=emulator.home)
    order, order_token, supplier = run(
        Demo({"base_url": base_url(emulator, api), "admin_token": token}), servers
    )
    return Order(order, order_token, supplier)

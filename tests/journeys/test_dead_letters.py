"""What failed for good is kept, shown to the administrator, and sent back once its cause is mended."""

import json

import actors
import pytest

from examples.client import Client
from examples.reference_supplier import serving

STEP = "marketplace-local-supplier_contact"


@pytest.fixture
def client(stack) -> Client:
    return Client(stack.base_url)


@pytest.fixture
def broken_step(stack):
    """A step that cannot run; yields what mends it."""
    functions = stack.client("lambda")
    functions.put_function_concurrency(FunctionName=STEP, ReservedConcurrentExecutions=0)
    yield lambda: functions.delete_function_concurrency(FunctionName=STEP)
    functions.delete_function_concurrency(FunctionName=STEP)


def letters_of(client, stack, supplier_id):
    items = client.call("GET", "/admin/dead-letters?limit=100", token=stack.admin_token)["items"]
    return [letter for letter in items if supplier_id in str(letter["payload"])]


def test_a_supplier_whose_validation_broke_off_opens_once_it_is_sent_back(client, stack, broken_step):
    with serving() as server:
        supplier = actors.register(client, server)
        found = client.read_until(
            "/admin/dead-letters?limit=100",
            lambda page: supplier.supplier_id in str(page["items"]),
            token=stack.admin_token,
        )
        assert supplier.profile()["status"] == "ONBOARDING"
        (letter,) = (each for each in found["items"] if supplier.supplier_id in str(each["payload"]))
        assert letter["queue"] == "validation-dead-letters"
        assert "example" not in str(letter["payload"])  # keys and codes, nothing that the supplier wrote

        broken_step()
        answer = client.call(
            "POST",
            "/admin/dead-letters/redrive",
            token=stack.admin_token,
            json={"queue": letter["queue"], "message_ids": [letter["message_id"]]},
        )
        assert answer == {"redriven": 1}
        assert supplier.until("OPEN")["status"] == "OPEN"
    assert letters_of(client, stack, supplier.supplier_id) == []


def test_a_dispatch_that_was_given_up_on_is_read_and_sent_back(client, stack):
    with actors.a_supplier(client, later=True) as supplier:
        placed = actors.place(client, actors.an_order((supplier.offer(), 1))).json()
        (part,) = placed["order"]["supplier_orders"]
        client.read_until(f"{supplier.path}/orders", lambda _: supplier.dispatches(), token=supplier.api_key)
        supplier.server.book.answers_later = False
        (sent,) = supplier.dispatches()
        queues = stack.client("sqs")
        url = queues.get_queue_url(QueueName="marketplace-local-dispatch-dead-letters")["QueueUrl"]
        message = {
            "supplier_order_id": part["supplier_order_id"],
            "attempt_id": sent["body"]["data"]["attempt_id"],
            "supplier_id": supplier.supplier_id,
            "correlation_id": "c",
        }
        queues.send_message(QueueUrl=url, MessageBody=json.dumps(message))
        (letter,) = letters_of(client, stack, supplier.supplier_id)
        assert (letter["queue"], letter["payload"]) == ("dispatch-dead-letters", message)
        supplier.server.book.decide(message["attempt_id"])

        wanted = {"queue": "dispatch-dead-letters"}
        answer = client.call("POST", "/admin/dead-letters/redrive", token=stack.admin_token, json=wanted)
        assert answer == {"redriven": 1}
        path = f"/orders/{placed['order']['order_id']}"
        client.read_until(path, lambda found: found["status"] == "SHIPPING", token=placed["order_token"])
    assert letters_of(client, stack, supplier.supplier_id) == []

"""Corrections on the packaged app: undone by their supplier, and a whole rule's by an administrator."""

import actors
import pytest

from examples.client import Client

RULE = "condition.synonym"


@pytest.fixture
def client(stack) -> Client:
    return Client(stack.base_url)


def test_a_supplier_undoes_one_correction_and_an_administrator_a_rules(client, stack):
    def until(sku, title, condition):
        return client.read_until(
            f"{supplier.path}/offers/{sku}",
            lambda offer: (
                (offer["title"], offer["condition"], offer["validation_state"]) == (title, condition, "DONE")
            ),
            token=supplier.api_key,
        )

    with actors.a_supplier(client) as supplier:
        body = actors.an_offer(supplier.server, title=" Teapot", condition="brand-new")
        client.call("PUT", f"{supplier.path}/offers/POT", token=supplier.api_key, json=body)
        offer = until("POT", "Teapot", "NEW")

        (made,) = [each for each in offer["corrections"] if each["field"] == "/title"]
        path = f"{supplier.path}/corrections/{made['correction_id']}/reversal"
        client.call("POST", path, token=supplier.api_key)
        until("POT", " Teapot", "NEW")

        path = f"/admin/rules/{RULE}/reversals"
        started = client.call("POST", path, token=stack.admin_token, json={"reason": "Ask first."})
        ended = client.read_until(
            f"{path}/{started['reversal_id']}",
            lambda reversal: reversal["status"] == "COMPLETE",
            token=stack.admin_token,
        )
        assert ended["reversed"] >= 1
        assert ended["failed"] == 0
        assert until("POT", " Teapot", "brand-new")["acceptance"] == "TO_REVIEW"

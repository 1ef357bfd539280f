"""The whole path over HTTP, on the packaged app: what a client that knows only the contract can do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import actors
import pytest

from examples.client import Client
from examples.reference_supplier import serving


@pytest.fixture
def client(stack) -> Client:
    return Client(stack.base_url)


@pytest.fixture
def supplier(client) -> Iterator[actors.Supplier]:
    with actors.a_supplier(client) as supplier:
        yield supplier


def waiting_review(client, stack, supplier_id):
    return actors.waiting_reviews(client, stack.admin_token, supplier_id)[0]


def has(status):
    return lambda found: found["status"] == status


def test_a_clean_supplier_opens_and_its_order_api_was_tried(supplier):
    profile = supplier.profile()
    assert profile["status"] == "OPEN"
    assert actors.errors(profile) == []
    tried = [message["body"]["type"] for message in supplier.server.book.messages]
    assert tried == ["supplier_order.test"]


def test_harmless_damage_is_corrected_recorded_and_open(client):
    with serving() as server:
        supplier = actors.register(client, server, legal_name="  Sample   Handel gmbh ")
        profile = supplier.until("OPEN")
    assert profile["legal_name"] == "Sample Handel GmbH"
    first = profile["corrections"][0]
    assert (first["field"], first["before"]) == ("/legal_name", "  Sample   Handel gmbh ")
    assert {issue["severity"] for issue in profile["issues"] if issue["auto_correctable"]} == {"INFO"}


def test_a_doubtful_supplier_waits_for_review_and_opens_once_corrected(client, stack):
    right = actors.a_tax_id()
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    with serving() as server:
        supplier = actors.register(client, server, tax_id=wrong)
        profile = supplier.until("PENDING_APPROVAL")
        case = waiting_review(client, stack, supplier.supplier_id)
        assert [(issue["field"], issue["value_seen"]) for issue in actors.errors(case)] == [
            ("/tax_id", wrong)
        ]

        path = f"/admin{supplier.path}"
        correction = {"token": stack.admin_token, "json": {"tax_id": right}}
        assert client.send("PATCH", path, **correction).status_code == 428
        stale = {"If-Match": '"1"'}
        assert client.send("PATCH", path, **correction, headers=stale).status_code == 412
        current = {"If-Match": f'"{profile["version"]}"'}
        assert client.send("PATCH", path, **correction, headers=current).status_code == 200
        assert supplier.until("OPEN")["tax_id"] == right
    resolved = client.call("GET", f"/admin/reviews/{case['review_id']}", token=stack.admin_token)
    assert (resolved["status"], resolved["resolution"]) == ("RESOLVED", "CORRECTED")


@pytest.mark.parametrize(("decision", "status"), [("APPROVED", "OPEN"), ("REJECTED", "REJECTED")])
def test_an_administrator_decides_a_doubtful_supplier(client, stack, decision, status):
    with serving() as server:
        supplier = actors.register(client, server, accepts_image_standard=False)
        supplier.until("PENDING_APPROVAL")
        case = waiting_review(client, stack, supplier.supplier_id)
        path = f"/admin/reviews/{case['review_id']}/resolution"
        decided = {"token": stack.admin_token, "json": {"decision": decision, "note": "Talked to them."}}
        assert client.send("POST", path, **decided).status_code == 200
        assert supplier.until(status)["status"] == status
        assert client.send("POST", path, **decided).status_code == 409


def test_an_order_api_that_does_not_answer_opens_a_review(client):
    with serving() as server:
        closed = {"url": "http://127.0.0.1:9/orders"}
        supplier = actors.register(client, server, order_api=closed)
        profile = supplier.until("PENDING_APPROVAL")
    assert [(issue["code"], issue["field"]) for issue in actors.errors(profile)] == [
        ("UNREACHABLE_ENDPOINT", "/order_api/url")
    ]


def test_an_accepted_offer_is_in_the_catalogue_by_product_and_by_gtin(client, supplier):
    gtin = actors.a_gtin()
    offer = supplier.offer(gtin=f"{gtin[:3]}-{gtin[3:]}", title="  Teapot  of stoneware ")
    assert (offer["acceptance"], offer["active"], offer["gtin"]) == ("ACCEPTED", True, gtin)
    assert offer["title"] == "Teapot of stoneware"
    listed = client.read_until(f"/products/{offer['product_id']}", lambda found: found["offers"])
    assert listed["offers"][0]["offer_id"] == offer["offer_id"]
    assert listed["offers"][0]["featured"] is True
    for form in (gtin, gtin.zfill(14)):
        assert client.call("GET", f"/products/by-gtin/{form}")["product_id"] == offer["product_id"]
    client.read_until(f"/products?gtin={gtin}", lambda found: found["items"])
    for query in ("q=stoneware+teapot", "q=teapot&sort=-price&limit=100"):
        cards = client.call("GET", f"/products?{query}")["items"]
        assert offer["product_id"] in [card["product_id"] for card in cards]


def test_a_doubtful_offer_is_corrected_by_the_administrator_and_goes_on_sale(client, stack, supplier):
    gtin = actors.a_gtin()
    wrong = gtin[:-1] + str((int(gtin[-1]) + 1) % 10)
    offer = supplier.offer(gtin=wrong)
    assert (offer["acceptance"], offer["active"]) == ("TO_REVIEW", False)
    assert offer["inactivity_reasons"] == ["PRODUCT_STATUS_TO_REVIEW"]
    path = f"{supplier.path}/offers/{offer['sku']}"
    client.call(
        "PATCH",
        f"/admin{path}",
        token=stack.admin_token,
        json={"gtin": gtin},
        headers={"If-Match": f'"{offer["version"]}"'},
    )
    client.read_until(path, lambda found: found["active"], token=supplier.api_key)


def test_an_order_across_two_suppliers_is_accepted_and_shipped(client, stack, supplier):
    with actors.a_supplier(client) as second:
        order = order_of_two(client, supplier.offer(), second.offer())
        path, token = f"/orders/{order['order_id']}", order["token"]
        accepted = client.read_until(path, has("SHIPPING"), token=token)
        assert {line["acceptance_code"] for line in accepted["lines"]} == {"ACCEPTED"}
        for each in (supplier, second):
            (part,) = each.orders()
            shipment = {
                "carrier": "DHL",
                "tracking_number": "1Z" + part["supplier_order_id"][-8:],
                "lines": [{"line_id": part["lines"][0]["line_id"], "quantity": 2}],
            }
            first = each.post(part["supplier_order_id"], "shipments", shipment)
            again = each.post(part["supplier_order_id"], "shipments", shipment)
            assert first.status_code == 201, first.text
            assert again.ok
            assert again.json()["shipment_id"] == first.json()["shipment_id"]
        shipped = client.call("GET", path, token=token)
    assert shipped["status"] == "SHIPPED"
    assert {line["status"] for line in shipped["lines"]} == {"SHIPPED"}
    assert len(shipped["shipments"]) == 2
    assert all(shipment["tracking_number"].startswith("1Z") for shipment in shipped["shipments"])
    assert [len(each.dispatches()) for each in (supplier, second)] == [1, 1]


def order_of_two(client, first, second):
    placed = actors.place(client, actors.an_order((first, 2), (second, 2)))
    assert placed.status_code == 201, placed.text
    body = placed.json()
    return {**body["order"], "token": body["order_token"]}


def test_a_rejected_line_ends_refused_and_its_stock_is_back(client):
    with actors.a_supplier(client, rejects={"GONE"}) as supplier:
        offer = supplier.offer(sku="GONE", quantity=3)
        placed = actors.place(client, actors.an_order((offer, 3))).json()
        path = f"/orders/{placed['order']['order_id']}"
        refused = client.read_until(path, has("REFUSED"), token=placed["order_token"])
        assert refused["lines"][0]["acceptance_code"] == "OUT_OF_STOCK"
        after = client.call("GET", f"{supplier.path}/offers/GONE", token=supplier.api_key)
    assert (after["available"], after["active"]) == (3, True)


def test_an_answer_that_comes_later_is_taken_once(client):
    with actors.a_supplier(client, later=True) as supplier:
        offer = supplier.offer()
        placed = actors.place(client, actors.an_order((offer, 1))).json()
        line_id = placed["order"]["lines"][0]["line_id"]
        part_id = placed["order"]["supplier_orders"][0]["supplier_order_id"]
        (dispatch,) = (
            client.read_until(
                f"{supplier.path}/orders", lambda _: supplier.dispatches(), token=supplier.api_key
            )
            and supplier.dispatches()
        )
        answer = {
            "attempt_id": dispatch["body"]["data"]["attempt_id"],
            "lines": [{"line_id": line_id, "code": "ACCEPTED", "quantity": 1}],
        }
        assert supplier.post(part_id, "acceptance", answer).ok
        before = supplier.orders()
        assert supplier.post(part_id, "acceptance", answer).ok
        assert supplier.orders() == before
        refusal = {**answer, "lines": [{"line_id": line_id, "code": "OUT_OF_STOCK", "quantity": 0}]}
        assert supplier.post(part_id, "acceptance", refusal).status_code == 409
        assert supplier.orders() == before
    assert before[0]["status"] == "SHIPPING"


def test_the_same_registration_twice_is_one_supplier(client):
    with serving() as server:
        body = actors.a_registration(server)
        key = {"Idempotency-Key": body["tax_id"]}
        first = client.send("POST", "/suppliers", json=body, headers=key)
        again = client.send("POST", "/suppliers", json=body, headers=key)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == first.json()
        other = client.send("POST", "/suppliers", json={**body, "display_name": "Other"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
        bare = client.send("POST", "/suppliers", json=body)
        assert (bare.status_code, bare.json()["code"]) == (409, "SUPPLIER_EXISTS")


def test_two_registrations_of_one_company_at_once_make_one_supplier(client):
    with serving() as server:
        bodies = [actors.a_registration(server, tax_id=tax_id) for tax_id in [actors.a_tax_id()] * 2]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda body: client.send("POST", "/suppliers", json=body), bodies))
    assert sorted(answer.status_code for answer in answers) == [202, 409]


def test_the_same_order_twice_is_one_order(client, supplier):
    offer = supplier.offer(quantity=5)
    body, key = actors.an_order((offer, 2)), "twice-" + offer["offer_id"]
    first, again = actors.place(client, body, key), actors.place(client, body, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    other = actors.place(client, actors.an_order((offer, 1)), key)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    left = client.call("GET", f"{supplier.path}/offers/{offer['sku']}", token=supplier.api_key)
    assert left["available"] == 3


def test_ten_orders_at_once_for_the_last_three_pieces_make_three(client, supplier):
    offer = supplier.offer(quantity=3)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: actors.place(client, actors.an_order((offer, 1))), range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"OUT_OF_STOCK"}
    after = client.call("GET", f"{supplier.path}/offers/{offer['sku']}", token=supplier.api_key)
    assert (after["available"], after["active"]) == (0, False)
    assert after["inactivity_reasons"] == ["ZERO_QUANTITY"]


def test_one_correlation_id_goes_all_the_way(client, stack, supplier):
    offer = supplier.offer()
    trace = "journey-" + offer["offer_id"][-16:]
    placed = client.send(
        "POST",
        "/orders",
        json=actors.an_order((offer, 1)),
        headers={"Idempotency-Key": trace, "X-Correlation-Id": trace},
    )
    assert placed.headers["X-Correlation-Id"] == trace
    body = placed.json()
    client.read_until(f"/orders/{body['order']['order_id']}", has("SHIPPING"), token=body["order_token"])
    (dispatch,) = supplier.dispatches()
    headers = {name.lower(): value for name, value in dispatch["headers"].items()}
    assert headers["x-correlation-id"] == trace
    assert functions_that_logged(stack, trace) >= {"marketplace-local", "marketplace-local-on_dispatch"}


def functions_that_logged(stack, text):
    logs = stack.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    return {
        group["logGroupName"].removeprefix("/aws/lambda/")
        for group in groups
        if logs.filter_log_events(logGroupName=group["logGroupName"], filterPattern=f'"{text}"')["events"]
    }


def test_one_suppliers_key_reaches_nothing_of_another(client, supplier):
    offer = supplier.offer()
    with actors.a_supplier(client) as other:
        for path in (supplier.path, f"{supplier.path}/offers/{offer['sku']}", f"{supplier.path}/orders"):
            assert client.send("GET", path, token=other.api_key).status_code == 404
        stolen = client.send(
            "PUT",
            f"{supplier.path}/offers/{offer['sku']}",
            token=other.api_key,
            json=actors.an_offer(other.server),
        )
        assert stolen.status_code == 404
    kept = client.call("GET", f"{supplier.path}/offers/{offer['sku']}", token=supplier.api_key)
    assert kept["version"] == offer["version"]


def test_unknown_routes_and_broken_bodies_are_problems(client):
    unknown = client.send("GET", "/nowhere")
    broken = client.send("POST", "/suppliers", data=b"{", headers={"Content-Type": "application/json"})
    for answer, status in ((unknown, 404), (broken, 400)):
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["code"]

"""Feeds over HTTP: what becomes of their rows, and how that is read."""

import io
import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from importing import Seller, a_bad_row, a_feed, a_row, a_seller, body_of, gtin, table, waiting, work

from chalicelib import clock
from chalicelib.domain.rules.facts import REACHED, Image
from chalicelib.feeds import open_feed
from chalicelib.services.import_chunks import Context, store
from chalicelib.services.remote_checks import OutOfTime
from chalicelib.services.seen_skus import SeenSkus
from chalicelib.storage import products, suppliers
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

BAD_GTIN = "4006381333930"


@pytest.fixture
def seller(aws: None) -> Seller:
    return a_seller()


def counted(import_: dict[str, Any]) -> tuple[int, int, int, int]:
    """Lines read, in success, in error, pending."""
    return (
        import_["lines_read"],
        import_["lines_in_success"],
        import_["lines_in_error"],
        import_["lines_in_pending"],
    )


def test_good_rows_go_live_while_a_bad_one_waits_for_its_mending(seller: Seller):
    import_ = seller.imported(a_feed(a_row(1), a_bad_row(2), a_row(3)))

    assert import_["status"] == "COMPLETE"
    assert counted(import_) == (3, 2, 1, 0)
    assert seller.offer("PEN-1")["active"]
    assert seller.offer("PEN-3")["active"]
    assert seller.send("GET", "/offers/PEN-2").status == 404


def test_a_doubtful_row_is_stored_for_a_person_and_says_why(seller: Seller):
    import_ = seller.imported(a_feed(a_row(1, gtin=BAD_GTIN)))

    assert counted(import_) == (1, 0, 0, 1)
    assert seller.offer("PEN-1")["acceptance"] == "TO_REVIEW"
    errors = [each for each in seller.issues(import_["import_id"]) if each["severity"] == "ERROR"]
    assert [(each["row"], each["sku"], each["field"]) for each in errors] == [(1, "PEN-1", "/gtin")]


def test_a_warning_is_counted_beside_its_success(seller: Seller):
    """The image's host cannot be asked from here."""
    import_ = seller.imported(a_feed(a_row(1)))

    assert (import_["lines_in_success"], import_["lines_with_warning"]) == (1, 1)
    assert {each["rule"] for each in seller.issues(import_["import_id"])} == {"image.not_checked"}


def test_failed_rows_come_back_with_their_reason_and_succeed_once_mended(seller: Seller):
    feed = "sku,title,description,brand,category,condition,price,currency,quantity,handling_days,image_urls\n"
    feed += "A,Pen,Blue,Northern,Pens,NEW,1.95,EUR,3,1,https://north.example/a.jpg\n"
    feed += "B,=1+1,Blue,Northern,Pens,NEW,1.95,EUR,-3,1,https://north.example/b.jpg\n"
    first = seller.imported(feed.encode(), "text/csv")
    file = seller.send("GET", f"/imports/{first['import_id']}/failed-rows", headers={"accept": "*/*"})

    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, *rows = file.text.splitlines()
    assert header == feed.splitlines()[0] + ",error"
    assert any("B" in row and "'=1+1" in row for row in rows)

    mended = seller.imported(file.text.replace("'=1+1", "Pen").replace("-3", "3").encode(), "text/csv")
    assert mended["lines_in_error"] == 0, seller.issues(mended["import_id"])


def test_all_that_is_wrong_with_a_row_is_told_at_once_and_each_thing_once(seller: Seller):
    feed = "sku,title,description,brand,category,condition,price,currency,quantity,handling_days,image_urls\n"
    feed += "A,Pen,Blue,Northern,Pens,NEW,on request,EUR,some,1,https://north.example/a.jpg\n"
    feed += "B,Pen,Blue,Northern,Pens,,,EUR,,,\n"
    google = "id\ttitle\tbrand\tavailability\tprice\tgtin\nC\tPen\tNorthern\tperhaps\t\t\n"

    assert faults_of(seller, feed) == [
        ("A", "price"),
        ("A", "quantity"),
        *(("B", field) for field in ("/condition", "/handling_days", "/price", "/quantity")),
    ]
    assert faults_of(seller, google) == [("C", "availability"), ("C", "price")]


def faults_of(seller: Seller, feed: str) -> list[tuple[str, str]]:
    issues = seller.issues(seller.imported(feed.encode(), "text/csv")["import_id"])
    return sorted((each["sku"], each["field"]) for each in issues if each["severity"] == "ERROR")


def test_the_same_file_again_changes_nothing(seller: Seller):
    feed = a_feed(a_row(1), a_row(2, gtin=BAD_GTIN), a_bad_row(3))
    first = seller.imported(feed)
    before = table(without="IMPORT#")

    second = seller.imported(feed)

    assert table(without="IMPORT#") == before
    assert counted(second) == counted(first) == (3, 1, 1, 1)


def test_stock_of_an_offer_that_waits_for_a_person_is_counted(seller: Seller):
    seller.imported(a_feed(a_row(1, gtin=BAD_GTIN)))

    seller.imported(a_feed(a_row(1, gtin=BAD_GTIN, quantity=77)))

    assert (seller.offer("PEN-1")["quantity"], seller.offer("PEN-1")["acceptance"]) == (77, "TO_REVIEW")


def test_a_row_that_a_person_sent_back_is_in_error_until_it_changes(seller: Seller):
    seller.imported(a_feed(a_row(1, gtin=BAD_GTIN)))
    seller.settle("PEN-1", "REJECTED")

    again = seller.imported(a_feed(a_row(1, gtin=BAD_GTIN)))
    changed = seller.imported(a_feed(a_row(1)))

    assert counted(again) == (1, 0, 1, 0)
    assert counted(changed) == (1, 1, 0, 0)


def test_a_sku_twice_in_one_feed_is_asked_of_a_person_however_far_apart(seller: Seller):
    others = [a_bad_row(number) for number in range(10, 110)]
    import_ = seller.imported(a_feed(a_row(7), *others, a_row(8, sku="PEN-7"), a_row(9, sku="PEN-10")))

    *_, first, second = seller.issues(import_["import_id"])
    assert [(each["rule"], each["row"]) for each in (first, second)] == [
        ("sku.repeated", 102),
        ("sku.repeated", 103),
    ]
    assert ("Row 1 " in first["message"], "Row 2 " in second["message"]) == (True, True)
    assert seller.offer("PEN-7")["title"] == "Pen number 7"


def test_the_same_product_under_two_skus_of_one_feed_is_asked_of_a_person(seller: Seller):
    import_ = seller.imported(a_feed(a_row(1), a_row(1, sku="OTHER")))

    assert counted(import_) == (2, 1, 0, 1)


def test_an_offer_is_stored_as_a_request_would_store_it(seller: Seller):
    """But for when and by which request."""
    seller.imported(a_feed(a_row(1)))
    imported = seller.offer("PEN-1")
    other = a_seller(tax_id="DE812871812")
    put = other.send("PUT", "/offers/PEN-2", body_of(a_row(2))).json

    assert imported.keys() - put.keys() == {"product_id", "current_price"} & imported.keys()
    assert imported["available"] == put["available"]
    assert imported["gtin"] == gtin(1)


def test_a_changed_price_alone_leaves_the_offer_on_sale_and_stock_is_as_of_the_feed(seller: Seller):
    seller.imported(a_feed(a_row(1)))
    waits = seller.post(a_feed(a_row(1, price={"amount": "2.10", "currency": "EUR"}, quantity=99)))
    seller.send("PUT", "/offers/PEN-1/stock", {"quantity": 4})  # counted after the feed was sent
    work()

    offer = seller.offer("PEN-1")
    assert waits.status == 202
    assert (offer["price"]["amount"], offer["active"], offer["quantity"]) == ("2.10", True, 4)


def test_a_price_of_a_feed_is_as_of_the_feed(seller: Seller):
    before = clock.timestamp()
    for amount in ("2.10", "2.20"):
        seller.imported(a_feed(a_row(1, price={"amount": amount, "currency": "EUR"})))

        late = {"sku": "PEN-1", "price": {"amount": "1.00", "currency": "EUR"}, "as_of": before}
        results = seller.send("POST", "/offer-updates", {"updates": [late]}).json["results"]

        assert results[0]["result"] == "STALE"
        assert seller.offer("PEN-1")["price"]["amount"] == amount


def test_a_feed_that_is_none_fails_and_says_what_to_do(seller: Seller):
    import_ = seller.imported(b"\x00\x01\x02nothing of a table\n", "text/csv")

    assert import_["status"] == "FAILED"
    assert import_["failure"]["code"]
    assert import_["failure"]["detail"]
    assert seller.send("GET", f"/imports/{import_['import_id']}/failed-rows").status == 404


def test_a_row_that_the_table_could_not_hold_is_an_error_and_stops_no_other(seller: Seller):
    attributes = {f"a{number}": "x" * 5_000 for number in range(60)}

    import_ = seller.imported(a_feed(a_row(1, attributes=attributes), a_row(2)))

    assert counted(import_) == (2, 1, 1, 0)


def test_columns_that_nothing_is_made_of_are_named(seller: Seller):
    import_ = seller.imported(a_feed(a_row(1, warehouse="B7")))

    assert import_["unused_columns"] == ["warehouse"]
    assert import_["lines_in_success"] == 1


def test_imports_are_listed_newest_first_and_are_nobody_elses(seller: Seller):
    first, second = seller.imported(a_feed(a_row(1))), seller.imported(a_feed(a_row(2)))
    other = a_seller(tax_id="DE812871812")

    listed = seller.send("GET", "/imports?limit=1").json
    rest = seller.send("GET", f"/imports?limit=1&cursor={listed['next_cursor']}").json
    assert [each["import_id"] for each in (*listed["items"], *rest["items"])] == [
        second["import_id"],
        first["import_id"],
    ]
    for path in ("", "/issues", "/failed-rows"):
        stolen = f"/imports/{first['import_id']}{path}"
        assert seller.send("GET", stolen, token=other.token).status == 404
        assert other.send("GET", stolen).status == 404
    assert other.send("POST", f"/imports/{first['import_id']}/cancellation").status == 404


def test_issues_come_page_by_page_and_none_twice(seller: Seller):
    import_ = seller.imported(a_feed(*(a_bad_row(number) for number in range(1, 121))))
    target = f"/imports/{import_['import_id']}/issues"

    assert [each["row"] for each in seller.issues(import_["import_id"])] == list(range(1, 121))
    assert len(seller.send("GET", f"{target}?limit=7").json["items"]) == 7
    assert seller.send("GET", f"{target}?cursor=nonsense").code == "INVALID_CURSOR"


def test_what_cannot_be_a_feed_is_refused_at_once(seller: Seller):
    assert seller.post(b"x" * 4_500_001).status == 413
    assert seller.post(b"x", "image/png").status == 415
    assert seller.post(b"x", "text/csv; charset=ü").status == 415
    assert seller.send("POST", "/imports", {"upload": True, "speed": 9}).faults == {"/speed": "UNKNOWN_FIELD"}
    assert seller.send("POST", "/imports", {"upload": False}).status == 422


def test_a_key_makes_one_import_of_one_feed(seller: Seller):
    feed = a_feed(a_row(1))
    first, again = seller.post(feed, Idempotency_Key="k"), seller.post(feed, Idempotency_Key="k")

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert seller.post(a_feed(a_row(2)), Idempotency_Key="k").code == "IDEMPOTENCY_KEY_REUSED"
    work()
    assert len(seller.send("GET", "/imports").json["items"]) == 1


def test_one_supplier_does_not_keep_all_workers_busy(seller: Seller):
    answers = [seller.post(a_feed(a_row(number))) for number in range(6)]

    assert [each.status for each in answers] == [202] * 5 + [429]
    assert answers[-1].code == "TOO_MANY_IMPORTS"
    work()
    assert seller.post(a_feed(a_row(7))).status == 202


class TestUploads:
    def ask(self, seller: Seller) -> dict[str, Any]:
        return dict(seller.send("POST", "/imports", {"upload": True, "filename": "all.ndjson"}).json)

    def uploaded(self, asked: dict[str, Any], content: bytes) -> dict[str, Any]:
        """The bucket's message of an upload with the form that was answered."""
        key = asked["upload"]["fields"]["key"]
        etag = boto3.client("s3").put_object(Bucket="marketplace-test-feeds", Key=key, Body=content)["ETag"]
        told = {"key": key, "size": len(content), "eTag": etag.strip('"')}
        return {"Records": [{"s3": {"object": told}}]}

    def test_an_upload_starts_its_import(self, seller: Seller):
        asked = self.ask(seller)
        assert asked["import"]["status"] == "QUEUED"

        work(extra=[self.uploaded(asked, a_feed(a_row(1)))])

        import_ = seller.read(asked["import"]["import_id"])
        assert (import_["status"], import_["filename"], counted(import_)) == (
            "COMPLETE",
            "all.ndjson",
            (1, 1, 0, 0),
        )

    def test_a_second_upload_in_the_same_place_is_not_taken_for_the_first(self, seller: Seller):
        asked = self.ask(seller)
        told = self.uploaded(asked, a_feed(a_row(1)))
        again = self.uploaded(asked, a_feed(a_row(2)))

        work(extra=[told])
        work(extra=[again])

        import_ = seller.read(asked["import"]["import_id"])
        assert (import_["status"], import_["failure"]["code"]) == ("FAILED", "FEED_CHANGED")
        assert seller.send("GET", "/offers/PEN-2").status == 404

    def test_a_cancelled_one_has_no_failed_rows(self, seller: Seller):
        import_id = self.ask(seller)["import"]["import_id"]
        waits = seller.send("GET", f"/imports/{import_id}/failed-rows")
        seller.send("POST", f"/imports/{import_id}/cancellation")

        assert waits.code == "IMPORT_NOT_FINISHED"
        assert seller.send("GET", f"/imports/{import_id}/failed-rows").status == 404

    def test_other_objects_and_the_buckets_greeting_are_no_imports(self, seller: Seller):
        told = {"key": "bodies/imp_1", "size": 1, "eTag": "e"}

        work(extra=[{"Event": "s3:TestEvent"}, {"Records": [{"s3": {"object": told}}]}])

        assert not waiting()


class TestWorkers:
    BAD = tuple(a_bad_row(number) for number in range(100, 300))

    def test_each_leaves_the_rest_to_the_next_when_its_time_is_up(self, seller: Seller):
        import_id = seller.post(a_feed(a_row(1), *self.BAD, a_row(2))).json["import"]["import_id"]

        work(rounds=1, seconds=0)
        halfway = seller.read(import_id)
        work(seconds=0)
        ended = seller.read(import_id)

        assert (halfway["status"], counted(halfway)) == ("RUNNING", (100, 1, 99, 0))
        assert (ended["status"], counted(ended)) == ("COMPLETE", (202, 2, 200, 0))

    def test_a_message_that_comes_again_does_nothing(self, seller: Seller):
        import_ = seller.imported(a_feed(a_row(1)))
        before = table()

        work(extra=[{"import_id": import_["import_id"]}, {"import_id": "imp_unknown"}])

        assert table() == before

    def test_a_worker_that_died_before_it_counted_is_followed_by_one_that_counts_once(self, seller: Seller):
        rows = [a_row(1), a_row(2, gtin=BAD_GTIN), *self.BAD[:110], a_row(3)]
        import_id = seller.post(a_feed(*rows)).json["import"]["import_id"]
        queued = table(only=f"IMPORT#{import_id}")
        work()
        ended, reviews = seller.read(import_id), table(only="REVIEW#")

        for item in queued:
            boto3.client("dynamodb").put_item(TableName="marketplace-test", Item=item)
        work()

        again = seller.read(import_id)
        assert counted(again) == counted(ended) == (113, 2, 110, 1)
        assert table(only="REVIEW#") == reviews

    def test_nobody_works_on_what_another_has_in_hand(self, seller: Seller):
        import_id = seller.post(a_feed(a_row(1))).json["import"]["import_id"]
        boto3.client("dynamodb").update_item(
            TableName="marketplace-test",
            Key={"PK": {"S": f"IMPORT#{import_id}"}, "SK": {"S": "IMPORT"}},
            UpdateExpression="SET lease = :l, lease_until = :u",
            ExpressionAttributeValues={":l": {"S": "other"}, ":u": {"S": "9999-01-01T00:00:00.000Z"}},
        )

        work()

        assert seller.read(import_id)["status"] == "QUEUED"
        assert seller.send("GET", "/offers/PEN-1").status == 404

    def test_a_cancelled_import_reads_no_further_and_counts_what_it_did(self, seller: Seller):
        import_id = seller.post(a_feed(a_row(1), *self.BAD)).json["import"]["import_id"]
        work(rounds=1, seconds=0)

        cancelled = seller.send("POST", f"/imports/{import_id}/cancellation")
        again = seller.send("POST", f"/imports/{import_id}/cancellation")
        work()

        import_ = seller.read(import_id)
        assert (cancelled.status, cancelled.json["status"], again.status) == (200, "CANCELLED", 200)
        assert (import_["status"], counted(import_)) == ("CANCELLED", (100, 1, 99, 0))
        assert "PEN-100" in seller.send("GET", f"/imports/{import_id}/failed-rows").text

    def test_one_that_has_ended_cannot_be_cancelled(self, seller: Seller):
        import_ = seller.imported(a_feed(a_row(1)))

        assert seller.send("POST", f"/imports/{import_['import_id']}/cancellation").code == "IMPORT_FINISHED"

    def test_what_cannot_be_judged_in_time_goes_the_ordinary_way(self, seller: Seller):
        def never(_url: str) -> Image:
            raise OutOfTime

        feed = open_feed(io.BytesIO(a_feed(a_row(1), a_bad_row(2))))
        context = Context(seller.supplier_id, "2026-01-01T00:00:00.000Z", SeenSkus(), never)

        good, bad = store(list(feed.rows), context)

        assert (good.outcome, bad.outcome) == ("PENDING", "ERROR")
        offer = seller.offer("PEN-1")
        assert (offer["validation_state"], offer["acceptance"]) == ("PENDING", "NEW")

    def test_what_others_write_between_judging_and_writing_is_taken_into_account(self, seller: Seller):
        """Another supplier's offer of the same new product, and the supplier's own request."""
        other = a_seller(tax_id="DE812871812")
        once = iter([True])

        def meanwhile(_url: str) -> Image:
            if next(once, False):
                other.imported(a_feed(a_row(1)))
                seller.send("PUT", "/offers/PEN-2", {**body_of(a_row(2)), "title": "By hand"})
            return Image(REACHED, 400, 400, 200)

        rows = open_feed(io.BytesIO(a_feed(a_row(1), a_row(2), a_row(3)))).rows
        context = Context(seller.supplier_id, clock.timestamp(), SeenSkus(), meanwhile)

        results = store(list(rows), context)

        assert [each.outcome for each in results] == ["SUCCESS"] * 3
        product = products.get(seller.offer("PEN-1")["product_id"])
        assert product
        assert product.offer_ids.keys() == {seller.supplier_id, other.supplier_id}
        assert (seller.offer("PEN-2")["title"], seller.offer("PEN-2")["active"]) == ("Pen number 2", True)

    def test_an_import_ends_with_its_supplier(self, seller: Seller):
        import_id = seller.post(a_feed(a_row(1))).json["import"]["import_id"]
        supplier = suppliers.get(seller.supplier_id)
        assert supplier
        closed = replace(supplier, status="TERMINATED")
        commit(suppliers.replacing(closed, expected_version=supplier.version))

        work()

        import_ = seller.read(import_id)
        assert (import_["status"], import_["failure"]["code"]) == ("FAILED", "SUPPLIER_CLOSED")

    def test_failed_rows_come_when_the_import_has_ended(self, seller: Seller):
        import_id = seller.post(a_feed(a_row(1))).json["import"]["import_id"]

        assert seller.send("GET", f"/imports/{import_id}/failed-rows").code == "IMPORT_NOT_FINISHED"


@pytest.mark.parametrize(
    "form", ['{{"offers": [{0}, {1}]}}', '{{"shop": {{"id": [7]}}, "items": [{0},\n{1}]}}', "{0}\n{1}"]
)
def test_a_json_body_is_a_feed_where_records_stand_in_it(seller: Seller, form: str):
    feed = form.format(*(json.dumps(a_row(number)) for number in (1, 2))).encode()

    tried = seller.send("POST", "/offer-validations", raw=feed)

    assert tried.json["lines_in_success"] == 2
    assert counted(seller.imported(feed, "application/json")) == (2, 2, 0, 0)


def test_one_json_object_is_a_request_to_upload(seller: Seller):
    refused = seller.send("POST", "/imports", a_row(1))

    assert refused.faults["/sku"] == "UNKNOWN_FIELD"

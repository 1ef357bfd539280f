from chalicelib import telemetry
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.review import Review
from chalicelib.problems import NotFound
from chalicelib.services.review_batches import on_each


def decided(review_id: str) -> Review:
    """Fails as its id says."""
    if review_id in FAILURES:
        raise FAILURES[review_id]
    return Review(review_id, "OFFER", "sup_1", 1, status="RESOLVED", resolution="APPROVED", version=2)


FAILURES: dict[str, Exception] = {
    "unknown": NotFound(),
    "illegal": IllegalMove("offer", "REJECTED", "ACCEPTED"),
    "broken": KeyError("secret of the record"),
}


def test_each_case_has_its_own_result_in_the_order_of_the_request() -> None:
    answer = on_each(["a", "unknown", "illegal", "broken", "b"], decided)

    problems = [each.get("problem", {}) for each in answer["results"]]
    assert (answer["done"], answer["refused"]) == (2, 3)
    assert [each["review_id"] for each in answer["results"]] == ["a", "unknown", "illegal", "broken", "b"]
    assert [(each.get("status"), each.get("code")) for each in problems] == [
        (None, None),
        (404, "NOT_FOUND"),
        (409, "ILLEGAL_MOVE"),
        (500, "INTERNAL_ERROR"),
        (None, None),
    ]
    assert "secret" not in str(answer)


def test_what_does_not_come_to_its_turn_in_time_is_said_to_be_undone() -> None:
    begun: list[str] = []

    answer = on_each(["a", "b"], lambda each: begun.append(each) or decided(each), seconds=-1)

    assert begun == []
    assert [each["problem"]["code"] for each in answer["results"]] == ["OUT_OF_TIME"] * 2


def test_every_case_keeps_the_requests_correlation_id() -> None:
    seen: list[str] = []
    telemetry.bind("req-of-a-batch")

    on_each(
        [str(number) for number in range(20)],
        lambda each: seen.append(telemetry.correlation_id()) or decided(each),
    )

    assert seen == ["req-of-a-batch"] * 20

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk
from validating import (
    a_supplier,
    an_offer,
    an_open_supplier,
    stored_offer,
    stored_supplier,
    supplier_site,
    validate,
)

from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier
from chalicelib.services import current_rules, replay_rules, walk_records
from chalicelib.storage import offers
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

TITLE = "Set <of 6> pens"
GTINS = ("4006381333931", "4006381333948", "4006381333955", "4006381333962", "4006381333979", "4006381333986")
EXCEPTION = {"kind": "EXCEPTION", "rule": "content.markup", "field": "/title", "value": TITLE}
LIMIT = {"kind": "LIMIT", "rule": "content.too_long", "parameter": "limits", "value": {"title": 10}}
ALIAS = {"kind": "ALIAS", "rule": "category.alias", "from": "Cigarettes", "to": "Sweets"}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@pytest.fixture
def supplier(site: str) -> Supplier:
    return an_open_supplier(site)


@pytest.fixture
def doubted(supplier: Supplier, site: str) -> Offer:
    """An offer that waits for a person because its title looks like markup."""
    offer = an_offer(supplier, "SET", site, gtin=GTINS[0], title=TITLE)
    validate(offer)
    return stored_offer(offer)


def teach(desk: Desk, review_id: str | None, lesson: dict[str, Any], **more: Any) -> Any:
    return desk.send("POST", f"/admin/reviews/{review_id}/lessons", {**lesson, **more})


def learned(desk: Desk, review_id: str | None, lesson: dict[str, Any], **more: Any) -> Any:
    """Replay the lesson, then save it."""
    token = teach(desk, review_id, lesson).json["replay_token"]
    return teach(desk, review_id, lesson, dry_run=False, replay_token=token, **more)


def everything() -> list[tuple[str, str, int]]:
    return sorted((item.pk, item.sk, int(item.version)) for item in Item.scan())


def test_a_replay_shows_what_a_lesson_would_change_and_stores_nothing(
    desk: Desk, supplier: Supplier, doubted: Offer, site: str
) -> None:
    validate(an_offer(supplier, "CLEAN", site, gtin=GTINS[1]))
    before = everything()

    replay = teach(desk, doubted.review_id, EXCEPTION).json

    past = replay["past_submissions"]
    assert (past["looked_at"], past["changed"], past["next_cursor"]) == (2, 1, None)
    assert (past["before"]["to_review"], past["after"]["to_review"]) == (1, 0)
    assert past["samples"] == [
        {
            "supplier_id": supplier.supplier_id,
            "sku": "SET",
            "before": {"outcome": "to_review", "rules": ["content.markup"]},
            "after": {"outcome": "accepted", "rules": []},
            "changed_fields": [],
            "review_id": doubted.review_id,
        }
    ]
    assert replay["open_cases"] == {"looked_at": 1, "settled": [doubted.review_id], "more": False}
    assert everything() == before


def test_a_saved_lesson_is_a_version_with_its_review_and_settles_what_waits(
    desk: Desk, supplier: Supplier, doubted: Offer, site: str
) -> None:
    saved = learned(desk, doubted.review_id, EXCEPTION, note="Sets are named so.")

    (version, *_) = desk.send("GET", "/admin/rule-settings/versions").json["items"]
    assert (saved.status, saved.json["settings_version"]) == (201, 1)
    assert {name: version[name] for name in ("review_id", "set_by", "reason")} == {
        "review_id": doubted.review_id,
        "set_by": "admin:admin-1",
        "reason": "Sets are named so.",
    }
    assert saved.json["open_cases"]["settled"] == [doubted.review_id]
    assert stored_offer(doubted).validation_state == "PENDING"

    validate(stored_offer(doubted))
    another = an_offer(supplier, "SET-2", site, gtin=GTINS[1], title=TITLE)
    validate(another)

    review = desk.send("GET", f"/admin/reviews/{doubted.review_id}").json
    assert (stored_offer(doubted).acceptance, stored_offer(another).acceptance) == ("ACCEPTED", "ACCEPTED")
    assert (review["status"], review["resolution"]) == ("RESOLVED", "CORRECTED")
    assert [entry["event"] for entry in review["history"]] == ["OPENED", "LESSON_SAVED", "RESOLVED"]


def test_the_same_lesson_once_more_settles_what_a_crash_left_behind(desk: Desk, doubted: Offer) -> None:
    learned(desk, doubted.review_id, EXCEPTION)
    waiting = stored_offer(doubted)
    commit(offers.replacing(replace(waiting, validation_state="DONE"), expected_version=waiting.version))

    again = learned(desk, doubted.review_id, EXCEPTION)

    assert again.json["open_cases"]["settled"] == [doubted.review_id]
    assert stored_offer(doubted).validation_state == "PENDING"


def test_a_stricter_limit_shows_which_accepted_offers_it_would_stop(
    desk: Desk, supplier: Supplier, doubted: Offer, site: str
) -> None:
    accepted = an_offer(supplier, "A", site, gtin=GTINS[1], title="A pen with a long name")
    validate(accepted)

    everywhere = teach(desk, doubted.review_id, LIMIT).json["past_submissions"]
    elsewhere = teach(desk, doubted.review_id, {**LIMIT, "where": {"brand": "Another"}}).json

    stopped = [each for each in everywhere["samples"] if each["sku"] == "A"]
    assert stopped[0]["before"] == {"outcome": "accepted", "rules": []}
    assert stopped[0]["after"] == {"outcome": "to_review", "rules": ["content.too_long"]}
    assert elsewhere["past_submissions"]["changed"] == 0
    learned(desk, doubted.review_id, LIMIT)
    again = an_offer(supplier, "B", site, gtin=GTINS[2], title="A pen with a long name")
    validate(again)
    assert stored_offer(again).acceptance == "TO_REVIEW"


def test_an_alias_corrects_what_was_asked_of_people_before(desk: Desk, supplier: Supplier, site: str) -> None:
    asked = an_offer(supplier, "CANDY", site, gtin=GTINS[1], category="Cigarettes")
    validate(asked)

    replay = teach(desk, stored_offer(asked).review_id, ALIAS).json["past_submissions"]
    learned(desk, stored_offer(asked).review_id, ALIAS)
    validate(stored_offer(asked))

    (sample,) = replay["samples"]
    assert (sample["before"]["outcome"], sample["after"]["outcome"]) == ("to_review", "corrected")
    assert sample["changed_fields"] == ["/category"]
    assert stored_offer(asked).content["category"] == "Sweets"
    assert stored_offer(asked).acceptance == "ACCEPTED"


def test_what_people_decided_stands_beside_what_would_have_come_of_it(desk: Desk, doubted: Offer) -> None:
    desk.decide(str(doubted.review_id), "REJECTED")

    (sample,) = teach(desk, doubted.review_id, EXCEPTION).json["past_submissions"]["samples"]

    assert (sample["after"]["outcome"], sample["resolution"]) == ("accepted", "REJECTED")


def test_what_was_seen_outside_is_taken_over_and_not_asked_again(
    desk: Desk, supplier: Supplier, site: str
) -> None:
    offer = an_offer(supplier, "SET", site, gtin=GTINS[0], title=TITLE, image_urls=[f"{site}/gone"])
    validate(offer)
    doubted = stored_offer(offer)
    without = {
        "kind": "EXCEPTION",
        "rule": "image.unreachable",
        "field": "/image_urls/*",
        "value": f"{site}/gone",
    }

    (of_title,) = teach(desk, doubted.review_id, EXCEPTION).json["past_submissions"]["samples"]
    (of_image,) = teach(desk, doubted.review_id, without).json["past_submissions"]["samples"]

    assert of_title["after"] == {"outcome": "to_review", "rules": ["image.unreachable"]}
    assert of_image["after"] == {"outcome": "to_review", "rules": ["content.markup"]}


def test_a_lesson_about_suppliers_is_replayed_over_suppliers(desk: Desk, site: str) -> None:
    waiting = a_supplier(site, brands=[], tax_id="DE123456789")
    validate(waiting)
    stored = stored_supplier(waiting)
    (rule,) = {issue["rule"] for issue in stored.issues if issue["severity"] == "ERROR"}
    lesson = {"kind": "EXCEPTION", "rule": rule, "field": "/tax_id", "value": stored.profile["tax_id"]}

    replay = teach(desk, stored.review_id, lesson).json
    learned(desk, stored.review_id, lesson)
    validate(stored_supplier(waiting))

    assert replay["past_submissions"]["samples"][0]["supplier_id"] == waiting.supplier_id
    assert replay["open_cases"]["settled"] == [stored.review_id]
    assert stored_supplier(waiting).status == "OPEN"


def test_a_rule_about_any_text_is_replayed_over_what_the_case_is_about(
    desk: Desk, supplier: Supplier, doubted: Offer
) -> None:
    lesson = {"kind": "EXCEPTION", "rule": "text.white_space", "field": "/display_name", "value": "x"}
    _, about_supplier = desk.supplier_in_review()

    of_offers = teach(desk, doubted.review_id, lesson).json["past_submissions"]["looked_at"]
    of_suppliers = teach(desk, about_supplier, lesson).json["past_submissions"]["looked_at"]

    assert (of_offers, of_suppliers) == (1, 2)


def test_what_is_saved_is_what_was_replayed(desk: Desk) -> None:
    _, review_id = desk.supplier_in_review()
    token = teach(desk, review_id, EXCEPTION).json["replay_token"]

    without = teach(desk, review_id, EXCEPTION, dry_run=False)
    of_another = teach(desk, review_id, {**EXCEPTION, "value": "x"}, dry_run=False, replay_token=token)
    learned(desk, review_id, LIMIT)
    too_late = teach(desk, review_id, EXCEPTION, dry_run=False, replay_token=token)

    assert without.faults == {"/replay_token": "MISSING_FIELD"}
    assert of_another.faults == {"/replay_token": "INVALID_VALUE"}
    assert (too_late.status, too_late.code) == (412, "STALE_VERSION")
    assert desk.send("GET", "/admin/rule-settings").json["version"] == 1


UNTEACHABLE: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({**EXCEPTION, "rule": "no.rule"}, {"/rule": "UNKNOWN_RULE"}),
    ({**EXCEPTION, "field": "title"}, {"/field": "INVALID_VALUE"}),
    ({**EXCEPTION, "to": "x"}, {"/to": "INVALID_VALUE"}),
    ({**EXCEPTION, "where": {"colour": "red"}}, {"/where/colour": "UNKNOWN_FIELD"}),
    ({**ALIAS, "rule": "content.markup"}, {"/rule": "TAKES_NO_ALIAS"}),
    ({"kind": "ALIAS", "rule": "category.alias", "from": "x"}, {"/to": "MISSING_FIELD"}),
    ({**LIMIT, "value": "ten"}, {"/value": "INVALID_VALUE"}),
    ({**LIMIT, "parameter": "most"}, {"/value": "UNKNOWN_PARAMETER"}),
    ({**LIMIT, "rule": "image.too_small", "parameter": "least", "value": 900}, {"/rule": "NOT_REPLAYABLE"}),
    ({"kind": "WISDOM", "rule": "x"}, {"/kind": "INVALID_VALUE"}),
]


def test_what_a_rule_cannot_learn_is_refused(desk: Desk) -> None:
    _, review_id = desk.supplier_in_review()

    replies = [teach(desk, review_id, lesson) for lesson, _ in UNTEACHABLE]

    assert {reply.status for reply in replies} == {422}
    assert [reply.faults for reply in replies] == [fault for _, fault in UNTEACHABLE]


def test_a_lesson_needs_a_review(desk: Desk) -> None:
    assert teach(desk, "rev_unknown", EXCEPTION).status == 404


def test_a_replay_goes_on_page_by_page_through_every_open_suppliers_offers_once(
    desk: Desk, supplier: Supplier, doubted: Offer, site: str
) -> None:
    others = [an_open_supplier(site) for _ in range(2)]
    for owner, sku, gtin in (
        (supplier, "Z", 1),
        (others[0], "A", 2),
        (others[0], "B", 3),
        (others[1], "C", 4),
    ):
        validate(an_offer(owner, sku, site, gtin=GTINS[gtin], title="A pen with a long name"))
    found, cursor = [], {}
    for _ in range(10):
        page = teach(desk, doubted.review_id, LIMIT, limit=1, **cursor).json["past_submissions"]
        found += [sample["sku"] for sample in page["samples"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert found[:2] == ["SET", "Z"]
    assert sorted(found) == ["A", "B", "C", "SET", "Z"]


def test_a_forged_cursor_is_refused(desk: Desk) -> None:
    _, review_id = desk.supplier_in_review()
    forged = ["x", "W10", "bnVsbA", "WyJPUEVOIiwgIngiLCBudWxsXQ", "WzEsIG51bGwsIG51bGxd"]

    codes = [teach(desk, review_id, LIMIT, cursor=cursor).code for cursor in forged]

    assert codes == ["INVALID_CURSOR"] * len(forged)


def test_judging_again_by_the_same_settings_comes_to_the_same(supplier: Supplier, site: str) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"condition": "Brand new"},
        {"title": TITLE, "category": ""},
        {"image_urls": [f"{site}/small.png"]},
        {"gtin": "4006381333932"},
        {"title": " Pen\u00a0 "},
    ]
    sent = [
        an_offer(supplier, f"SKU-{number}", site, **{"gtin": GTINS[number], **change})
        for number, change in enumerate(changes)
    ]
    validate(*sent)
    stored = [stored_offer(offer) for offer in sent]

    verdicts = replay_rules.judge(stored, current_rules.now())

    for offer in stored:
        verdict = verdicts[replay_rules.judged(offer)]
        doubts = sorted({issue["rule"] for issue in offer.issues if issue["severity"] == "ERROR"})
        assert list(verdict.rules) == doubts
        assert verdict.content == offer.content
        assert (verdict.outcome == "to_review") == (offer.acceptance == "TO_REVIEW")
        assert (verdict.outcome == "corrected") == (
            offer.acceptance == "ACCEPTED" and bool(offer.corrections)
        )


def test_a_walk_ends_where_there_is_nobody(aws: None) -> None:
    assert walk_records.suppliers_by_status(None, limit=10) == ([], None)
    assert walk_records.offers_beginning_with("sup_nobody", None, limit=10) == ([], None)

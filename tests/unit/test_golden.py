"""What a product says, and which offer says it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import golden
from chalicelib.domain.offer import Product

BLANK = Product("prd_1", "0001", "", "", "")


def member(supplier: str, since: str = "2026", *, owns_brand: bool = False) -> dict[str, Any]:
    return {"offer_id": f"off_{supplier}", "sku": "A", "since": since, "at": since, "owns_brand": owns_brand}


def content(title: str = "Pen", **fields: Any) -> dict[str, Any]:
    return {"title": title, "brand": "Fjord", "category": "Pens", **fields}


def sources(product: Product) -> dict[str, str]:
    return {pointer: source["supplier_id"] for pointer, source in product.sources.items()}


def test_each_field_is_from_the_first_offer_that_has_it() -> None:
    product = golden.with_member(BLANK, "one", member("one", "2025"), content("Pen", attributes={"ink": ""}))
    later = content("Biro", description="Blue.", attributes={"ink": "blue", "n/a": 0})
    product = golden.with_member(product, "two", member("two", "2026"), later)

    assert (product.title, product.description, product.attributes) == (
        "Pen",
        "Blue.",
        {"ink": "blue", "n/a": 0},
    )
    assert sources(product) == {
        "/title": "one",
        "/brand": "one",
        "/category": "one",
        "/description": "two",
        "/attributes/ink": "two",
        "/attributes/n~1a": "two",
    }
    assert not product.is_content_due


def test_the_holder_of_the_brand_speaks_before_those_who_came_earlier() -> None:
    product = golden.with_member(BLANK, "one", member("one"), content("Pen", description="Old."))
    product = golden.with_member(product, "two", member("two", "2027", owns_brand=True), content("Biro"))

    assert (product.title, product.description) == ("Biro", "Old.")


def test_what_an_offer_gives_up_is_due_to_be_asked_of_the_others() -> None:
    product = golden.with_member(BLANK, "one", member("one"), content(description="Of one."))
    product = golden.with_member(product, "two", member("two", "2027"), content(description="Of two."))
    given_up = golden.with_member(product, "one", member("one"), content())

    assert (given_up.description, given_up.is_content_due) == ("", True)

    everybody = [
        golden.as_given(given_up, "one"),
        golden.of_member(given_up, "two", golden.values_of(content(description="Of two."))),
    ]
    whole = golden.merged(given_up, everybody)
    assert (whole.description, whole.is_content_due) == ("Of two.", False)


def test_the_only_offer_says_it_all() -> None:
    product = golden.with_member(BLANK, "one", member("one"), content(description="Old."))
    product = golden.with_member(product, "one", member("one"), content())

    assert (product.description, product.is_content_due) == ("", False)


def test_a_product_that_nobody_offers_keeps_its_content() -> None:
    product = golden.with_member(BLANK, "one", member("one"), content())
    left = replace(product, offer_ids={}, is_content_due=True)

    assert golden.merged(left, []) == replace(product, offer_ids={})


@pytest.mark.parametrize("filler", ["x", "\x01", "\N{CRAB}"])
def test_attributes_have_an_end(filler: str) -> None:
    greedy = content(attributes={f"a{number:03}": filler * 5_000 for number in range(200)})
    product = golden.with_member(BLANK, "one", member("one"), greedy)

    stored = json.dumps([product.attributes, golden.grouped(product.sources)], ensure_ascii=False)
    assert product.title == "Pen"
    assert len(stored.encode()) <= golden.ROOM
    assert product.attributes


CONTENTS = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", "a", "b"]),
        "attributes": st.dictionaries(st.sampled_from("xy"), st.sampled_from(["", "1"])),
    }
)
JOINING = st.tuples(st.sampled_from(["one", "two", "three"]), st.booleans(), CONTENTS)


@given(st.lists(JOINING, max_size=8))
def test_merging_one_by_one_is_merging_all_unless_it_is_due(joining: list[tuple[str, bool, Any]]) -> None:
    product, said = BLANK, {}
    for number, (supplier, owns_brand, says) in enumerate(joining):
        known = product.offer_ids.get(supplier, member(supplier, f"{number}"))
        product = golden.with_member(product, supplier, {**known, "owns_brand": owns_brand}, says)
        said[supplier] = golden.values_of(says)

    if not product.is_content_due:
        everybody = [golden.of_member(product, supplier, values) for supplier, values in said.items()]
        whole = golden.merged(product, everybody)
        assert (whole.title, whole.attributes) == (product.title, product.attributes)
        assert sources(whole) == sources(product)

"""Which of the commission rules a sale falls under."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.api.schemas.commission_rules import NewCommissionRulesSchema
from chalicelib.bodies.faults import load
from chalicelib.domain import fees
from chalicelib.domain.fee_rules import (
    FIRST,
    NO_AMOUNT,
    PRECEDENCE,
    CommissionRules,
    FeeRule,
    Sale,
    faults,
    percent,
)
from chalicelib.domain.fee_schedule import Holding, Schedule, holding_at
from chalicelib.domain.fees import FeeFacts
from chalicelib.domain.money import Money
from chalicelib.problems import Unprocessable
from chalicelib.storage import fee_terms

PAGE = (Path(__file__).parents[2] / "docs" / "fees.md").read_text()
STANDARD = {"rule": "standard", "percent": 15}
TEA = Sale("sup_1", FeeFacts("Food > Drinks > Tea", "North", "gold", "BE"), Money(1000, "EUR"))


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def chosen(rules: list[dict[str, Any]], sale: Sale = TEA, **more: Any) -> str:
    return CommissionRules(1, {"rules": rules, **more}).terms(sale).rule


conditions = st.fixed_dictionaries(
    {},
    optional={
        "supplier_id": st.sampled_from(["sup_1", "sup_2"]),
        "plan": st.sampled_from(["gold", "basic"]),
        "category": st.sampled_from(["Food", "food>Drinks", "Food > Drinks > Tea", "Toys", "Foo"]),
        "brand": st.sampled_from(["NORTH", "South"]),
        "price_from": st.sampled_from([euros("5.00"), euros("10.00"), euros("10.01")]),
        "channel": st.sampled_from(["direct", "shop"]),
    },
)
amounts = st.sampled_from([None, [euros("0.30")], [{"amount": "30", "currency": "JPY"}]])
documents = st.lists(st.tuples(conditions, amounts), max_size=8).map(
    lambda rules: [
        *(
            {"rule": f"r{place}", "when": when, **({"flat": flat} if flat else {})}
            for place, (when, flat) in enumerate(rules)
        ),
        STANDARD,
    ]
)
sales = st.builds(
    Sale,
    st.sampled_from(["sup_1", "sup_2", ""]),
    st.builds(
        FeeFacts,
        st.sampled_from(["", "Food", "Food > Drinks > Tea", "Toys > Blocks"]),
        st.sampled_from(["", "north", "South"]),
        st.sampled_from(["", "gold"]),
        st.sampled_from(["", "BE"]),
    ),
    st.builds(Money, st.integers(0, 2000), st.sampled_from(["EUR", "JPY"])),
    st.sampled_from(["direct", "shop"]),
)


def meets(rule: FeeRule, sale: Sale) -> bool:
    """As the page says it, apart from how the module does."""

    def letters(name: str) -> str:
        return "".join(filter(str.isalnum, name.casefold()))

    path = [letters(level) for level in sale.facts.category.split(">")]
    return (
        rule.supplier_id in (None, sale.supplier_id)
        and rule.plan in (None, sale.facts.plan)
        and list(rule.category) == path[: len(rule.category)]
        and rule.brand in (None, letters(sale.facts.brand))
        and rule.channel in (None, sale.channel)
        and rule.covers(sale.price)
    )


@settings(max_examples=50)
@given(documents, sales, st.randoms(use_true_random=False))
def test_the_winner_does_not_depend_on_the_order_of_rules_that_are_not_its_equals(
    rules: list[dict[str, Any]], sale: Sale, random: Any
) -> None:
    before = CommissionRules(1, {"rules": rules})
    shuffled = list(rules)
    random.shuffle(shuffled)
    precise = {each.name: each.precision for each in before.rules}

    winner, other = before.terms(sale).rule, chosen(shuffled, sale)

    assert precise[winner] == precise[other]
    rest = [each for each in shuffled if precise[each["rule"]] != precise[winner]]
    equals = [each for each in rules if precise[each["rule"]] == precise[winner]]
    assert chosen([*rest, *equals], sale) == winner


@settings(max_examples=50)
@given(documents, sales)
def test_every_rule_that_a_sale_meets_has_won_or_is_said_to_have_lost_and_by_what(
    rules: list[dict[str, Any]], sale: Sale
) -> None:
    version = CommissionRules(1, {"rules": rules})
    names = [each["rule"] for each in rules]
    by_name = {each.name: each for each in version.rules}

    winner = by_name[version.terms(sale).rule]
    lost = {rule.name: by for rule, by in version.losers(sale)}

    assert {winner.name, *lost} == {rule.name for rule in version.rules if meets(rule, sale)}
    for name, by in lost.items():
        loser = by_name[name]
        if by == NO_AMOUNT:
            assert not loser.counts_in(sale.price.currency)
        elif by == FIRST:
            assert loser.precision == winner.precision
            assert names.index(winner.name) < names.index(name)
        else:
            place = PRECEDENCE.index(by)
            assert loser.precision[:place] == winner.precision[:place]
            assert loser.precision[place] < winner.precision[place]


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        pytest.param({"supplier_id": "sup_1"}, {"plan": "gold", "brand": "North"}, id="supplier-plan"),
        pytest.param({"plan": "gold"}, {"category": "Food > Drinks > Tea"}, id="plan-category"),
        pytest.param({"category": "Food > Drinks"}, {"category": "Food", "brand": "North"}, id="deeper"),
        pytest.param({"category": "Food"}, {"brand": "North"}, id="category-brand"),
        pytest.param({"brand": "North"}, {"price_from": euros("1.00")}, id="brand-price"),
        pytest.param({"price_to": euros("10.01")}, {"channel": "direct"}, id="price-channel"),
        pytest.param({"channel": "direct"}, {}, id="channel-none"),
    ],
)
def test_what_says_more_precisely_whom_it_is_for_goes_before(
    stronger: dict[str, Any], weaker: dict[str, Any]
) -> None:
    rules = [{"rule": "weak", "when": weaker}, {"rule": "strong", "when": stronger}]

    assert chosen(rules) == chosen(rules[::-1]) == "strong"


@pytest.mark.parametrize(
    ("minor", "rule"),
    [(499, "standard"), (500, "band"), (999, "band"), (1000, "standard")],
    ids=["below", "from", "last", "to"],
)
def test_bands_that_meet_leave_no_price_out_and_take_none_twice(minor: int, rule: str) -> None:
    band = {"rule": "band", "when": {"price_from": euros("5.00"), "price_to": euros("10.00")}}

    assert chosen([band, STANDARD], TEA._replace(price=Money(minor, "EUR"))) == rule
    assert chosen([band, STANDARD], TEA._replace(price=Money(700, "USD"))) == "standard"


def test_a_rule_with_amounts_in_other_currencies_only_does_not_apply() -> None:
    both = {"rule": "both", "percent": 5, "flat": [euros("0.30")], "cap": [euros("2.00")]}
    half = {**both, "rule": "half", "cap": [{"amount": "2.00", "currency": "USD"}]}

    assert chosen([half, both, STANDARD]) == "both"
    assert chosen([half, both, STANDARD], TEA._replace(price=Money(1000, "JPY"))) == "standard"


def test_what_is_frozen_are_numbers_the_tax_of_the_suppliers_country_and_what_decided() -> None:
    rule = {
        "rule": "tea",
        "when": {"category": "food > drinks"},
        "percent": 8.1255,
        "flat": [euros("0.30")],
        "floor": [euros("0.50")],
        "cap": [euros("4.00")],
        "on_shipping": True,
        "refundable": False,
    }
    rules = CommissionRules(
        7, {"rules": [rule, STANDARD], "fee_vat": {"default": 19, "countries": {"BE": 21}}}
    )

    terms = rules.terms(TEA)

    assert terms[:7] == (7, "tea", 81_255, 30, 50, 400, 210_000)
    assert (terms.on_shipping, terms.kept_on_refund) == (True, True)
    assert terms.inputs == {
        "category": "Food > Drinks > Tea",
        "brand": "North",
        "plan": "gold",
        "country": "BE",
        "channel": "direct",
    }
    assert rules.terms(TEA._replace(facts=FeeFacts(country="DE"))).vat_ppm == 190_000
    assert [percent(each) for each in (81_255, 150_000, 0)] == [8.1255, 15, 0]


@settings(max_examples=50)
@given(documents, sales, st.integers(0, 9), st.none() | st.integers(0, 9), st.none() | st.integers(0, 9))
def test_what_is_frozen_comes_back_from_the_table_as_it_was(
    rules: list[dict[str, Any]], sale: Sale, flat: int, floor: int | None, cap: int | None
) -> None:
    terms = CommissionRules(3, {"rules": rules}).terms(sale)._replace(flat=flat, floor=floor, cap=cap)

    for each in (terms, terms._replace(on_shipping=True), terms._replace(kept_on_refund=True, vat_ppm=9)):
        assert fee_terms.unpacked(fee_terms.packed(each)) == each
    assert fee_terms.unpacked(fee_terms.packed(None)) is None


def test_rules_that_leave_something_undecided_or_share_a_name_are_faulty() -> None:
    narrow = {"rule": "a", "when": {"plan": "gold"}}
    in_euros = {"rule": "a", "flat": [euros("1.00")]}

    assert faults({"rules": [STANDARD]}) == []
    assert [each[:2] for each in faults({"rules": [narrow, in_euros]})] == [
        ("/rules/1/rule", "DUPLICATE"),
        ("/rules", "NO_STANDARD_RULE"),
    ]


def when(**conditions: Any) -> dict[str, Any]:
    return {"rules": [{"rule": "a", "when": conditions}]}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param({"rules": []}, "/rules", id="none"),
        pytest.param({"rules": [{**STANDARD, "percent": Decimal("100.5")}]}, "/rules/0/percent", id="much"),
        pytest.param({"rules": [{**STANDARD, "percent": Decimal("1.00001")}]}, "/rules/0/percent", id="fine"),
        pytest.param({"rules": [{**STANDARD, "percent": "15"}]}, "/rules/0/percent", id="text"),
        pytest.param({"rules": [{**STANDARD, "flat": [euros("1.00")] * 2}]}, "/rules/0/flat", id="twice"),
        pytest.param({"rules": [{**STANDARD, "flat": []}]}, "/rules/0/flat", id="no-amount"),
        pytest.param(
            {"rules": [{**STANDARD, "floor": [euros("1.00")], "cap": [euros("0.99")]}]},
            "/rules/0/cap",
            id="floor-above-cap",
        ),
        pytest.param(
            when(price_from=euros("2.00"), price_to=euros("2.00")), "/rules/0/when/price_to", id="empty-band"
        ),
        pytest.param(when(country="BE"), "/rules/0/when/country", id="unknown-condition"),
        pytest.param({"rules": [{"rule": "a b"}]}, "/rules/0/rule", id="name"),
        pytest.param(
            {"fee_vat": {"countries": {"Belgium": 21}}}, "/fee_vat/countries/Belgium/key", id="country"
        ),
        pytest.param(
            {"penalties": [{"event": "LATE", "amounts": [euros("1.00")]}]}, "/penalties/0/event", id="event"
        ),
    ],
)
def test_rules_that_are_not_well_formed_are_refused_with_their_place(
    body: dict[str, Any], place: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        load(NewCommissionRulesSchema(), {"rules": [STANDARD], "reason": "x", **body})

    assert [each.pointer for each in refused.value.errors] == [place]


NOW = datetime(2026, 11, 1, tzinfo=UTC)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=8))
def test_what_holds_at_a_moment_that_is_over_never_changes(puts: list[tuple[int, int]]) -> None:
    """Whatever is put, for at once or later, minute by minute."""
    schedule, every, minute = Schedule(), list[Holding](), 0
    for version, (wait, ahead) in enumerate(puts, 1):
        minute += wait
        now = NOW + timedelta(minutes=minute)
        past = [clock.timestamp(now - timedelta(minutes=back)) for back in range(1, minute + 1)]
        held = [holding_at(every, moment) for moment in past]

        added = Holding(clock.timestamp(now + timedelta(minutes=ahead)), version, "x")
        every.append(added)
        schedule = schedule.putting(added, kept_from=clock.timestamp(now - timedelta(minutes=5)))

        assert [holding_at(every, moment) for moment in past] == held
        for later in range(80):
            moment = clock.timestamp(now + timedelta(minutes=later))
            assert schedule.at(moment) == holding_at(every, moment)


def examples() -> list[list[str]]:
    rows = [line.strip("|\n").split("|") for line in PAGE.splitlines() if line.startswith("| sup_")]
    return [[cell.strip() for cell in row] for row in rows]


@pytest.mark.parametrize("row", examples(), ids=lambda row: row[8])
def test_the_examples_of_the_page_are_what_is_reckoned(row: list[str]) -> None:
    rules = CommissionRules(1, json.loads(PAGE.split("```json")[1].split("```")[0]))
    supplier, plan, country, category, brand, channel, pieces, at, rule, taken, tax = row
    amount, currency = at.split()
    price = Money.parse({"amount": amount, "currency": currency})

    terms = rules.terms(Sale(supplier, FeeFacts(category, brand, plan, country), price, channel))

    commission = fees.fee(terms, goods=(price * int(pieces)).minor, shipping=0, pieces=int(pieces))
    found = [
        Money(minor, currency).as_json()["amount"] for minor in (commission, fees.vat(terms, commission))
    ]
    assert (terms.rule, *found) == (rule, taken, tax)

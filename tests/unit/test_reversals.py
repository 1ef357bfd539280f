"""Corrections and their reversal: what was sent comes back byte for byte, and no later edit is lost."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.domain import corrections, issues, pointers, reversals
from chalicelib.domain.offer import Offer
from chalicelib.domain.reversals import ALL_RULES, Made, Overtaken
from chalicelib.domain.rule_documents import compiled
from chalicelib.domain.rule_settings import AS_DELIVERED, POLICIES, RuleSettings
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS

RULES = [rule.rule for rule in OFFER_CORRECTIONS]
NOTED = {"at": "", "by": "admin:1"}

damaged = st.sampled_from(
    [
        "  a ",
        "Cafe\u0301  au lait",
        "Fish &amp; Chips ",
        " GrÃ¼n&nbsp;tee",
        "www.acme.com/a.png ",
        " 3600-0291452",
        "4006381-333931",
        "36000291452",
        "04252614",
        "0-306-40615-2 ",
        "brand-new",
        "New ",
    ]
)
right = st.sampled_from(["a", "Café au lait", "4006381333931", "NEW"])
values = damaged | right | st.text(max_size=12)
contents = st.fixed_dictionaries(
    {
        "gtin": values,
        "title": values,
        "brand": values,
        "category": st.sampled_from(["Books", " Pens "]),
        "condition": values,
        "image_urls": st.lists(values, max_size=2),
    }
)


def marketplace(**policies: tuple[bool, str]) -> RuleSettings:
    entries = {name: {"enabled": on, "policy": policy} for name, (on, policy) in policies.items()}
    return compiled({"rules": entries}, version=1, set_at="")


any_settings = st.dictionaries(
    st.sampled_from(RULES), st.tuples(st.booleans(), st.sampled_from(POLICIES)), max_size=4
).map(lambda policies: marketplace(**policies))


def validated(offer: Offer, under: RuleSettings = AS_DELIVERED, *, tick: Any = "") -> Offer:
    """The offer as a validation leaves it; `tick` goes into the ids of its corrections."""
    content, applied = corrections.apply(offer.content, OFFER_CORRECTIONS, under, offer.corrections)
    new = [each.as_json(f"cor_{tick}_{number}", at="") for number, each in enumerate(applied)]
    corrected = reversals.with_corrections(offer, content, [*offer.corrections, *new])
    return replace(corrected, content=content)


def sent(content: dict[str, Any]) -> Offer:
    return Offer("off_1", "sup_1", "A", content)


def undone(offer: Offer, correction_id: str) -> Offer:
    content, made = reversals.reverse(
        offer.content, offer.corrections, correction_id, keeps_out=ALL_RULES, reversal=NOTED
    )
    return replace(reversals.with_corrections(offer, content, made), content=content)


@given(content=contents, under=any_settings)
def test_correction_then_reversal_is_the_identity_and_stays_it(
    content: dict[str, Any], under: RuleSettings
) -> None:
    offer = validated(sent(content), under)
    for each in reversed(offer.corrections):
        offer = undone(offer, each["correction_id"])

    assert offer.content == content
    assert repr(offer.content) == repr(content)
    assert validated(offer, under) == offer


@given(content=contents, under=any_settings, data=st.data())
def test_one_reversal_gives_back_one_field_and_touches_no_other(
    content: dict[str, Any], under: RuleSettings, data: st.DataObject
) -> None:
    offer = validated(sent(content), under)
    if not offer.corrections:
        return
    one = data.draw(st.sampled_from(offer.corrections))

    after = undone(offer, one["correction_id"])

    assert pointers.find(after.content, one["field"]) == one["before"]
    assert pointers.replace(after.content, one["field"], one["after"]) == pointers.replace(
        offer.content, one["field"], one["after"]
    )
    again = validated(after, under)
    assert pointers.find(again.content, one["field"]) == one["before"]


@given(content=contents, under=any_settings)
def test_validation_is_idempotent_whatever_is_set(content: dict[str, Any], under: RuleSettings) -> None:
    offer = validated(sent(content), under)

    assert validated(offer, under) == offer
    left = corrections.propose(offer.content, OFFER_CORRECTIONS, under, offer.corrections)
    assert not any(issues.of_proposal(each, under.of(each.rule).policy)["auto_correctable"] for each in left)


@given(content=contents)
def test_nothing_is_proposed_that_is_applied(content: dict[str, Any]) -> None:
    offer = validated(sent(content))

    assert corrections.propose(offer.content, OFFER_CORRECTIONS) == []


@given(content=contents, name=st.sampled_from(RULES))
def test_undoing_a_rule_leaves_none_of_its_corrections(content: dict[str, Any], name: str) -> None:
    offer = validated(sent(content))

    content, made = reversals.reverse_rule(offer.content, offer.corrections, name, NOTED)

    assert reversals.standing_of(name, made) == []
    after = replace(reversals.with_corrections(offer, content, made), content=content)
    again = validated(after, tick="again")
    assert not any(
        each["rule"] == name and each["before"] == undoing["reversal"]["value"]
        for each in again.corrections
        for undoing in after.corrections
        if "reversal" in undoing and each["field"] == undoing["field"] and "reversal" not in each
    )


def test_what_came_back_is_left_alone_wherever_it_stands_in_its_list() -> None:
    offer = validated(sent({"image_urls": ["https://a.com/1.png", " https://a.com/2.png"]}))
    (made,) = offer.corrections

    after = undone(offer, made["correction_id"])
    moved = replace(after, content={"image_urls": list(reversed(after.content["image_urls"]))})

    assert validated(moved).content == moved.content


def test_an_administrators_correction_on_top_is_a_later_edit() -> None:
    offer = validated(sent({"title": " Pen "}))
    whitespace = offer.corrections[0]["correction_id"]
    by_hand = corrections.by_hand(offer.content, {"title": "Biro"})[0].as_json(
        "cor_hand", at="", by="admin:1"
    )
    edited = reversals.with_corrections(offer, {"title": "Biro"}, [*offer.corrections, by_hand])
    edited = replace(edited, content={"title": "Biro"})

    with pytest.raises(Overtaken):
        undone(edited, whitespace)
    assert undone(undone(edited, "cor_hand"), whitespace).content == {"title": " Pen "}


def test_a_record_keeps_as_many_corrections_as_it_has_room_for() -> None:
    offer = sent({"title": ""})
    for number in range(20):
        content = {"title": f"{number:05000}"}
        (change,) = corrections.by_hand(offer.content, content)
        made = [*offer.corrections, change.as_json(f"cor_{number}", at="", by="admin:1")]
        offer = replace(reversals.with_corrections(offer, content, made), content=content)

    assert [each["correction_id"] for each in offer.corrections] == [f"cor_{n}" for n in range(14, 20)]
    assert offer.overtaken_corrections == tuple(f"cor_{n}" for n in range(14))
    assert undone(offer, "cor_19").content == {"title": f"{18:05000}"}


class Life(RuleBasedStateMachine):
    """Edits, validations and reversals in any order. The model remembers who had the last word on each field,
    and when each correction was made."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = itertools.count()
        self.edited_at: dict[str, int] = {}
        self.made_at: dict[str, int] = {}
        self.pinned: dict[str, str] = {}

    @initialize(content=contents.map(lambda content: {**content, "image_urls": []}))
    def send(self, content: dict[str, Any]) -> None:
        self.offer = sent(content)

    @rule(field=st.sampled_from(["gtin", "title", "brand", "condition"]), value=values, by_hand=st.booleans())
    def edit(self, field: str, value: str, by_hand: bool) -> None:
        content = {**self.offer.content, field: value}
        if content == self.offer.content:
            return
        tick = next(self.clock)
        made: list[Made] = [*self.offer.corrections]
        if by_hand:
            (change,) = corrections.by_hand(self.offer.content, content)
            made.append(change.as_json(f"cor_hand_{tick}", at="", by="admin:1"))
            self.made_at[f"cor_hand_{tick}"] = tick
        self.offer = replace(reversals.with_corrections(self.offer, content, made), content=content)
        self.edited_at[f"/{field}"] = tick
        self.pinned.pop(f"/{field}", None)

    @rule()
    def validate(self) -> None:
        tick = next(self.clock)
        before = self.offer
        self.offer = validated(before, tick=tick)
        self.made_at |= {
            each["correction_id"]: tick
            for each in self.offer.corrections
            if each["correction_id"] not in self.made_at
        }
        assert validated(self.offer, tick="again") == self.offer

    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        if not self.made_at:
            return
        correction_id = data.draw(st.sampled_from(sorted(self.made_at)))
        known = {each["correction_id"]: each for each in self.offer.corrections}
        before = self.offer
        try:
            self.offer = undone(before, correction_id)
        except Overtaken:
            return
        except KeyError:
            assert correction_id not in known
            assert correction_id in before.overtaken_corrections or len(before.overtaken_corrections) == 20
            return
        target = known[correction_id]
        if "reversal" in target:
            assert self.offer == before
            return
        assert self.edited_at.get(target["field"], -1) <= self.made_at[correction_id]
        assert set(pointers.differences(before.content, self.offer.content)) <= {target["field"]}
        assert self.offer.content[target["field"][1:]] == target["before"]
        self.edited_at.pop(target["field"], None)
        self.pinned[target["field"]] = target["before"]

    @invariant()
    def what_a_reversal_gave_back_stays_until_it_is_edited(self) -> None:
        for field, value in self.pinned.items():
            assert self.offer.content[field[1:]] == value


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
test_no_order_of_edits_validations_and_reversals_loses_an_edit = Life.TestCase

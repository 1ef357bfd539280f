from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.dated import APPLIED, STALE, UNCHANGED, Dated, take

counts = st.lists(
    st.builds(
        lambda n, day: Dated({"quantity": n}, f"2026-01-{day:02}"), st.integers(0, 3), st.integers(1, 28)
    ),
    unique_by=lambda each: each.as_of,
)
NOTHING = Dated({}, "")


def after(held: Dated, sent: list[Dated]) -> Dated:
    for each in sent:
        held, _ = take(held, each)
    return held


@given(counts.flatmap(lambda sent: st.tuples(st.just(sent), st.permutations(sent))))
def test_in_whatever_order_counts_come_the_latest_holds(both: tuple[list[Dated], list[Dated]]) -> None:
    sent, shuffled = both

    assert (
        after(NOTHING, shuffled) == after(NOTHING, sent) == max([NOTHING, *sent], key=lambda each: each.as_of)
    )


@given(counts)
def test_whatever_comes_again_changes_nothing(sent: list[Dated]) -> None:
    held = after(NOTHING, sent)

    for each in sent:
        again, code = take(held, each)
        assert again == held
        assert code == (UNCHANGED if each.as_of == held.as_of else STALE)


def test_what_is_not_sent_stays_and_none_takes_away() -> None:
    held = Dated({"price": 5, "list_price": 7}, "1")

    assert take(held, Dated({"price": 4}, "2")) == (Dated({"price": 4, "list_price": 7}, "2"), APPLIED)
    assert take(held, Dated({"list_price": None}, "2")) == (Dated({"price": 5}, "2"), APPLIED)

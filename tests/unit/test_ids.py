from hypothesis import given
from hypothesis import strategies as st

from chalicelib import ids


def test_new_ids_sort_by_time_and_differ():
    made = [ids.new_id("sup") for _ in range(100)]
    assert len(set(made)) == 100
    assert all(each.startswith("sup_") and len(each) == 30 for each in made)


@given(sku=st.text(min_size=1))
def test_an_offer_id_names_its_supplier_and_stays_the_same(sku):
    supplier_id = "sup_01jd0000000000000000000000"
    made = ids.offer_id(supplier_id, sku)
    assert made == ids.offer_id(supplier_id, sku)
    assert ids.supplier_of_offer(made) == supplier_id


@given(text=st.text())
def test_no_text_breaks_the_reading_of_ids(text):
    assert ids.supplier_of_offer(text) is None or text.startswith("off_")
    place = ids.order_of_part(text)
    assert place is None or place[1] >= 0


def test_the_same_key_of_the_same_caller_is_the_same_order():
    assert ids.order_id("anyone", "k1") == ids.order_id("anyone", "k1")
    assert ids.order_id("anyone", "k1") != ids.order_id("channel", "k1")
    assert ids.order_id("anyone", "k1") != ids.order_id("anyone", "k2")


def test_parts_of_an_order_lead_back_to_it():
    order_id = ids.order_id("anyone", "k1")
    assert ids.order_of_part(ids.part_id("so", order_id, 2)) == (order_id, 2)

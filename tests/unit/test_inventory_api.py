from urllib.parse import quote

from chalicelib.clients.inventory_api import MAX_QUERY, MAX_SKUS, chunks


def test_skus_are_asked_for_in_calls_that_a_server_takes() -> None:
    skus = [f"{number:064}" for number in range(150)] + ["😀" * 64] * 12 + list("xyz") * 50

    asked = list(chunks(skus))

    assert [sku for chunk in asked for sku in chunk] == skus
    assert max(map(len, asked)) <= MAX_SKUS
    assert max(len(",".join(quote(sku, safe="") for sku in chunk)) for chunk in asked) <= MAX_QUERY
    assert len(asked) == 6


def test_a_sku_that_would_read_as_two_is_not_asked_for() -> None:
    assert list(chunks(["a,b", "c"])) == [["c"]]
    assert list(chunks(["a,b"])) == []

import base64

from chalicelib import ids
from chalicelib.domain import credentials

MASTER, OTHER = b"m" * 32, b"o" * 32


def test_an_api_key_names_its_id_and_matches_only_its_own_fingerprint():
    key_id = ids.new_id("key")
    key = credentials.api_key(MASTER, key_id)
    stored = credentials.fingerprint(key)
    assert credentials.key_id_of(key) == key_id
    assert credentials.matches(key, stored)
    assert not credentials.matches(credentials.api_key(OTHER, key_id), stored)


def test_texts_that_are_no_api_key_name_none():
    for text in ("", "mk_", "mk_short_x", "ot_" + "a" * 43, "mk_" + "a" * 26 + "_" + "b" * 49):
        assert credentials.key_id_of(text) is None


def test_every_slip_of_one_character_in_an_api_key_is_seen():
    key = credentials.api_key(MASTER, ids.new_id("key"))
    slips = [
        key[:place] + ("y" if key[place] == "x" else "x") + key[place + 1 :] for place in range(len(key))
    ]
    assert not any(map(credentials.key_id_of, slips))


def test_deriving_twice_gives_the_same_and_every_purpose_another():
    subject = "sup_1"
    secret = credentials.signing_secret(MASTER, subject, 1)
    assert secret == credentials.signing_secret(MASTER, subject, 1)
    assert secret != credentials.signing_secret(MASTER, subject, 2)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_an_order_token_opens_one_order_only():
    token = credentials.order_token(MASTER, "ord_1")
    assert token.startswith("ot_")
    assert credentials.order_token_matches(MASTER, "ord_1", token)
    assert not credentials.order_token_matches(MASTER, "ord_2", token)
    assert not credentials.order_token_matches(MASTER, "ord_1", "ot_ünicode")

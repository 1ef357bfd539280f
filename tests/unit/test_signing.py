import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import signing
from chalicelib.domain.signing import BadSignature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTORS = Path(os.environ.get("SHARED_DATA", "../shared/data")) / "webhook-vectors" / "vectors.json"
NOW = 1_614_265_330
BODY = b'{"test": 2432232314}'


def a_message(**changes: str) -> dict[str, str]:
    signed = signing.headers(secret=SECRET, message_id="att_1", timestamp=NOW, body=BODY)
    return {name: value for name, value in (signed | changes).items() if value}


def check(headers: dict[str, str], *, body: bytes = BODY, now: int = NOW, secret: str = SECRET) -> str:
    return signing.verify(secret=secret, headers=headers, body=body, now=now)


@pytest.mark.skipif(not VECTORS.exists(), reason="the published vectors are not here")
def test_the_published_vectors_hold() -> None:
    for vector in json.loads(VECTORS.read_text())["vectors"]:
        body = vector["payload"].encode()
        timestamp = int(vector["webhook-timestamp"])
        signed = signing.headers(
            secret=vector["secret"], message_id=vector["webhook-id"], timestamp=timestamp, body=body
        )
        assert signed["webhook-signature"] == vector["webhook-signature"]
        assert check(vector, body=body, now=timestamp, secret=vector["secret"]) == vector["webhook-id"]


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1), st.binary())
def test_what_was_signed_verifies(message_id: str, body: bytes) -> None:
    signed = signing.headers(secret=SECRET, message_id=message_id, timestamp=NOW, body=body)

    assert check(signed, body=body) == message_id


@pytest.mark.parametrize("drift", [-300, 300])
def test_a_clock_may_be_five_minutes_off(drift: int) -> None:
    assert check(a_message(), now=NOW + drift) == "att_1"


def test_one_good_signature_in_a_list_is_enough() -> None:
    good = a_message()["webhook-signature"]

    assert check(a_message(**{"webhook-signature": f"v1,bad v2,x {good}"})) == "att_1"


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        (a_message(), {"body": b'{"test":2432232314}'}),
        (a_message(), {"secret": "whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}),
        (a_message(), {"secret": "whsec_not base64"}),
        (a_message(), {"now": NOW + 301}),
        (a_message(), {"now": NOW - 301}),
        (a_message(**{"webhook-id": "att_2"}), {}),
        (a_message(**{"webhook-id": ""}), {}),
        (a_message(**{"webhook-timestamp": ""}), {}),
        (a_message(**{"webhook-timestamp": "soon"}), {}),
        (a_message(**{"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"}), {}),
        (a_message(**{"webhook-signature": ""}), {}),
        (a_message(**{"webhook-signature": "v1,é"}), {}),
        (a_message(**{"webhook-signature": a_message()["webhook-signature"].replace("v1", "v2")}), {}),
        (a_message(**{"webhook-signature": a_message()["webhook-signature"].replace("v1", "v1a")}), {}),
    ],
)
def test_anything_else_does_not_verify(headers: dict[str, str], changes: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        check(headers, **changes)  # type: ignore[arg-type]

"""The master secret that every other secret is derived from, or sealed with."""

import base64
import os
from functools import cache
from typing import Any

from chalicelib import settings
from chalicelib.clients import aws
from chalicelib.domain import credentials

_NONCE_BYTES = 12
"""As AES-GCM takes them; random ones do not collide before billions of secrets."""


def master_secret() -> bytes:
    """The deployment's master secret, read from Secrets Manager once per process."""
    return _read(settings.required("MASTER_SECRET_ID"))


@cache
def _read(secret_id: str) -> bytes:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=secret_id)
    return str(answer["SecretString"]).encode()


def sealed(secret: str, *, subject: str) -> str:
    """A secret that somebody else chose, so that only this deployment can read it, as one of `subject`."""
    nonce = os.urandom(_NONCE_BYTES)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, secret.encode(), subject.encode())).decode()


def unsealed(text: str, *, subject: str) -> str:
    """What was `sealed` for this subject. Raises InvalidTag for what was not, or by another deployment."""
    raw = base64.b64decode(text)
    nonce, hidden = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    return str(_cipher().decrypt(nonce, hidden, subject.encode()).decode())


def _cipher() -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(credentials.sealing_key(master_secret()))

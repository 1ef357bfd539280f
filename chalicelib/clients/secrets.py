"""The master secret that every other secret is derived from."""

from functools import cache

from chalicelib import settings
from chalicelib.clients import aws


def master_secret() -> bytes:
    """The deployment's master secret, read from Secrets Manager once per process."""
    return _read(settings.required("MASTER_SECRET_ID"))


@cache
def _read(secret_id: str) -> bytes:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=secret_id)
    return str(answer["SecretString"]).encode()

"""The AWS clients that a process shares: made once, when they are first needed."""

from functools import cache
from typing import Any


@cache
def client(service: str) -> Any:
    """The boto3 client of `service`, with short patience: whoever waits here waits inside an invocation."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=25,
        retries={"mode": "standard", "max_attempts": 3},
        user_agent="marketplace",  # botocore otherwise builds a long one anew for every call
        signature_version="s3v4" if service == "s3" else None,  # also for what is signed for others to send
    )
    return boto3.client(service, config=config)

"""Which outputs of resources.yaml become which environment variables of the functions."""

import re
from collections.abc import Mapping

# Read when the handlers are registered, to name the event sources; no function needs them at run time.
EVENT_SOURCES = (
    "STREAM_ARN",
    "REVIEW_QUEUE_ARN",
    "DISPATCH_QUEUE_ARN",
    "REALLOCATION_QUEUE_ARN",
    "WEBHOOK_QUEUE_ARN",
    "IMPORT_QUEUE_ARN",
    "REVERSAL_QUEUE_ARN",
    "INVENTORY_QUEUE_ARN",
    "ACCOUNTING_QUEUE_ARN",
)


def variable(output: str) -> str:
    """The variable's name of an output's: `ReviewQueueUrl` is `REVIEW_QUEUE_URL`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", output).upper()


def from_outputs(outputs: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """A stack's outputs as (the functions' variables, the variables that name the event sources)."""
    every = {variable(name): value for name, value in outputs.items()}
    sources = {name: every.pop(name) for name in EVENT_SOURCES}
    return every, sources

"""A marketplace that runs on an emulator, and how to reach it."""

import io
import json
import os
import time
import urllib.error
import urllib.request
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from deploy.post_deploy import finish
from localaws import admin
from localaws.instance import Emulator, LocalAwsError
from localaws.release import release

_HEALTH_PATIENCE_S = 30.0


def bring_up(emulator: Emulator) -> dict[str, Any]:
    """Release the app to the running emulator, sign the administrator in, wait until the app answers.

    Answers what `endpoint.json` in the emulator's home then says.
    """
    outputs = release(emulator)
    with redirect_stdout(io.StringIO()):  # what it has to say concerns accounts of AWS
        finish(emulator.client, outputs)
    token = admin.sign_in(
        emulator,
        user_pool_id=outputs["AdminIssuer"].rsplit("/", 1)[1],
        client_id=outputs["AdminAudience"],
    )
    endpoint = _endpoint(emulator, outputs["RestAPIId"], token)
    _wait_for_health(endpoint["base_url"])
    _write(emulator.home / "endpoint.json", endpoint)
    return endpoint


def supplier_ports(port: int) -> list[int]:
    """Where the two sample suppliers listen beside an emulator on this port; no two ports share them."""
    first = 10_000 + 2 * port % 50_000
    return [first, first + 1]


def _endpoint(emulator: Emulator, api_id: str, token: str) -> dict[str, Any]:
    base_url = f"{emulator.url}/_aws/execute-api/{api_id}/v1"
    return {
        "base_url": base_url,
        "console_url": f"{base_url}/console",
        "admin_token": token,
        "admin_username": admin.USERNAME,
        "aws_endpoint_url": emulator.url,
        "port": emulator.port,
        "emulator_port": emulator.port,
        "supplier_ports": supplier_ports(emulator.port),
    }


def _wait_for_health(base_url: str) -> None:
    deadline = time.monotonic() + _HEALTH_PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(f"{base_url}/health", timeout=10):
                return
        except (urllib.error.URLError, OSError) as failure:
            if time.monotonic() > deadline:
                raise LocalAwsError(
                    f"{base_url}/health does not answer ({failure}); see `make logs`."
                ) from None
        time.sleep(0.1)


def _write(path: Path, content: dict[str, Any]) -> None:
    """All or nothing, so that nobody reads half of it; and for nobody else on this machine."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(draft, path)

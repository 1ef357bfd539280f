"""A small HTTP client of the marketplace, for the demonstration and the journey tests."""

import json
import time
from collections.abc import Callable
from typing import Any

import requests

PATIENCE_S = 30.0


class Client:
    """Calls one running marketplace. `token` is any of its credentials; none means anybody."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, method: str, path: str, *, token: str | None = None, **more: Any) -> requests.Response:
        """Send one request and return whatever answer comes."""
        headers = dict(more.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self._session.request(method, self.base_url + path, headers=headers, timeout=35, **more)

    def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """Send one request that must succeed; the answer's JSON. Raises RuntimeError with the problem."""
        answer = self.send(method, path, token=token, **more)
        if not answer.ok:
            raise RuntimeError(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json()

    def read_until(
        self,
        path: str,
        done: Callable[[Any], bool],
        *,
        token: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """Read `path` until `done` says so. Raises RuntimeError with what it last was when time is up."""
        deadline = time.monotonic() + patience_s
        while not done(found := self.call("GET", path, token=token)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path} did not get there in time:\n{json.dumps(found, indent=2)}")
            time.sleep(0.05)
        return found

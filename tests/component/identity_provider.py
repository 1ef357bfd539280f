"""A user pool: a real HTTP server that publishes keys, and tokens signed with them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "console-client"
GROUP = "marketplace-admins"


@dataclass
class Provider:
    """`keys` are the private keys by id; all of them are published."""

    issuer: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    fetches: int = 0

    @property
    def jwks_url(self) -> str:
        return f"{self.issuer}/.well-known/jwks.json"

    def add_key(self, key_id: str) -> None:
        self.keys[key_id] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(
        self, *, key_id: str = "first", algorithm: str = "RS256", key: Any = None, **claims: Any
    ) -> str:
        """An administrator's access token, with `claims` in place of the usual ones (None leaves one out)."""
        usual = {
            "sub": "admin-1",
            "iss": self.issuer,
            "token_use": "access",
            "client_id": AUDIENCE,
            "cognito:groups": [GROUP],
            "exp": int(time.time()) + 600,
        }
        payload = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(payload, key or self.keys[key_id], algorithm=algorithm, headers={"kid": key_id})

    def published(self) -> dict[str, Any]:
        return {
            "keys": [
                {
                    **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())),
                    "kid": name,
                    "use": "sig",
                }
                for name, key in self.keys.items()
            ]
        }


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that listens on a port of its own."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.fetches += 1
            body = json.dumps(provider.published()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}/pool"
    provider.add_key("first")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

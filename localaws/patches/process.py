"""The emulator's own process."""

import logging
import os
import threading
import time
from typing import Any

from ministack import app
from ministack.core import persistence


def web_pages_can_drive_the_control_plane() -> None:
    """Every origin is allowed everything: any web page could create a function: code on this machine."""
    stock = app.app

    async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or not _from_a_browser(scope) or _is_call_of_an_api(scope["path"]):
            await stock(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send(
                {"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]}
            )
            await send({"type": "http.response.body", "body": b"The control plane is closed to browsers.\n"})

    app.app = guarded


def _from_a_browser(scope: dict[str, Any]) -> bool:
    return any(
        name.lower() == b"origin" or name.lower().startswith(b"sec-fetch-") for name, _ in scope["headers"]
    )


def _is_call_of_an_api(path: str) -> bool:
    return app._parse_execute_api_url("", path) is not None


def state_is_saved_only_at_the_end() -> None:
    """A kill -9 or a power cut loses everything since the last clean stop."""
    logging.getLogger("persistence").setLevel(logging.WARNING)  # a line per service and save otherwise

    pause = float(os.environ["LOCAL_SAVE_EVERY_S"])

    def save_for_ever() -> None:
        while True:
            time.sleep(pause)
            persistence.save_all(app._build_persistence_save_dict())

    if persistence.PERSIST_STATE:
        threading.Thread(target=save_for_ever, daemon=True).start()


PATCHES = (web_pages_can_drive_the_control_plane, state_is_saved_only_at_the_end)

"""The supplier guide's own code is an order API that keeps the contract."""

import re
import threading
from pathlib import Path
from typing import Any

from chalicelib.clients.guarded import Rules
from chalicelib.clients.trial_orders import Target
from chalicelib.domain.conformance import FAIL, PASS
from chalicelib.services import conformance
from chalicelib.services.conformance import Run

GUIDE = (Path(__file__).parents[2] / "docs" / "suppliers.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PLAYED_ONLY = {"PARTIAL", "REJECT", "BACKORDER", "LATER", "UNAVAILABLE", "INVENTORY"}


def test_the_guides_order_api_passes_all_that_needs_no_playing_along(tmp_path: Path) -> None:
    guide: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    exec(code, guide)
    guide |= {"SECRET": SECRET, "DATABASE": tmp_path / "orders.sqlite"}
    guide["OrderApi"].log_message = lambda *_: None

    with guide["server"](0) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        orders = f"http://127.0.0.1:{server.server_port}/orders"
        order_api = {
            "url": orders,
            "status_url": orders + "/{attempt_id}/status",
            "cancellation_url": orders + "/{attempt_id}/cancellation",
        }
        target = Target(order_api, SECRET, Rules(allowed_private_hosts={"127.0.0.1"}))
        run = Run(target, pause=lambda _seconds: None)
        results = {check.name: verdict.result for check, verdict in conformance.checked(run)}
        server.shutdown()

    assert FAIL not in results.values()
    assert {name for name, result in results.items() if result != PASS} == PLAYED_ONLY

"""Payments that were not confirmed when the order was placed: confirmed later, or not in time.

Either is one transaction over all of the order's supplier orders as they were read, so of the two that meet
one is made and the other finds it made.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.domain import payment
from chalicelib.domain.money import Money
from chalicelib.domain.order import Order, OrderRecord
from chalicelib.domain.payment import PaymentExpired, PaymentVoid
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services import settlements
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.order_views import order_view
from chalicelib.storage import orders, supplier_orders
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.keys import DUE_SHARDS

_PER_SHARD = 200


def confirm(order_id: str, body: Mapping[str, Any], *, is_admin: bool) -> dict[str, Any]:
    """Have the order go on: its suppliers are asked from now on. Gives the order; again, it changes nothing.

    Raises NotFound, Unprocessable PAYMENT_MISMATCH for the reference of another payment and
    AUTHORIZATION_TOO_LOW for less than the order was placed on, Conflict PAYMENT_EXPIRED where it has ended,
    PAYMENT_VOID where it was canceled before, CHANGED_MEANWHILE where it keeps changing.
    """
    _check(_existing(order_id).order, body)
    read_and_commit(lambda: _confirm(order_id))
    return order_view(_existing(order_id), with_attempts=is_admin)


def _check(order: Order, body: Mapping[str, Any]) -> None:
    if body["reference"] != order.payment_reference:
        raise _invalid("/reference", "PAYMENT_MISMATCH", "The order was placed with another payment.")
    if (sent := body.get("authorized_amount")) is None:
        return
    authorized, needed = Money.parse(sent), order.authorized.as_json()
    if authorized.currency != order.currency or authorized < order.authorized:
        detail = f"The order was placed on {needed['amount']} {needed['currency']}."
        raise _invalid("/authorized_amount", "AUTHORIZATION_TOO_LOW", detail)


def _confirm(order_id: str) -> None:
    now = clock.now()
    accept_by = clock.timestamp(now + timedelta(hours=settings.accept_within_hours()))
    parts = _existing(order_id).supplier_orders
    try:
        released = payment.confirm(parts, now=clock.timestamp(now), accept_by=accept_by)
    except PaymentExpired as error:
        raise Conflict(
            "PAYMENT_EXPIRED", "The payment was not confirmed in time; the order has ended. Place it anew."
        ) from error
    except PaymentVoid as error:
        raise Conflict("PAYMENT_VOID", "The order was canceled; there is nothing to pay for.") from error
    if released:
        correlation_id = telemetry.correlation_id()
        commit(
            *(
                supplier_orders.replacing(
                    replace(part, correlation_id=correlation_id), expected_version=part.version
                )
                for part in released
            )
        )


def sweep() -> int:
    """End the orders whose payment is overdue, each once, and say how many. One that fails stops no other,
    and is found again by the next run."""
    now, ended = clock.timestamp(), 0
    order_ids = {
        part.order_id
        for shard in range(DUE_SHARDS)
        for part in supplier_orders.get_many(supplier_orders.payments_due(now, shard=shard, limit=_PER_SHARD))
    }
    for order_id in sorted(order_ids):
        try:
            ended += _expire(order_id, now)
        except WriteRefused:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, those behind must not wait for it
            telemetry.log(
                "PAYMENT_NOT_EXPIRED", level=logging.ERROR, order_id=order_id, error=type(error).__name__
            )
    telemetry.log("PAYMENTS_SWEPT", ended=ended)
    return ended


def _expire(order_id: str, now: str) -> bool:
    """Cancel every line that is held, with its stock back, and say whether there was one."""
    record = _existing(order_id)
    changes = payment.expire(record.supplier_orders, now=now)
    if not changes:
        return False
    commit(*settlements.writes_together(record, changes))
    return True


def _existing(order_id: str) -> OrderRecord:
    record = orders.get(order_id)
    if record is None:
        raise NotFound
    return record


def _invalid(pointer: str, code: str, detail: str) -> Unprocessable:
    return Unprocessable(code, detail, errors=[FieldProblem(pointer, code, detail)])

"""Who is calling, and whether they may: one table of operation and role, and nothing open by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib import clock, settings
from chalicelib.clients import identity, secrets
from chalicelib.domain import credentials
from chalicelib.domain.supplier import ApiKey
from chalicelib.problems import Forbidden, NotFound, Unauthorized
from chalicelib.storage import suppliers
from chalicelib.storage.errors import Contention, WriteRefused
from chalicelib.storage.transaction import commit


class Role(StrEnum):
    """What a caller proved to be. A supplier and an order reach only what is their own."""

    ANYONE = "anyone"
    SUPPLIER = "supplier"
    ORDER = "order"
    ADMIN = "admin"


PUBLIC = frozenset(Role)
SUPPLIER = frozenset({Role.SUPPLIER})
SUPPLIER_OR_ADMIN = frozenset({Role.SUPPLIER, Role.ADMIN})
ORDER_OR_ADMIN = frozenset({Role.ORDER, Role.ADMIN})
ADMIN = frozenset({Role.ADMIN})

ACCESS: Mapping[str, frozenset[Role]] = {
    "health": PUBLIC,
    "openapi": PUBLIC,
    "docs": PUBLIC,
    "console": PUBLIC,
    "console_file": PUBLIC,
    "register_supplier": PUBLIC,
    "read_supplier": SUPPLIER_OR_ADMIN,
    "change_supplier_profile": SUPPLIER_OR_ADMIN,
    "create_api_key": SUPPLIER_OR_ADMIN,
    "list_api_keys": SUPPLIER_OR_ADMIN,
    "revoke_api_key": SUPPLIER_OR_ADMIN,
    "list_offers": SUPPLIER_OR_ADMIN,
    "read_offer": SUPPLIER_OR_ADMIN,
    "put_offer": SUPPLIER,
    "change_offer": SUPPLIER,
    "withdraw_offer": SUPPLIER,
    "put_stock": SUPPLIER,
    "read_product": PUBLIC,
    "read_product_by_gtin": PUBLIC,
    "place_order": PUBLIC,
    "read_order": ORDER_OR_ADMIN,
    "list_supplier_orders": SUPPLIER_OR_ADMIN,
    "read_supplier_order": SUPPLIER_OR_ADMIN,
    "accept_order": SUPPLIER,
    "ship_order": SUPPLIER,
    "list_reviews": ADMIN,
    "read_review": ADMIN,
    "claim_review_case": ADMIN,
    "release_review_case": ADMIN,
    "resolve_review": ADMIN,
    "correct_supplier": ADMIN,
    "correct_offer": ADMIN,
    "list_dead_letters": ADMIN,
    "redrive_dead_letters": ADMIN,
}
"""Operation (the name of its view function) to the roles that may call it."""


@dataclass(frozen=True)
class Caller:
    """Someone whose role is proved. `subject` is the supplier's id, the order's id, or the administrator's
    subject at the identity provider; empty for anyone."""

    role: Role
    subject: str = ""

    @property
    def name(self) -> str:
        """How the caller is named in histories and as the owner of idempotency keys."""
        return f"{self.role}:{self.subject}" if self.subject else str(self.role)


def authorise(operation: str, *, authorization: str | None, path: Mapping[str, str]) -> Caller:
    """The caller of `operation`, if it may call it on the resource that `path` names.

    Raises Unauthorized without usable credentials, Forbidden where the role is not in the table, NotFound
    where the resource is another's.
    """
    allowed = ACCESS[operation]
    if Role.ANYONE in allowed:
        return Caller(Role.ANYONE)
    caller = _identify(_bearer_token(authorization), path)
    if caller.role is Role.SUPPLIER and path.get("supplier_id", caller.subject) != caller.subject:
        raise NotFound
    if caller.role not in allowed:
        raise Forbidden("FORBIDDEN", "These credentials do not allow this operation.")
    return caller


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if not scheme:
        raise Unauthorized(
            "CREDENTIALS_MISSING",
            "Send Authorization: Bearer with an API key, an order token or an administrator's token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if scheme.lower() != "bearer" or not token.strip():
        raise _invalid()
    return token.strip()


def _identify(token: str, path: Mapping[str, str]) -> Caller:
    if token.startswith("mk_"):
        return Caller(Role.SUPPLIER, _supplier_of_key(token))
    if credentials.is_order_token(token):
        return Caller(Role.ORDER, _order_of_token(token, path.get("order_id")))
    return Caller(Role.ADMIN, _administrator(token))


def _supplier_of_key(token: str) -> str:
    """The supplier whose unrevoked API key this is. Read anew each time, so that revoking works at once."""
    key_id = credentials.key_id_of(token)
    key = suppliers.get_key(key_id) if key_id else None
    if key is None or key.revoked_at or not credentials.matches(token, key.fingerprint):
        raise _invalid()
    _note_use(key)
    return key.supplier_id


def _note_use(key: ApiKey) -> None:
    """Keep the day of a key's last use, so that its owner sees which are idle; one write a day."""
    today = clock.timestamp()[:10]
    if key.last_used_on == today:
        return
    try:
        commit(suppliers.marking_key_used(key, day=today))
    except (WriteRefused, Contention):
        return  # another request of today has written the same


def _order_of_token(token: str, order_id: str | None) -> str:
    """The order that the token opens: the one in the path, since a token does not name its order."""
    if order_id is None:
        raise Forbidden("FORBIDDEN", "An order token opens its own order only.")
    if not credentials.order_token_matches(secrets.master_secret(), order_id, token):
        raise NotFound
    return order_id


def _administrator(token: str) -> str:
    try:
        claims = identity.verify(token)
    except identity.InvalidToken as error:
        raise _invalid() from error
    if settings.admin_group() not in claims.groups:
        raise Forbidden("FORBIDDEN", "This account is not an administrator of the marketplace.")
    return claims.subject


def _invalid() -> Unauthorized:
    return Unauthorized(
        "CREDENTIALS_INVALID",
        "These credentials are unknown, expired or revoked.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )

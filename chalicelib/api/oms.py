"""For order-management systems: an order is changed, stock is read."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import PATCH_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import oms as schemas
from chalicelib.api.schemas.orders import OrderSchema
from chalicelib.auth import Role
from chalicelib.problems import PreconditionRequired
from chalicelib.services import change_order as changing
from chalicelib.services import read_inventory as inventory

bp = Blueprint(__name__)


@bp.route("/orders/{order_id}", methods=["PATCH"], content_types=PATCH_BODY)
@endpoint(
    "Change where an order goes, how to reach the shopper, what was promised; administrators send If-Match",
    patch=schemas.OrderChangeSchema(),
    answers={200: OrderSchema()},
    problems={
        409: "ADDRESS_IN_USE once a supplier was told it, BUYER_ERASED, CHANGED_MEANWHILE",
        428: "IF_MATCH_REQUIRED",
    },
    if_match="optional",
)
def change_order(call: Call, order_id: str) -> Answer:
    is_admin = call.caller.role is Role.ADMIN
    if is_admin and call.expected is None:
        raise PreconditionRequired
    order = changing.change(
        order_id, changed=call.changed, by=call.caller.name, is_admin=is_admin, expected=call.expected
    )
    return Answer(200, order, etag=etag(order["version"]))


@bp.route("/suppliers/{supplier_id}/inventory")
@endpoint(
    "Read the stock of up to 100 of a supplier's offers",
    query=schemas.SupplierInventoryQuerySchema(),
    answers={200: schemas.InventorySchema()},
)
def read_supplier_inventory(call: Call, supplier_id: str) -> Answer:
    return Answer(200, inventory.of_skus(supplier_id, call.query["skus"]))


@bp.route("/admin/inventory")
@endpoint(
    "Read the stock of up to 100 offers, or of all offers of up to 10 products",
    query=schemas.InventoryQuerySchema(),
    answers={200: schemas.InventorySchema()},
)
def read_inventory(call: Call) -> Answer:
    found = inventory.of_offers(call.query.get("offer_ids", ()), call.query.get("product_ids", ()))
    return Answer(200, found)

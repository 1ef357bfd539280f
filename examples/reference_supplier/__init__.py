"""A reference supplier: the supplier's side of the contract, as small as it can be and still be real.

`python -m examples.reference_supplier --help` runs it; tests and the demo start it with `serving(...)`.
"""

from examples.reference_supplier.marketplace import Marketplace
from examples.reference_supplier.order_book import OrderBook
from examples.reference_supplier.server import ReferenceSupplier, serving

__all__ = ["Marketplace", "OrderBook", "ReferenceSupplier", "serving"]

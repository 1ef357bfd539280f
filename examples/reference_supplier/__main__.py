"""Run the reference supplier until it is stopped."""

import argparse
from pathlib import Path

from examples.reference_supplier.order_book import OrderBook
from examples.reference_supplier.server import ReferenceSupplier


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="reference_supplier", description="The supplier's side of the contract."
    )
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; any free one by default")
    parser.add_argument("--name", default="Reference Supplier", help="what its web site calls it")
    parser.add_argument(
        "--signing-secret-file",
        type=Path,
        help="holds the whsec_… of the registration; may come into being later, "
        'or through POST /admin/signing-secret {"signing_secret": "whsec_…"}',
    )
    parser.add_argument("--reject", action="append", default=[], metavar="SKU", help="refuse this SKU")
    parser.add_argument(
        "--later", action="store_true", help="answer 202 and leave the answer to its operator"
    )
    return parser.parse_args()


def main() -> None:
    """Serve on loopback; prints one line once it listens."""
    chosen = _arguments()
    book = OrderBook(rejected_skus=set(chosen.reject), answers_later=chosen.later)
    supplier = ReferenceSupplier(
        port=chosen.port, name=chosen.name, book=book, secret_file=chosen.signing_secret_file
    )
    with supplier:
        print(f"{chosen.name} listens on {supplier.website}", flush=True)
        try:
            supplier.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


main()

"""`make bench`: measures the API in one run, prints the figures with their budgets, keeps them as JSON lines.

CPU is told as a multiple of a floor that is measured in the same run, for absolute times are the machine's.
The floor of reading a product is one `get_item` by boto3 as it comes, that of a list of 24 one `query` of as
many cards, that of placing an order a batch read of four keys and a transaction of six small writes. That of
a row of an import is one `get_item` too: 3.4 of them were 2 ms where the budget was set.
"""

import json
import subprocess
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import allocations, rules
from bench.measure import asked_of_the_table, cpu_microseconds
from bench.world import World, an_order, world
from localaws.instance import PROJECT

RESULTS = Path(__file__).parent / "results.jsonl"


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    unit: str
    budget: float

    @property
    def kept(self) -> bool:
        return self.value <= self.budget


def figures(place: World) -> list[Figure]:
    from chalicelib.storage.items import Item

    def order() -> dict[str, Any]:
        answer = place.call("POST", "/orders", an_order(place.offers), idempotency_key=uuid.uuid4().hex)
        assert answer["statusCode"] == 201, answer["body"]
        return answer

    def product() -> dict[str, Any]:
        answer = place.call("GET", f"/products/{place.offers[0]['product_id']}")
        assert answer["statusCode"] == 200, answer["body"]
        return answer

    def page() -> dict[str, Any]:
        answer = place.call("GET", "/products")
        assert answer["body"].count('"product_id"') == 24, answer["body"]
        return answer

    place.list_products()
    order()
    product()
    page()
    client = Item._get_connection().connection.client
    with asked_of_the_table(client) as for_an_order:
        order()
    with asked_of_the_table(client) as for_a_product:
        product()
    with asked_of_the_table(client) as for_a_page:
        page()
    writing, reading = cpu_microseconds(place.bare_order), cpu_microseconds(place.bare_read)
    listing = cpu_microseconds(place.bare_list)
    return [
        Figure("place 2 lines of 2 suppliers, round trips", len(for_an_order.operations), "", 2),
        Figure("place 2 lines of 2 suppliers, write units", for_an_order.write_units, "", 14),
        Figure("place 2 lines of 2 suppliers, CPU over floor", cpu_microseconds(order) / writing, "x", 2.1),
        Figure("read a product, round trips", len(for_a_product.operations), "", 1),
        Figure("read a product, CPU over floor", cpu_microseconds(product) / reading, "x", 2.0),
        Figure("list 24 products, round trips", len(for_a_page.operations), "", 1),
        Figure("list 24 products, CPU over floor", cpu_microseconds(page) / listing, "x", 1.8),
    ]


def allocation_figures(place: World) -> list[Figure]:
    """Beside the rest of placing the same order; the distances are per cent of what the order costs."""
    named = allocations.of_offers(place)
    usual = allocations.of_products(place, lines=10, offers=50)
    large = allocations.of_products(place, lines=40, offers=200)
    return [
        Figure("allocate 2 offers that are named, CPU over rest", named.over_rest, "x", 0.1),
        Figure("allocate 10 lines of 50 offers, CPU over rest", usual.over_rest, "x", 3),
        Figure("allocate 10 lines of 50 offers, above bound", usual.above_bound, "%", 0),
        Figure("allocate 40 lines of 200 offers, CPU over rest", large.over_rest, "x", 30),
        Figure("allocate 40 lines of 200 offers, above bound", large.above_bound, "%", 3),
    ]


def import_figures(floor: float) -> list[Figure]:
    """Of the generated feed, each size in a process of its own. `floor` is microseconds of a `get_item`."""
    sizes = {rows: _import_of(rows) for rows in (1_000, 10_000, 100_000)}
    largest = sizes[100_000]
    cpu = largest["worker_ms_per_row"] + largest["stream_ms_per_row"]
    units = largest["worker_units_per_row"] + largest["stream_units_per_row"]
    return [
        Figure("import and validate a row, CPU over floor", cpu * 1000 / floor, "x", 3.4),
        Figure("import and validate a row, write units", units, "", 4),
        Figure("import and validate a row, Lambda calls", largest["lambda_calls_per_row"], "", 0.25),
        Figure("memory of 100,000 rows over 1,000", largest["peak_mb"] / sizes[1_000]["peak_mb"], "x", 1.1),
    ]


def hanging_figure() -> Figure:
    """Of the other suppliers' median dispatch, while one hangs, over the same without it."""
    command = [sys.executable, "-m", "bench.hanging"]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return Figure("dispatch beside a supplier that hangs", json.loads(finished.stdout)["ratio"], "x", 1.2)


def year_figures() -> list[Figure]:
    """Of closing the months of a year of 50 suppliers and 10,000 orders, for one supplier and month."""
    command = [sys.executable, "-m", "bench.year"]
    finished = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    year = json.loads(finished.stdout)
    return [
        Figure("close a supplier's month, round trips", year["round_trips_per_closing"], "", 13),
        Figure("close a supplier's month, write units", year["write_units_per_closing"], "", 18),
        Figure("close a supplier's month, reads over least", year["reads_over_least"], "x", 3),
        Figure("statements of a year that are wrong", year["statements_wrong"], "", 0),
        Figure("differences between the year's books", year["differences"], "", 0),
    ]


def _import_of(rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.imports", str(rows)]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return dict(json.loads(finished.stdout))


def main() -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    ).stdout.strip()
    with world() as place:
        measured = figures(place) + allocation_figures(place)
        floor = cpu_microseconds(place.bare_read)
    measured.append(Figure("correct and check an offer, CPU", rules.microseconds_per_offer(), "us", 300))
    measured.append(hanging_figure())
    measured += import_figures(floor)
    measured += year_figures()
    print(f"{'figure':48}{'measured':>12}{'budget':>10}")
    with RESULTS.open("a") as results:
        for figure in measured:
            shown = f"{figure.value:.2f}{figure.unit}"
            print(f"{figure.name:48}{shown:>12}{figure.budget:>10}{'' if figure.kept else '  over'}")
            results.write(json.dumps({"commit": commit, "at": int(time.time()), **asdict(figure)}) + "\n")


if __name__ == "__main__":
    main()

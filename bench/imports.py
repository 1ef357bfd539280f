"""What importing and validating a row costs: `python -m bench.imports ROWS` measures one size in a process of
its own and prints it as JSON.

The real handlers run here against a stub of AWS in another process: the import worker reads the feed from the
bucket, then the stream handler is given what the worker wrote. CPU is this process's alone.
"""

import argparse
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench import generated_feed
from deploy.mappings import STREAM_KINDS, STREAM_OFFERS
from localaws.instance import PROJECT

Json = dict[str, Any]
SUPPLIER, IMPORT = "sup_bench", "imp_bench"
FEED, FAILED_ROWS = "/bench/bodies/feed", f"/bench/failed-rows/{IMPORT}"
_STREAM_BATCH = 100
_LONG = 100_000.0
"""Seconds: one worker reads it all, for the stub knows no hand-over."""


def measured(rows: int, *, follow: bool = True, profile: str | None = None) -> Json:
    """The figures of an import of so many rows, and of what the stream handler makes of it unless `follow` is
    false. With `profile` no CPU, but where it goes, in files whose names begin so."""
    with ExitStack() as stack:
        pictures = stack.enter_context(_pictures())
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        feed = home / "feed.csv"
        with feed.open("wb") as file:
            file.writelines(generated_feed.write(rows, images=pictures))
        port = stack.enter_context(_process("bench.stub", FEED, str(feed)))
        _set_environment(port)
        _store(feed.stat().st_size)
        figures = {"rows": rows, **_imported(rows, port, profile)}
        return figures | (_followed(port, profile) if follow else {})


def _imported(rows: int, port: int, profile: str | None) -> Json:
    from chalicelib.services import run_import

    before = _peak_mb()
    message = {"import_id": IMPORT, "correlation_id": "bench"}
    spent = _cpu(lambda: run_import.receive(message, seconds=_LONG), profile)
    after, bill = _peak_mb(), _ask(port, "Bill")
    return {
        "worker_ms_per_row": spent / rows,
        "worker_units_per_row": sum(bill["units"].values()) / rows,
        "units_of": {kind: round(units / rows, 3) for kind, units in bill["units"].items()},
        "requests_per_row": sum(bill["asked"].values()) / rows,
        "peak_mb": after,
        "grown_mb": after - before,
        **_ended(rows, bill["ended"], port),
    }


def _followed(port: int, profile: str | None) -> Json:
    """Of the rows that the stub remembers."""
    from chalicelib.events import stream

    before = sum(_ask(port, "Bill")["units"].values())
    items = _ask(port, "Items")["items"]
    records = [_inserted(number, item) for number, item in enumerate(items) if _passes(item)]
    batches = [records[at : at + _STREAM_BATCH] for at in range(0, len(records), _STREAM_BATCH)]
    offers = sum(item["kind"]["S"] == "OFFER" for item in items)
    spent = _cpu(lambda: [stream.on_change({"Records": each}, None) for each in batches], profile)
    return {
        "stream_ms_per_row": spent / offers,
        "stream_units_per_row": (sum(_ask(port, "Bill")["units"].values()) - before) / offers,
        "lambda_calls_per_row": len(batches) / offers,
    }


def _passes(item: Json) -> bool:
    """Whether the stream's filter lets this through to the handler."""
    kind = item["kind"]["S"]
    return kind in STREAM_KINDS or (kind == "OFFER" and item["acceptance"]["S"] in STREAM_OFFERS)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ended(rows: int, ended: Json, port: int) -> Json:
    """What became of the rows, and which of them did not end as their damage has it."""
    from chalicelib.storage import import_rows

    found = {
        result.row - 2: {issue["rule"] for issue in result.issues}
        for result in import_rows.results_of(IMPORT)
    }
    damage = {number: each for number in range(rows) if (each := generated_feed.damage_of(number))}
    bad = {number for number, each in damage.items() if each.outcome != "SUCCESS"}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{FAILED_ROWS}") as reply:
        came_back = csv.DictReader(io.TextIOWrapper(reply, "utf-8", newline=""))
        failed = [(row["sku"], bool(row["error"])) for row in came_back]
    sent = generated_feed.rows(rows, images="")
    expected = [(fields["sku"], True) for number, fields in enumerate(sent) if number in bad]
    return {
        "good_rows": rows - len(bad),
        "offers_accepted": ended["offers accepted"],
        "terms_on_sale": ended["terms on sale"],
        "wrong_reasons": [n for n, each in damage.items() if each.rule not in found.get(n, ())],
        "failed_rows_are_the_bad_ones": failed == expected,
    }


def _cpu(work: Any, profile: str | None) -> float:
    """Milliseconds of this process."""
    if profile:
        import cProfile

        profiler = cProfile.Profile()
        profiler.runcall(work)
        profiler.dump_stats(f"{profile}-{time.monotonic_ns()}")
        return 0.0
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


def _inserted(number: int, item: Json) -> Json:
    told = {"Keys": {"PK": item["PK"], "SK": item["SK"]}, "NewImage": item, "SequenceNumber": str(number)}
    return {"eventID": str(number), "eventName": "INSERT", "dynamodb": told, "eventSource": "aws:dynamodb"}


def _store(size: int) -> None:
    from chalicelib import clock
    from chalicelib.domain.imports import Import
    from chalicelib.domain.supplier import Supplier
    from chalicelib.storage import imports, suppliers
    from chalicelib.storage.transaction import commit

    now = clock.timestamp()
    profile = {"display_name": "Bench", "country": "DE"}
    commit(suppliers.adding(Supplier(SUPPLIER, profile, status="OPEN", created_at=now, updated_at=now)))
    commit(
        imports.adding(
            Import(
                IMPORT, SUPPLIER, "bodies/feed", country="DE", etag='"feed"', size=size, received_at=now,
                created_at=now, updated_at=now,
            )
        )
    )  # fmt: skip


def _set_environment(port: int) -> None:
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TABLE_NAME": "marketplace-bench",
        "FEED_BUCKET_NAME": "bench",
        "IMPORT_QUEUE_URL": f"http://127.0.0.1:{port}/000000000000/import",
        "REVIEW_QUEUE_URL": f"http://127.0.0.1:{port}/000000000000/review",
        "STREAM_DEAD_LETTERS_URL": f"http://127.0.0.1:{port}/000000000000/dead",
        "EVENT_BUS_NAME": "bench",
        "REMOTE_CHECKS": "lenient",
        "ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[int]:
    """A server in a process of its own; the port that it says it listens on."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


@contextmanager
def _pictures() -> Iterator[str]:
    with _process("bench.pictures") as port:
        yield f"http://127.0.0.1:{port}"


def _ask(port: int, what: str) -> Json:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", data=b"{}", headers={"X-Amz-Target": f"Bench.{what}"}
    )
    with urllib.request.urlopen(request) as reply:
        return dict(json.loads(reply.read()))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure an import, and print the figures as JSON.")
    parser.add_argument("rows", type=int)
    parser.add_argument("--alone", action="store_true", help="the worker alone, without the stream handler")
    parser.add_argument("--profile", help="what the profiles' file names begin with")
    options = parser.parse_args()
    print(json.dumps(measured(options.rows, follow=not options.alone, profile=options.profile)))


if __name__ == "__main__":
    main()

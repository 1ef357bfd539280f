"""The import worker: reads a feed row by row from the bucket, a hundred at a time, and keeps its place.

Messages may come twice, a worker may die anywhere, two may meet: a lease lets one of them work, and each
hundred rows are counted by one conditional write that moves the place on. Rows that were stored already when
a worker died are found to say the same, and are counted like the others.
"""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients import object_store, queues
from chalicelib.clients.object_store import ObjectChanged
from chalicelib.domain.imports import CANCELLED, COMPLETE, FAILED, RUNNING, Import
from chalicelib.feeds import Feed, FeedRefused, Options, Position, Row, open_feed
from chalicelib.problems import Conflict
from chalicelib.services import failed_rows, import_chunks, import_records, start_import
from chalicelib.services.commits import commit
from chalicelib.services.import_chunks import Context
from chalicelib.storage import import_rows, imports
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

CHUNK = 100
"""Rows judged together: as many as one batch read of the table takes."""
MAX_ROWS = 1_000_000
SECONDS = 70.0
"""After which a worker leaves the rest to another; its function has 120, and a hundred rows take 30."""

_MOST_COLUMNS, _LONGEST_NAME = 100, 100
"""Of unused columns, so that a list of imports stays readable."""
_TRIES = 3
_LEASE = timedelta(seconds=150)


def receive(message: Mapping[str, Any], *, seconds: float = SECONDS) -> None:
    """Work on what a message of the import queue names: an import, or uploads that the bucket tells of."""
    for record in message.get("Records", ()):
        _note_upload(record["s3"]["object"], seconds=seconds)
    if "import_id" in message:
        run(str(message["import_id"]), seconds=seconds)


def _note_upload(uploaded: Mapping[str, Any], *, seconds: float) -> None:
    import_id = start_import.import_of_upload(unquote_plus(uploaded["key"]))
    if import_id is None:
        return
    received = imports.receiving(
        import_id, etag=f'"{uploaded["eTag"]}"', size=int(uploaded["size"]), now=clock.timestamp()
    )
    try:
        commit(received)
    except WriteRefused:
        telemetry.log("UPLOAD_KNOWN", import_id=import_id)
    run(import_id, seconds=seconds)


def run(import_id: str, *, seconds: float = SECONDS) -> None:
    """Work on the import until it ends or the time is up; then another message goes on with it."""
    import_ = _taken(import_id)
    if import_ is None:
        return
    telemetry.bind(import_.correlation_id)
    try:
        _work(import_, until=time.monotonic() + seconds)
    except _Lost:
        telemetry.log("IMPORT_LEASE_LOST", import_id=import_id)


class _Lost(Exception):
    """Another worker has the import now."""


def _taken(import_id: str) -> Import | None:
    """The import under a lease of this worker; None where there is nothing to do or another is at it."""
    for _ in range(_TRIES):  # it may be cancelled at this very moment, and must be ended then, too
        import_ = imports.get(import_id)
        if import_ is None or not import_.has_file or import_.finished_at is not None:
            return None
        now = clock.now()
        taken = replace(
            import_,
            status=CANCELLED if import_.status == CANCELLED else RUNNING,
            lease=ids.new_id("run"),
            lease_until=clock.timestamp(now + _LEASE),
        )
        try:
            commit(imports.leasing(taken, status=import_.status, now=clock.timestamp(now)))
        except WriteRefused:
            continue
        return taken
    telemetry.log("IMPORT_TAKEN", import_id=import_id)
    return None


def _work(import_: Import, *, until: float) -> None:
    try:
        feed = _opened(import_)
        shape = dict(feed.shape)
        import_ = replace(import_, dialect=feed.dialect, shape=shape, unused_columns=_unused(import_, feed))
        context = import_chunks.context_of(import_)
        for rows in _chunks(feed):
            if _is_cancelled(import_):
                return _finish(replace(import_, status=CANCELLED))
            import_ = _advanced(import_, feed, rows, context)
            _refuse_endless(import_)
            if time.monotonic() > until:
                return _hand_on(import_)
    except FeedRefused as refused:
        return _finish(replace(import_, status=FAILED, failure=import_records.failure_of(refused)))
    except ObjectChanged:
        failure = {"code": "FEED_CHANGED", "detail": "The file was replaced or removed while it was read."}
        return _finish(replace(import_, status=FAILED, failure=failure))
    except Conflict as closed:
        failure = {"code": closed.code, "detail": closed.detail}
        return _finish(replace(import_, status=FAILED, failure=failure))
    return _finish(replace(import_, status=COMPLETE))


def _opened(import_: Import) -> Feed:
    return open_feed(
        object_store.open_object(import_.object_key, etag=import_.etag, size=import_.size),
        media_type=import_.media_type,
        options=Options(country=import_.country),
        position=Position(*import_.position) if import_.position else None,
    )


def _chunks(feed: Feed) -> Iterator[list[Row]]:
    """The rows by the hundred. Where the file breaks off the rows before come first, then FeedRefused."""
    while True:
        rows: list[Row] = []
        broken = None
        try:
            for row in itertools.islice(feed.rows, CHUNK):
                rows.append(row)
        except FeedRefused as refused:
            broken = refused
        if rows:
            yield rows
        if broken:
            raise broken
        if len(rows) < CHUNK:
            return


def _advanced(import_: Import, feed: Feed, rows: Sequence[Row], context: Context) -> Import:
    """The import with these rows done and counted. Raises _Lost where another worker was there first."""
    results = import_chunks.store(rows, context)
    now = clock.now()
    import_rows.write(
        import_.import_id,
        rows[0].number,
        seen=context.seen.added(),
        results=results,
        now=clock.timestamp(now),
        epoch_seconds=int(now.timestamp()),
    )
    after = replace(
        import_,
        counters=import_.counters.with_results(results),
        position=tuple(rows[-1].after),
        unused_columns=_unused(import_, feed),
        lease_until=clock.timestamp(now + _LEASE),
    )
    _move(imports.checkpointing(import_, after, now=clock.timestamp(now)))
    return after


def _refuse_endless(import_: Import) -> None:
    if import_.counters.read > MAX_ROWS:
        raise FeedRefused("TOO_MANY_ROWS", f"A feed has at most {MAX_ROWS} rows. Send it in parts.")


def _unused(import_: Import, feed: Feed) -> tuple[str, ...]:
    """The columns that nothing is made of, those that earlier workers met among them."""
    names = dict.fromkeys((*import_.unused_columns, *feed.unused_columns))
    return tuple(name[:_LONGEST_NAME] for name in itertools.islice(names, _MOST_COLUMNS))


def _is_cancelled(import_: Import) -> bool:
    current = imports.get(import_.import_id)
    return current is not None and current.status == CANCELLED


def _hand_on(import_: Import) -> None:
    """Leave the rest to another worker. The lease ends first, so that the message finds it free; if this one
    dies before it sends it, its own message comes again."""
    _move(imports.releasing(import_, now=clock.timestamp()))
    message = {"import_id": import_.import_id, "correlation_id": import_.correlation_id}
    queues.send(settings.required("IMPORT_QUEUE_URL"), message)
    telemetry.log("IMPORT_HANDED_ON", import_id=import_.import_id, rows=import_.counters.read)


def _finish(import_: Import) -> None:
    """End the import, with the file of its failed rows in place before anybody reads that it has ended."""
    size = failed_rows.make(import_) if import_.shape else None
    ended = replace(import_, failed_rows_size=size)
    try:
        _move(imports.finishing(ended, now=clock.timestamp()))
    except _Lost:
        _move(imports.finishing(replace(ended, status=CANCELLED), now=clock.timestamp()))
    telemetry.log(
        "IMPORT_ENDED", import_id=import_.import_id, status=import_.status, rows=import_.counters.read
    )


def _move(write: Write) -> None:
    try:
        commit(write)
    except WriteRefused as refused:
        raise _Lost from refused

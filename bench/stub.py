"""A stand-in for AWS in a process of its own: answers at once, remembers what was put, and adds up the bill.

It checks no condition and makes no update, so it serves an import of offers that are new and nothing else.
Write units are counted as DynamoDB does: one for each started KB, twice in a transaction, and once more for
each index whose key the item has.
"""

import json
import math
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_KB = 1024
_INDEXES = {"GSI1PK": True, "GSI3PK": False}
"""Key of each index, and whether it holds all of the item."""

_PAGE = 100
_KEPT = 20_000
"""Items that it remembers; of more it knows their bill and how they ended. What an import keeps of its rows
it remembers all."""

items: dict[str, Json] = {}
objects: dict[str, bytes] = {}
asked: Counter[str] = Counter()
units: Counter[str] = Counter()
ended: Counter[str] = Counter()


def answer(target: str, body: Json) -> Json:
    operation = target.partition(".")[2]
    asked[operation] += 1
    return _ANSWERS.get(operation, _nothing)(body)


def _get(body: Json) -> Json:
    found = items.get(_key(body["Key"]))
    return {"Item": found} if found else {}


def _get_many(body: Json) -> Json:
    found = {name: _found(wanted) for name, wanted in body["RequestItems"].items()}
    return {"Responses": found, "UnprocessedKeys": {}}


def _put_one(body: Json) -> Json:
    _put(body["Item"], times=1)
    return {}


def _update(body: Json) -> Json:
    known = items.get(_key(body["Key"]), body["Key"])
    _bill(known, times=1)
    return {"Attributes": known}


def _write_together(body: Json) -> Json:
    for write in body["TransactItems"]:
        if "Put" in write:
            _put(write["Put"]["Item"], times=2)
        else:
            _bill(items.get(_key(write["Update"]["Key"]), {}), times=2)
    return {}


def _query(body: Json) -> Json:
    """A page of the items of a partition whose sort keys begin so; the indexes are empty."""
    pk, *prefix = (value["S"] for value in body["ExpressionAttributeValues"].values() if "S" in value)
    after = _key(body["ExclusiveStartKey"]) if "ExclusiveStartKey" in body else ""
    found = [
        item
        for key, item in sorted(items.items())
        if "IndexName" not in body and key > after and key.startswith(f"{pk}|{prefix[0] if prefix else ''}")
    ]
    page = found[:_PAGE]
    more = {"LastEvaluatedKey": {name: page[-1][name] for name in ("PK", "SK")}} if page != found else {}
    return {"Items": page, "Count": len(page), "ScannedCount": len(page), **more}


def _write_many(body: Json) -> Json:
    for request in (each for requests in body["RequestItems"].values() for each in requests):
        if "PutRequest" in request:
            _put(request["PutRequest"]["Item"], times=1)
        else:
            _bill({}, times=1)
    return {"UnprocessedItems": {}}


def _publish(body: Json) -> Json:
    return {"Entries": [{"EventId": "1"} for _ in body["Entries"]], "FailedEntryCount": 0}


def _nothing(_body: Json) -> Json:
    return {}


_ANSWERS = {
    "GetItem": _get,
    "BatchGetItem": _get_many,
    "BatchWriteItem": _write_many,
    "PutItem": _put_one,
    "UpdateItem": _update,
    "TransactWriteItems": _write_together,
    "Query": _query,
    "PutEvents": _publish,
    "SendMessage": lambda _: {"MessageId": "1"},
    "Items": lambda _: {"items": list(items.values())},
    "Bill": lambda _: {"asked": dict(asked), "units": dict(units), "ended": dict(ended)},
}


def _found(wanted: Json) -> list[Json]:
    return [items[key] for key in map(_key, wanted["Keys"]) if key in items]


def _key(key: Json) -> str:
    return f"{key['PK']['S']}|{key['SK']['S']}"


def _put(item: Json, *, times: int) -> None:
    kind = item.get("kind", {}).get("S", "other")
    if len(items) < _KEPT or kind == "IMPORT_ROWS":
        items[_key(item)] = item
    ended["offers accepted"] += item.get("acceptance", {}).get("S") == "ACCEPTED"
    ended["terms on sale"] += item.get("on_sale", {}).get("BOOL", False)
    _bill(item, times=times)


def _bill(item: Json, *, times: int) -> None:
    kind = item.get("kind", {}).get("S", "other")
    size = sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items())
    charged = math.ceil(max(size, 1) / _KB) * times
    charged += sum(math.ceil(size / _KB) if whole else 1 for key, whole in _INDEXES.items() if key in item)
    units[kind] += charged


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self._body()
        self._send(json.dumps(answer(self.headers["X-Amz-Target"], json.loads(body or b"{}"))).encode())

    def do_PUT(self) -> None:
        objects[self.path] = self._body()
        self._send(b"", ETag='"feed"')

    def do_GET(self) -> None:
        content = objects[self.path.partition("?")[0]]
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        self._send(content[int(first) : int(last or len(content)) + 1], status=206, ETag='"feed"')

    def _body(self) -> bytes:
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    objects[sys.argv[1]] = Path(sys.argv[2]).read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

"""API Gateway."""

import asyncio
import gzip
import json
import zlib
from typing import Any

from ministack.services import apigateway_v1 as gateway
from ministack.services.cloudformation import provisioners

_LARGEST_REQUEST = 10 * 1024 * 1024
_LONGEST_INTEGRATION_S = 29
_BINARY_TYPES = "x-amazon-apigateway-binary-media-types"
_COMPRESSION = "x-amazon-apigateway-minimum-compression-size"


def _overwrite(api_id: str, spec: dict[str, Any]) -> None:
    """Make the API what the definition says, under the id it has, as PutRestApi does on AWS."""
    root = next(resource for resource in gateway._resources[api_id].values() if resource["path"] == "/")
    root["resourceMethods"] = {}
    gateway._resources[api_id] = {root["id"]: root}
    gateway._authorizers_v1[api_id] = {}
    schemes = gateway._import_security_schemes(api_id, spec)
    for path, item in (spec.get("paths") or {}).items():
        gateway._import_path_item(api_id, path, item, schemes, spec.get("security"))
    gateway._rest_apis[api_id]["binaryMediaTypes"] = spec.get(_BINARY_TYPES) or []


def import_drops_binary_media_types() -> None:
    """The binary media types of an imported definition are ignored, and binary bodies arrive mangled."""
    stock = gateway._import_rest_api

    def import_rest_api(spec: dict[str, Any], base: dict[str, Any] | None = None) -> str:
        base = base or {}
        types = [*(base.get("binaryMediaTypes") or []), *(spec.get(_BINARY_TYPES) or [])]
        return stock(spec, {**base, "binaryMediaTypes": types})

    gateway._import_rest_api = import_rest_api


def import_over_http_makes_an_empty_api() -> None:
    """ImportRestApi makes an API without routes and PutRestApi is refused; `chalice deploy` uses both."""
    stock = gateway.handle_request

    async def handle(method: str, path: str, headers: dict, body: bytes, query: dict) -> Any:
        parts = path.strip("/").split("/")
        if method == "POST" and parts == ["restapis"] and "mode" in query:
            spec = json.loads(body)
            return gateway._get_rest_api(
                gateway._import_rest_api(spec, {"minimumCompressionSize": spec.get(_COMPRESSION)})
            )
        if method == "PUT" and len(parts) == 2 and parts[0] == "restapis" and parts[1] in gateway._rest_apis:
            spec = json.loads(body)
            _overwrite(parts[1], spec)
            gateway._rest_apis[parts[1]]["minimumCompressionSize"] = spec.get(_COMPRESSION)
            return gateway._get_rest_api(parts[1])
        return await stock(method, path, headers, body, query)

    gateway.handle_request = handle


def api_id_changes_with_the_template() -> None:
    """CloudFormation replaces the API, and so every address of it, whenever a route changes."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    stock = handlers["update"]

    def update(api_id: str, old: dict, new: dict, stack: str, logical_id: str | None = None) -> Any:
        if isinstance(new.get("Body"), dict) and new["Body"] != old.get("Body"):
            _overwrite(api_id, new["Body"])
            new = {**new, "Body": old.get("Body")}
        return stock(api_id, old, new, stack, logical_id)

    handlers["update"] = update


def _refusal(request: dict, api_id: str, stage: str, kind: str, message: str) -> Any:
    """An answer of the gateway itself, in the form that the API's deployment gives it."""
    request["stage"] = gateway._stages_v1.get(api_id, {}).get(stage) or {}
    return gateway._gw_error(kind, message)


def requests_have_no_limits() -> None:
    """Requests over 10 MB and functions over 29 s are served; on AWS neither is."""
    stock = gateway._execute_in_scope

    async def execute(request: dict, api_id: str, stage: str, *call: Any) -> Any:
        _method, _path, _headers, body, *_scope = call
        if len(body or b"") > _LARGEST_REQUEST:
            return _refusal(request, api_id, stage, "REQUEST_TOO_LARGE", "Request Too Long")
        running = asyncio.ensure_future(stock(request, api_id, stage, *call))
        done, _ = await asyncio.wait({running}, timeout=_LONGEST_INTEGRATION_S)
        if not done:  # the function runs on, as it does on AWS
            return _refusal(request, api_id, stage, "INTEGRATION_TIMEOUT", "Endpoint request timed out")
        return running.result()

    gateway._execute_in_scope = execute


def bodies_are_never_compressed() -> None:
    """`minimumCompressionSize` is not applied: gzip requests reach the app compressed, no answer is."""
    stock = gateway._execute_in_scope

    async def execute(request: dict, api_id: str, stage: str, *call: Any) -> Any:
        method, path, headers, body, *scope = call
        smallest = (gateway._rest_apis.get(api_id) or {}).get("minimumCompressionSize")
        if smallest is None:
            return await stock(request, api_id, stage, *call)
        if body and headers.get("content-encoding") == "gzip":
            try:
                body = _unzipped(body)
            except zlib.error:
                return _refusal(request, api_id, stage, "BAD_REQUEST_BODY", "Invalid request body")
            headers = {name: value for name, value in headers.items() if name != "content-encoding"}
        answer = await stock(request, api_id, stage, method, path, headers, body, *scope)
        return _zipped(answer, int(smallest)) if "gzip" in headers.get("accept-encoding", "") else answer

    gateway._execute_in_scope = execute


def _unzipped(body: bytes) -> bytes:
    """The content, cut where it is too large for a request anyway."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = unzip.decompress(body, _LARGEST_REQUEST + 1)
    if not unzip.eof and len(content) <= _LARGEST_REQUEST:
        raise zlib.error("the body ends too soon")
    return content


def _zipped(answer: Any, smallest: int) -> Any:
    if not isinstance(answer, tuple) or len(answer[2] or b"") < smallest:
        return answer
    status, headers, content = answer
    if any(name.lower() == "content-encoding" for name in headers):
        return answer
    return status, {**headers, "Content-Encoding": "gzip"}, gzip.compress(content, 6)


PATCHES = (
    import_drops_binary_media_types,
    import_over_http_makes_an_empty_api,
    api_id_changes_with_the_template,
    requests_have_no_limits,
    bodies_are_never_compressed,  # outside the limits, which hold for what was unzipped
)

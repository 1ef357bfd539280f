"""The OpenAPI document as one HTML page that needs nothing else: no script, no other host."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
code, pre { font: .875rem/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; background: #8881; padding: .6rem; border-radius: .3rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
.method { display: inline-block; min-width: 4rem; font-weight: 600; text-transform: uppercase; }
"""


def render(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    title = escape(document["info"]["title"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{title} <small>{escape(document['info']['version'])}</small></h1>"
        f"<p>{escape(document['info']['description'])} "
        'The same as a document: <a href="openapi.json">openapi.json</a>.</p>'
        f"<main>{''.join(_areas(document))}</main>"
        f"<h2>Schemas</h2>{''.join(_schemas(document))}</body></html>"
    )


def _areas(document: Mapping[str, Any]) -> Iterator[str]:
    areas: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            areas.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    for area, blocks in sorted(areas.items()):
        yield f"<h2>{escape(area)}</h2>{''.join(blocks)}"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    who = ", ".join(name for scheme in operation["security"] for name in scheme) or "anyone"
    title = f'<span class="method">{escape(method)}</span> <code>{escape(path)}</code>'
    details = _parameters(operation) + _body(operation) + _responses(operation)
    return (
        f'<details id="{escape(operation["operationId"])}">'
        f"<summary>{title} {escape(operation['summary'])}</summary>"
        f"<p>Who: {escape(who)}</p>{details}</details>"
    )


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = [
        (
            each["name"],
            each["in"] + (", required" if each.get("required") else ""),
            each.get("description", ""),
        )
        for each in operation["parameters"]
    ]
    return _table(("Parameter", "Where", ""), rows)


def _body(operation: Mapping[str, Any]) -> str:
    body = operation.get("requestBody")
    if not body:
        return ""
    rows = [(media_type, _schema_text(content)) for media_type, content in body["content"].items()]
    return _table(("Body", "Schema"), rows)


def _responses(operation: Mapping[str, Any]) -> str:
    rows = [
        (
            status,
            answer["description"],
            ", ".join(_schema_text(content) for content in answer.get("content", {}).values()),
        )
        for status, answer in operation["responses"].items()
    ]
    return _table(("Answer", "", "Schema"), rows)


def _schema_text(content: Mapping[str, Any]) -> str:
    schema = content["schema"]
    return str(schema.get("$ref", "").rpartition("/")[2] or schema.get("description", schema.get("type", "")))


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        title = escape(name)
        yield f'<details id="schema-{title}"><summary>{title}</summary><pre>{text}</pre></details>'


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"

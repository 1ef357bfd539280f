"""The API about itself: its document, a page to browse it, and whether it is up."""

from functools import cache
from typing import Any

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from chalicelib.api.schemas.common import AnyObjectSchema, HealthSchema

bp = Blueprint(__name__)

VERSION = "0.1.0"
UNCHANGING = {"Cache-Control": "public, max-age=300"}
HTML = "text/html; charset=utf-8"


@bp.route("/health")
@endpoint("Whether the API is up", answers={200: HealthSchema()})
def health(_call: Call) -> Answer:
    return Answer(200, {"status": "ok", "version": VERSION})


@bp.route("/openapi.json")
@endpoint("This document", answers={200: AnyObjectSchema()})
def openapi(_call: Call) -> Answer:
    return Answer(200, _document(), headers=UNCHANGING)


@bp.route("/docs")
@endpoint("This document as a page", answers={200: "text/html"})
def docs(_call: Call) -> Answer:
    from chalicelib.api import docs_page

    headers = UNCHANGING | {"Content-Type": HTML, "Content-Security-Policy": docs_page.POLICY}
    return Answer(200, docs_page.render(_document()), headers=headers)


@cache
def _document() -> dict[str, Any]:
    from chalicelib.api.openapi import document  # apispec is needed here only, not at every cold start

    return document(bp.current_app.routes, version=VERSION)

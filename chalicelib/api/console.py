"""The administrators' web console: static files, which call the API with the administrator's own token."""

from pathlib import Path

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from chalicelib.problems import NotFound

bp = Blueprint(__name__)

_FILES = Path(__file__).parents[1] / "console"
_SCRIPTS = ("console.js", "page.js", "reviews.js", "lessons.js", "money.js", "numbers.js")
_TYPES = {
    "console.css": "text/css; charset=utf-8",
    **dict.fromkeys(_SCRIPTS, "text/javascript; charset=utf-8"),
}
_HEADERS = {
    # What suppliers wrote is shown here: nothing but our own files may run, and nobody may frame the page.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@bp.route("/console", methods=["GET"])
@endpoint("The administrators' web console", answers={200: None})
def console(_call: Call) -> Answer:
    return _file("console.html", "text/html; charset=utf-8")


@bp.route("/console/{name}", methods=["GET"])
@endpoint("A file of the web console", answers={200: None}, problems={404: "No such file."})
def console_file(_call: Call, name: str) -> Answer:
    if name not in _TYPES:
        raise NotFound
    return _file(name, _TYPES[name])


def _file(name: str, content_type: str) -> Answer:
    return Answer(200, (_FILES / name).read_text(), headers={**_HEADERS, "Content-Type": content_type})

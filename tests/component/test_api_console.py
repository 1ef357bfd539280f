import re

import pytest
from api import call


def test_the_console_is_a_page_that_runs_only_its_own_files():
    page = call("GET", "/console")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|<style", page.text)


SCRIPTS = ["console.js", "page.js", "reviews.js", "lessons.js", "money.js", "numbers.js"]


@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "text/javascript") for name in SCRIPTS), ("console.css", "text/css")]
)
def test_every_file_of_the_console_is_served(name, kind):
    file = call("GET", f"/console/{name}")
    assert (file.status, file.headers["Content-Type"].split(";")[0]) == (200, kind)


def test_the_page_and_its_scripts_name_no_file_that_is_not_served():
    named = re.findall(r"console/([a-z.]+)", call("GET", "/console").text)
    for name in SCRIPTS:
        named += re.findall(r'from "\./([a-z.]+)"', call("GET", f"/console/{name}").text)
    assert set(named) == {*SCRIPTS, "console.css"}


@pytest.mark.parametrize("name", ["console.html", "..%2Fauth.py", "none.js"])
def test_no_other_file_is(name):
    assert call("GET", f"/console/{name}").status == 404


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_console_writes_no_markup_of_others(name):
    script = call("GET", f"/console/{name}").text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)

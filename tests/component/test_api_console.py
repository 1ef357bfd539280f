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


@pytest.mark.parametrize(("name", "kind"), [("console.js", "text/javascript"), ("console.css", "text/css")])
def test_every_file_that_the_page_names_is_served(name, kind):
    assert f"console/{name}" in call("GET", "/console").text
    file = call("GET", f"/console/{name}")
    assert (file.status, file.headers["Content-Type"].split(";")[0]) == (200, kind)


@pytest.mark.parametrize("name", ["console.html", "..%2Fauth.py", "none.js"])
def test_no_other_file_is(name):
    assert call("GET", f"/console/{name}").status == 404


def test_the_console_writes_no_markup_of_others():
    script = call("GET", "/console/console.js").text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)

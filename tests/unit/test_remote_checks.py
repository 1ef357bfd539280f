"""What a failure outside means, and how many things are looked at once."""

import threading
import time

import pytest

from chalicelib import telemetry
from chalicelib.domain.rules.facts import NO_NETWORK, REFUSED_ADDRESS, UNREACHABLE
from chalicelib.services import remote_checks
from chalicelib.services.remote_checks import OutOfTime, in_parallel, meaning


def online() -> bool:
    return True


def offline() -> bool:
    return False


@pytest.fixture(autouse=True)
def _a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMOTE_CHECKS", "lenient")
    monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", "127.0.0.1, shop.test:8080")


@pytest.mark.parametrize(
    ("code", "url", "network", "meant"),
    [
        ("UNRESOLVED", "https://acme.com/x", offline, NO_NETWORK),
        ("UNRESOLVED", "https://acme.com/x", online, UNREACHABLE),
        ("UNCONNECTED", "https://8.8.8.8/x", offline, NO_NETWORK),
        ("UNCONNECTED", "http://127.0.0.1:9/x", offline, UNREACHABLE),
        ("TIMED_OUT", "http://shop.test:8080/", offline, UNREACHABLE),
        ("TIMED_OUT", "http://shop.test:8081/", online, NO_NETWORK),
        ("UNRESOLVED", "https://acme.example", online, NO_NETWORK),
        ("UNRESOLVED", "https://acme.invalid", offline, UNREACHABLE),
        ("BAD_CERTIFICATE", "https://acme.com", offline, UNREACHABLE),
        ("REFUSED_URL", "ftp://acme.com", offline, REFUSED_ADDRESS),
        ("REFUSED_ADDRESS", "https://10.0.0.1", online, REFUSED_ADDRESS),
        ("UNRESOLVED", "https://[broken", offline, NO_NETWORK),
    ],
)
def test_a_failure_counts_where_it_says_something(code: str, url: str, network: object, meant: str) -> None:
    assert meaning(code, url, has_network=network) == meant  # type: ignore[arg-type]


def test_where_checks_are_strict_every_failure_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMOTE_CHECKS")

    assert meaning("UNRESOLVED", "https://acme.example", has_network=offline) == UNREACHABLE


def test_every_target_is_looked_at_once_and_side_by_side() -> None:
    seen: list[str] = []

    def look(target: str) -> str:
        time.sleep(0.1)
        seen.append(target)
        return target.upper()

    started = time.monotonic()
    found = in_parallel(look, ["a", "b", "a", *"cdefgh"])

    assert time.monotonic() - started < 0.5
    assert sorted(seen) == list("abcdefgh")
    assert (found("a"), found("h")) == ("A", "H")


def test_what_took_too_long_is_out_of_time_and_the_rest_is_there() -> None:
    release = threading.Event()

    def look(target: int) -> int:
        return target if target < 5 else int(release.wait(5))

    found = in_parallel(look, range(100), seconds=0.2)

    assert found(4) == 4
    for late in (5, 99):
        with pytest.raises(OutOfTime):
            found(late)
    release.set()


def test_what_a_look_raises_is_raised_for_its_target_only() -> None:
    found = in_parallel(lambda target: 1 // target, [0, 1])

    assert found(1) == 1
    with pytest.raises(ZeroDivisionError):
        found(0)


def test_a_look_sees_the_callers_correlation_id() -> None:
    telemetry.bind("cor-9")

    found = in_parallel(lambda _target: telemetry.correlation_id(), ["x"])

    assert found("x") == "cor-9"


def test_an_address_that_is_no_url_is_not_exempt() -> None:
    assert not remote_checks.is_exempt("https://host:port/")
    assert remote_checks.is_exempt("https://127.0.0.1/")

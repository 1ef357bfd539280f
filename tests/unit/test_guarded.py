import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from raw_server import raw_server, saying

from chalicelib.clients.addresses import is_public
from chalicelib.clients.errors import CallFailed
from chalicelib.clients.guarded import Reply, Rules, fetch

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
LOOPBACK = frozenset({"127.0.0.1"})


def call(url: str, **rules: object) -> Reply:
    return fetch("GET", url, rules=Rules(**{"allowed_private_hosts": LOOPBACK, **rules}))  # type: ignore[arg-type]


def failure_of(action: Callable[[], object]) -> str:
    with pytest.raises(CallFailed) as caught:
        action()
    return caught.value.code


def answering(*addresses: str) -> Callable[[str, int, float], list[str]]:
    return lambda host, port, timeout: list(addresses)


def test_a_named_private_host_is_called_and_its_answer_read() -> None:
    with raw_server(saying(OK)) as server:
        reply = fetch(
            "POST",
            server.url + "orders?x=1#part",
            headers={"X-Test": "1"},
            body=b"{}",
            rules=Rules(allowed_private_hosts={f"127.0.0.1:{server.port}"}),
        )

    assert (reply.status, reply.body, reply.complete) == (200, b"hello", True)
    head = server.requests[0].lower()
    assert head.startswith(b"post /orders?x=1 http/1.1\r\n")
    assert b"accept-encoding: identity" in head
    assert b"x-test: 1" in head
    assert f"host: 127.0.0.1:{server.port}".encode() in head


def test_another_port_of_a_named_host_and_port_stays_closed() -> None:
    assert (
        failure_of(lambda: call("http://127.0.0.1:9/", allowed_private_hosts={"127.0.0.1:80"}))
        == "REFUSED_URL"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "//shop.example/",
        "shop.example",
        "https://",
        "https:///path",
        "https://user:password@shop.example/",
        "https://127.0.0.1@shop.example/",
        "https://shop.example\\@127.0.0.1/",
        "https://shop.example /",
        "https://shop.example/\r\nX: 1",
        "https://shop.example\t/",
        "https://münchen.example/",
        "https://[fe80::1%25eth0]/",
        "https://shop.example:99999/",
        "https://shop.example:port/",
        "",
    ],
)
def test_a_url_of_the_wrong_form_is_refused_before_anything_is_resolved(url: str) -> None:
    def resolve(host: str, port: int, timeout: float) -> list[str]:
        raise AssertionError("must not be asked")

    rules = Rules(allowed_private_hosts=LOOPBACK, resolve=resolve)

    assert failure_of(lambda: fetch("GET", url, rules=rules)) == "REFUSED_URL"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "172.31.255.254",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:1::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "localhost",
        "LOCALHOST.",
    ],
)
def test_no_spelling_of_a_private_address_is_called(host: str) -> None:
    url = f"https://{host}/"

    assert failure_of(lambda: call(url, allowed_private_hosts=())) == "REFUSED_ADDRESS"


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::200e"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "shop.example", "1.2.3", "2606:4700::1111%eth0", "168.63.129.16"])
def test_what_is_no_public_address_is_not_public(address: str) -> None:
    assert not is_public(address)


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    mixed = answering("93.184.215.14", "10.0.0.7")

    assert failure_of(lambda: call("https://shop.example/", resolve=mixed)) == "REFUSED_ADDRESS"


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    asked = []

    def rebinding(host: str, port: int, timeout: float) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with raw_server(saying(OK)) as server:
        named = f"shop.example:{server.port}"
        reply = call(f"http://{named}/", allowed_private_hosts={named}, resolve=rebinding)

    assert reply.status == 200
    assert asked == ["shop.example"]
    assert f"host: {named}".encode() in server.requests[0].lower()


def test_the_next_address_is_tried_where_the_first_does_not_connect() -> None:
    with raw_server(saying(OK)) as server:
        both = answering("::1", "127.0.0.1")
        named = f"shop.example:{server.port}"
        assert call(f"http://{named}/", allowed_private_hosts={named}, resolve=both).status == 200


def test_a_name_that_resolves_to_nothing_is_said_to() -> None:
    assert failure_of(lambda: call("https://no-such-host.invalid/")) == "UNRESOLVED"


def test_a_port_where_nobody_listens_is_said_to_be_unconnected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert failure_of(lambda: call(f"http://127.0.0.1:{port}/")) == "UNCONNECTED"


def test_a_redirect_is_handed_back_not_followed() -> None:
    raw = b"HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with raw_server(saying(raw)) as server:
        reply = call(server.url)

    assert (reply.status, reply.headers["location"]) == (307, "http://169.254.169.254/")
    assert len(server.requests) == 1


def _drip(head: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_a_drip_is_cut_off_by_the_wall_clock(head: bytes) -> None:
    with raw_server(_drip(head)) as server:
        started = time.monotonic()
        assert failure_of(lambda: call(server.url, read_seconds=0.4)) == "TIMED_OUT"

    assert time.monotonic() - started < 1.5


def test_silence_is_cut_off_too() -> None:
    with raw_server(lambda connection: time.sleep(5)) as server:
        assert failure_of(lambda: call(server.url, read_seconds=0.3)) == "TIMED_OUT"


def test_a_tls_handshake_that_never_answers_counts_as_connecting() -> None:
    with raw_server(lambda connection: time.sleep(5)) as server:
        url = server.url.replace("http:", "https:")
        assert failure_of(lambda: call(url, connect_seconds=0.3)) == "TIMED_OUT"


def _self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    pem = directory / "pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_tls_asks_for_the_name_and_refuses_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    names = []
    context = _self_signed(tmp_path)
    context.sni_callback = lambda _, name, __: names.append(name)  # type: ignore[assignment]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as plain:
                context.wrap_socket(plain, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        named = f"shop.example:{listener.getsockname()[1]}"
        url, here = f"https://{named}/", answering("127.0.0.1")
        assert failure_of(lambda: call(url, allowed_private_hosts={named}, resolve=here)) == "BAD_CERTIFICATE"
        thread.join()

    assert names == ["shop.example"]


def test_an_answer_of_the_largest_size_is_read_and_one_byte_more_is_not() -> None:
    def of_size(size: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size

    with raw_server(saying(of_size(1000))) as server:
        assert len(call(server.url, max_bytes=1000).body) == 1000
        assert failure_of(lambda: call(server.url, max_bytes=999)) == "TOO_LARGE"


def test_reading_may_end_early_in_good_order() -> None:
    with raw_server(saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)) as server:
        reply = call(server.url, take=100)

    assert (reply.body, reply.complete) == (b"x" * 100, False)


@pytest.mark.parametrize(
    "flood",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 60_000 + b"\r\nx\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 60_000 + b"\r\n",
    ],
    ids=["chunk extensions", "endless interim answers", "headers"],
)
def test_framing_counts_as_size(flood: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(flood)
        while True:
            connection.sendall(flood.partition(b"\r\n\r\n")[2] or flood)

    with raw_server(answer) as server:
        assert failure_of(lambda: call(server.url)) in ("TOO_LARGE", "BROKEN_ANSWER")


def test_a_compressed_answer_is_never_inflated() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with raw_server(saying(head + bomb)) as server:
        assert failure_of(lambda: call(server.url)) == "BROKEN_ANSWER"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    ],
    ids=["nothing", "no HTTP", "cut short", "bad chunk", "too many headers"],
)
def test_a_broken_answer_is_a_coded_failure(raw: bytes) -> None:
    with raw_server(saying(raw)) as server:
        assert failure_of(lambda: call(server.url)) == "BROKEN_ANSWER"


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with raw_server(saying(OK)) as server:
        assert call(server.url).status == 200


def test_the_exempt_hosts_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(saying(OK)) as server:
        monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", f"127.0.0.1:{server.port}, other")
        assert fetch("GET", server.url).status == 200

"""The DNS client, asking a real (if small) name server on loopback."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from chalicelib.clients import dns as client

KNOWN = {(".", "NS"): "a.root-servers.net.", ("mail.example.", "MX"): "10 mx.example."}


@contextlib.contextmanager
def name_server(known: dict[tuple[str, str], str]) -> Iterator[dns.resolver.Resolver]:
    """A resolver that asks a server which knows `known` and answers everything else with NXDOMAIN."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, client_address = server.recvfrom(4096)
                server.sendto(answered(dns.message.from_wire(wire), known).to_wire(), client_address)

    threading.Thread(target=serve, daemon=True).start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
    yield resolver
    server.close()


def answered(query: dns.message.Message, known: dict[tuple[str, str], str]) -> dns.message.Message:
    question = query.question[0]
    answer = dns.message.make_response(query)
    name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
    if (name, kind) in known:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, known[name, kind]))
    else:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


def test_a_name_with_an_address_exists() -> None:
    assert client.exists("localhost")
    assert client.exists("127.0.0.1")


def test_a_name_that_cannot_be_one_does_not_exist() -> None:
    assert not client.exists("no such name.invalid")


def test_a_host_with_a_mail_exchanger_takes_mail() -> None:
    with name_server(KNOWN) as resolver:
        assert client.takes_mail("mail.example", resolver=resolver)
        assert not client.takes_mail("other.invalid", resolver=resolver)


def test_a_host_with_an_address_alone_takes_mail_too() -> None:
    assert client.takes_mail("localhost")


def test_the_network_is_there_where_the_root_zone_is_known() -> None:
    with name_server(KNOWN) as resolver:
        assert client.network_is_there(resolver=resolver)


def test_a_server_that_knows_no_root_is_no_network() -> None:
    with name_server({}) as resolver:
        assert not client.network_is_there(resolver=resolver)


def test_a_server_that_does_not_answer_is_no_network() -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 9

    assert not client.network_is_there(timeout=0.2, resolver=resolver)


def test_the_system_resolver_is_asked_where_none_is_given() -> None:
    assert client.network_is_there() in (True, False)


@pytest.mark.parametrize("host", ["", "a" * 300, "ü" * 80 + ".example", "a..b"])
def test_no_name_breaks_the_lookup(host: str) -> None:
    assert not client.takes_mail(host, timeout=1)

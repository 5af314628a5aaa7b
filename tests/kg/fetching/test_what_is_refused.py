"""What is never asked, never followed, and never kept."""

import gzip
import ipaddress
import threading

import httpx
import pytest
from picture_server import Answer, half_of, png, redirect, without_length

from kg import FetchError, FetchSettings
from kg.pictures.addresses import AddressRules, RefusedAddressError, is_public

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
TRUNCATED = png()[:-30]


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/x.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x.png",
        "http://2130706433/x.png",
    ],
)
def test_a_redirect_into_the_private_network_is_refused_without_a_connection(one, address: str) -> None:
    looked_up: list[str] = []
    real = one.resolve

    async def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return await real(host, port)

    one.resolve = resolve
    one.server.answers["A.png"] = [redirect(address)]
    assert one.fetch().refused == 1
    assert set(looked_up) == {"127.0.0.1"}
    status, file, reason = one.row()
    assert (status, file) == ("missing", None)
    assert reason is not None
    assert "not allowed" in reason


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("ftp://{host}/x.png", "http"),
        ("file:///etc/passwd", "http"),
        ("http://user:secret@{host}/x.png", "user name"),
        ("http://evil.example/x.png", "evil.example"),
        ("http://127.0.0.1:1/x.png", "127.0.0.1:1"),
        ("http://[/x.png", "not allowed"),
        ("http://a:b/x.png", "is not an address"),
        ("//evil.example/x.png", "not allowed"),
    ],
)
def test_redirects_that_are_not_followed(one, to: str, why: str) -> None:
    one.server.answers["A.png"] = [redirect(to.format(host=one.server.host))]
    assert one.fetch().refused == 1
    assert one.server.asked == ["A.png"]
    reason = one.row()[2]
    assert why in reason
    assert "secret" not in reason


def test_redirects_in_a_circle_and_without_end(world) -> None:
    world.build(*map(world.server.source, ["Circle.png", "Long.png"]))
    there, back = (
        f"http://{host}/wiki/Special:FilePath/{name}"
        for host, name in [(world.server.other_host, "Round.png"), (world.server.host, "Circle.png?width=330")]
    )
    world.server.answers |= {"Circle.png": [redirect(there)], "Round.png": [redirect(back)]}
    world.server.answers |= {"Long.png": [redirect("/1")], **{str(n): [redirect(f"/{n + 1}")] for n in range(1, 9)}}
    assert world.fetch().refused == 2
    assert [row[2] for row in world.rows()] == ["redirects in a circle", "more than 5 redirects"]
    assert len(world.server.asked) == 2 + 6


def test_https_is_not_left_for_http() -> None:
    rules = AddressRules()
    secure, plain = (httpx.URL(f"{scheme}://upload.wikimedia.org/x.png") for scheme in ("https", "http"))
    rules.check(secure, plain)
    with pytest.raises(RefusedAddressError, match="https to http"):
        rules.check(plain, secure)


def test_a_source_on_a_host_that_is_not_allowed_is_never_asked(world) -> None:
    world.build(world.server.source("A.png"), "http://evil.example/a.png", "http://user:secret@127.0.0.1/a.png")
    report = world.fetch(hosts=())
    assert (report.refused, world.server.asked) == (3, [])
    reasons = [row[2] for row in world.rows()]
    assert reasons[0] == f"the host {world.server.host} is not allowed; allow it with --image-host {world.server.host}"
    assert world.time.slept == []  # what is not asked takes no turn
    assert world.fetch(hosts=(world.server.host,)).missing == 1  # and is asked once its host is allowed


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1%lo", "::ffff:192.168.0.1", "0.0.0.0"])
def test_a_name_that_leads_into_the_private_network_is_not_connected_to(one, address: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", address]  # one good address does not make up for it

    one.resolve = resolve
    one.build(f"http://pictures.example:{one.server.port}/A.png")
    report = one.fetch(hosts=(f"pictures.example:{one.server.port}",))
    assert (report.failed, one.server.asked) == (1, [])
    assert "is not an address on the public internet" in one.row()[2]


def test_the_connection_goes_to_the_address_that_was_checked(one) -> None:
    """A name service that gives another answer at each question gets one question for a connection."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    one.resolve = resolve
    one.build(f"http://{one.server.other_host}/A.png")
    one.server.answers["A.png"] = [Answer(png())]
    assert one.fetch().fetched == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("208.80.154.224", True), ("2620:0:861:ed1a::1", True), ("::ffff:208.80.154.224", True),
        ("64:ff9b::208.80.154.224", True), ("127.0.0.1", False), ("10.0.0.1", False), ("172.16.0.1", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False), ("192.0.2.1", False), ("::1", False),
        ("::", False), ("fe80::1", False), ("fc00::1", False), ("ff02::1", False), ("::ffff:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False), ("2002:a00:1::1", False), ("2001:0:a00:1::1", False), ("2001:db8::1", False),
    ],
)  # fmt: skip
def test_what_a_public_address_is(address: str, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is expected


@pytest.mark.parametrize(
    "host", ["", "http://a.example", "a.example/x", "me@a.example", "a b", "a.example:x", " a", "?"]
)
def test_a_text_that_is_not_a_host(host: str) -> None:
    with pytest.raises(FetchError, match="--image-host"):
        AddressRules([host])


def test_hosts_are_compared_in_one_form() -> None:
    rules = AddressRules(["Bücher.Example", "[::1]:8080", "plain.example:80"])
    for allowed in ("https://xn--bcher-kva.example/", "http://[::1]:8080/a", "http://plain.example/"):
        rules.check(httpx.URL(allowed))
    for other in ("http://[::1]/a", "https://plain.example/", "https://xn--bcher-kva.example:444/"):
        with pytest.raises(RefusedAddressError):
            rules.check(httpx.URL(other))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"x" * 5001),
        Answer(headers={"Content-Length": "999999999999999"}),
        without_length([b"x" * 1000] * 20),
        without_length([gzip.compress(b"x" * 5001)], headers={"Content-Encoding": "gzip"}),
        without_length([gzip.compress(b"x" * 50_000_000)], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["length", "huge length", "no length", "gzip", "gzip bomb"],
)
def test_what_is_too_large_is_not_kept(one, answer: Answer) -> None:
    one.server.answers["A.png"] = [answer]
    report = one.fetch(max_bytes=5000)
    assert (report.unusable, one.files()) == (1, [])
    assert one.row() == ("too large", None, "it has more than 5,000 bytes; the limit is --max-picture-bytes")
    assert one.server.asked == ["A.png"]
    one.server.answers["A.png"] = [Answer(png())]
    assert one.fetch(max_bytes=6000).fetched == 1  # another limit is another question


def test_an_encoded_picture_is_decoded(one) -> None:
    packed = gzip.compress(png())
    one.server.answers["A.png"] = [without_length([packed[:20], packed[20:]], headers={"Content-Encoding": "gzip"})]
    assert one.fetch().fetched == 1
    assert (one.pictures / "A.png").read_bytes() == png()


def test_an_encoding_that_was_not_asked_for_is_not_undone(one) -> None:
    one.server.answers["A.png"] = [Answer(png(), headers={"Content-Encoding": "br"})]
    assert one.fetch().failed == 1
    assert "'br'" in one.row()[2]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (SVG, "SVG"),
        (TRUNCATED, "damaged PNG"),
        (b"", "empty"),
        (b"OggS" * 99, "not a picture"),
    ],
    ids=["svg", "truncated png", "empty", "sound"],
)
def test_what_is_not_a_picture_is_kept_as_unreadable_with_the_reason(one, body: bytes, reason: str) -> None:
    one.server.answers["A.png"] = [Answer(body, headers={"Content-Type": "image/png"})]
    assert one.fetch().unusable == 1
    status, file, why = one.row()
    assert (status, file, one.files()) == ("unreadable", None, [])
    assert reason in why


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>Log in", b"\xef\xbb\xbf\n <HTML>"])
def test_a_web_page_in_place_of_a_picture_is_a_failure_that_may_pass(one, body: bytes) -> None:
    one.server.answers["A.png"] = [Answer(body, headers={"Content-Type": "image/png"}), Answer(png())]
    assert one.fetch().failed == 1
    assert "web page" in one.row()[2]
    assert one.fetch().fetched == 1


def test_a_trickle_ends_at_the_time_limit(one) -> None:
    one.server.answers["A.png"] = [without_length([b"x"] * 1000, wait_s=0.05)]
    assert one.fetch(picture_s=0.4).failed == 1
    assert one.row() == ("missing", None, "127.0.0.1 took more than 0.4 s for one picture")
    assert one.files() == []


def test_a_redirect_with_a_body_without_end_is_followed_at_once(one) -> None:
    def send(handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/B.png")
        handler.send_header("Connection", "close")
        handler.end_headers()
        while True:  # until the client hangs up
            handler.wfile.write(b"x" * 65_536)

    one.server.answers |= {"A.png": [Answer(send=send)], "B.png": [Answer(png())]}
    assert one.fetch().fetched == 1
    assert one.row()[:2] == ("pending", "A.png")


def test_headers_that_trickle_end_at_the_time_limit_too(one) -> None:
    def send(handler) -> None:
        for _ in range(1000):
            handler.wfile.write(b"H" if _ else b"HTTP/1.1 200 OK\r\n")
            handler.wfile.flush()
            threading.Event().wait(0.05)

    one.server.answers["A.png"] = [Answer(send=send)]
    assert one.fetch(picture_s=0.4).failed == 1


def test_half_a_picture_never_has_its_name(one) -> None:
    one.server.answers["A.png"] = [half_of(png())]
    assert one.fetch().failed == 1
    assert one.files() == []


@pytest.mark.parametrize(
    "contact",
    ["", "me", "me@home", "http://", "a b@example.org", "me@example.org\r\nX: y", "mé@example.org", "(a@b.c)"],
)
def test_a_text_that_is_not_a_contact(contact: str) -> None:
    with pytest.raises(FetchError, match="contact") as caught:
        FetchSettings(contact=contact)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"width": 400}, {"max_bytes": 0}, {"requests_per_s": 0}, {"requests_per_s": -1.0}])
def test_settings_that_make_no_sense(change) -> None:
    with pytest.raises(FetchError, match="330 or 500" if "width" in change else "above 0"):
        FetchSettings(contact="me@example.org", **change)

"""Over https: the certificate is that of the host's name, though the connection goes to a checked address."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from picture_server import Answer, png

OPENSSL = shutil.which("openssl")


@pytest.fixture
def secure(world, tmp_path: Path, monkeypatch):
    """A world whose server speaks TLS as `localhost`, by a certificate that is trusted."""
    if OPENSSL is None:
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*map(str, made), *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = world.server._server
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # a client that trusts nobody hangs up
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    world.server.answers["A.png"] = [Answer(png())]
    return world


def test_a_picture_over_https(secure) -> None:
    secure.build(f"https://{secure.server.other_host}/A.png")
    assert secure.fetch().fetched == 1
    assert secure.server.hosts == [secure.server.other_host]


def test_a_certificate_of_another_name_is_not_taken(secure) -> None:
    secure.build(f"https://{secure.server.host}/A.png")
    assert secure.fetch(tries=1).failed == 1
    assert "certificate" in secure.row()[2].lower()
    assert secure.server.asked == []


def test_a_certificate_that_nobody_vouches_for_is_not_taken(secure, monkeypatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    secure.build(f"https://{secure.server.other_host}/A.png")
    assert secure.fetch(tries=1).failed == 1
    assert "certificate" in secure.row()[2].lower()

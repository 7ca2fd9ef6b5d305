"""``graphnet watch``: one file, on this machine alone."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from graphnet.cli import main
from graphnet.cli.watch import PageServer


@pytest.fixture
def served(tmp_path):
    """Return the page and the port at which it is served."""
    page = tmp_path / "training.html"
    page.write_text("<!doctype html>first")
    (tmp_path / "secret.txt").write_text("secret")
    with PageServer(page, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield page, server.server_port
        server.shutdown()
        thread.join()


def ask(port, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_the_page_is_read_anew_each_time_and_never_cached(served):
    page, port = served
    answer, body = ask(port)
    assert (answer.status, body) == (200, b"<!doctype html>first")
    assert answer.headers["Cache-Control"] == "no-store"
    page.write_text("<!doctype html>second")
    assert ask(port, "/?feed=1")[1] == b"<!doctype html>second"
    assert ask(port, method="HEAD")[1] == b""


@pytest.mark.parametrize(
    "path",
    ["/secret.txt", "/training.html", "/x/", "/../secret.txt", "/%2e%2e/secret.txt", "*", "http://example.com/x"],
)
def test_another_path_is_not_found(served, path):
    answer, body = ask(served[1], path)
    assert answer.status == 404
    assert b"secret" not in body.replace(path.encode(), b"")


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1", "localhost:1", ""])
def test_another_name_that_leads_here_is_not_answered(served, host):
    assert ask(served[1], Host=host)[0].status == 404
    assert ask(served[1], Host=f"localhost:{served[1]}")[0].status == 200


def test_another_site_cannot_frame_the_page(served):
    headers = ask(served[1])[0].headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert "Access-Control-Allow-Origin" not in headers


def test_nothing_can_be_sent(served):
    assert ask(served[1], method="POST")[0].status == 501


def test_a_page_that_is_gone_is_told(served):
    page, port = served
    page.unlink()
    answer, body = ask(port)
    assert answer.status == 404
    assert b"training.html cannot be read: No such file" in body


def test_it_listens_on_loopback_alone(tmp_path):
    with PageServer(tmp_path / "page.html", 0) as server:
        assert server.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_the_command_tells_its_address_and_ends_cleanly(tmp_path):
    page = tmp_path / "training.html"
    page.write_text("here")
    program = "import sys; from graphnet.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "watch", str(page), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        told = process.stdout.readline()
        assert str(page) in told
        port = int(told.split("127.0.0.1:")[1].split("/")[0])
        assert ask(port)[1] == b"here"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, errors, rest.strip()) == (0, "", "")


def test_wrong_calls_are_told(tmp_path, capsys):
    assert main(["watch", str(tmp_path)]) == 2
    assert "is a folder; give the page in it" in capsys.readouterr().err
    assert main(["watch", str(tmp_path / "no.html")]) == 2
    assert "a training writes its page after its first step" in capsys.readouterr().err
    page = tmp_path / "page.html"
    page.write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["watch", str(page), "--port", str(port)]) == 2
    assert f"port {port} cannot be had (address already in use)" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["watch", str(page), "--port", "70000"])

"""``graphnet watch``: show the page of a training in a browser, at an address of this machine alone.

The page refreshes itself when it is opened as a file, too; an address helps where a browser opens no files, or over a
tunnel: ssh -L 8000:127.0.0.1:8000 HOST. As in: graphnet watch training.html --port 8000
"""

from __future__ import annotations

import argparse
import errno
import os
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from urllib.parse import urlsplit

from graphnet.cli.errors import InputError
from graphnet.cli.options import port

LOOPBACK = "127.0.0.1"
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # No page of another site may show this one in a frame and read what it holds.
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("file", metavar="FILE", help="the page, such as char_rnn/training.html")
    parser.add_argument(
        "--port", type=port, default=8000, metavar="N", help="of the address; 0 takes any that is free (%(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    path = Path(options.file)
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the page in it, such as {path / 'training.html'}")
    if not path.is_file():
        raise InputError(f"there is no file {path}; a training writes its page after its first step")
    with _server(path, options.port) as server:
        print(f"{path} is at http://{LOOPBACK}:{server.server_port}/ (Ctrl-C ends this)", flush=True)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            print()
    return 0


class PageServer(ThreadingHTTPServer):
    """Serves one file, to this machine alone.

    Parameters
    ----------
    path : Path
        Read anew for every request.
    port : int
        0 for any that is free.
    """

    daemon_threads = True  # a browser that keeps a connection open does not hold up the end

    def __init__(self, path: Path, port: int) -> None:
        self.path = path.absolute()
        super().__init__((LOOPBACK, port), _Request)

    def server_bind(self) -> None:
        """Bind the address; the name of the machine, which takes a look into the network, is not asked for."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]


class _Request(BaseHTTPRequestHandler):
    server: PageServer
    server_version, sys_version = "graphnet", ""
    timeout = 30  # seconds, for who opens a connection and says nothing

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        if not self._is_meant():
            self._refuse("there is nothing else here")
            return
        try:
            contents = self.server.path.read_bytes()
        except OSError as error:
            self._refuse(f"{self.server.path.name} cannot be read: {error.strerror}")
            return
        self.send_response(HTTPStatus.OK)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(contents)))
        self.end_headers()
        if with_body:
            self.wfile.write(contents)

    def _is_meant(self) -> bool:
        """Tell whether this asks for the page, by its own address: another site's name may lead here, too."""
        port = self.server.server_port
        hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost")}
        return self.headers.get("Host") in hosts and urlsplit(self.path).path == "/" and self.path.startswith("/")

    def _refuse(self, why: str) -> None:
        self.send_error(HTTPStatus.NOT_FOUND, explain=why)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's word
        """Print nothing: the page asks every few seconds."""


def _server(path: Path, number: int) -> PageServer:
    try:
        return PageServer(path, number)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            why = os.strerror(error.errno).lower()
            raise InputError(f"port {number} cannot be had ({why}); take another, or any: --port 0") from error
        raise

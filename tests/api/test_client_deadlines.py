"""Clients that send or read slowly, on real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from api.client_deadlines import RECEIVE, DeadlineProtocol

SECONDS = 0.6
LARGE = 20_000_000  # bytes, more than the buffers of a loopback connection hold


class _Impatient(DeadlineProtocol):
    receive_seconds = SECONDS
    upload_bytes = 100
    drain_seconds = SECONDS


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body, or with LARGE bytes."""
    length = 0
    while (message := await receive()).get("more_body"):
        length += len(message["body"])
    body = b"x" * LARGE if scope["path"] == "/large" else str(length + len(message.get("body", b""))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(_echo, http=_Impatient, lifespan="off", log_level="error", timeout_keep_alive=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        thread.join(10)


def _seconds_until_closed(port: int, send: Callable[[socket.socket], None]) -> float:
    """How long a connection lives on which `send` is called ten times a second."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=0.1) as connection:
        while time.monotonic() - start < 10:
            try:
                send(connection)
                if connection.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - start


def _nothing(connection: socket.socket) -> None:
    pass


class _Slowly:
    """One byte of a text a call."""

    def __init__(self, text: bytes) -> None:
        self._bytes = iter(text)

    def __call__(self, connection: socket.socket) -> None:
        connection.send(bytes([next(self._bytes, ord("x"))]))


@pytest.mark.parametrize("send", [
    _nothing, _Slowly(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 1000),
], ids=["silent", "headers"])  # fmt: skip
def test_a_client_that_sends_no_whole_request_is_cut_off(port: int, send: Callable[[socket.socket], None]) -> None:
    assert SECONDS / 2 < _seconds_until_closed(port, send) < 5


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n"


def test_so_is_one_whose_body_does_not_come(port: int) -> None:
    head = iter([HEAD])
    assert SECONDS / 2 < _seconds_until_closed(port, lambda connection: connection.sendall(next(head, b""))) < 5


def _answer(connection: socket.socket) -> str:
    """The body, of one character, of the next answer."""
    content = b""
    while not content.partition(b"\r\n\r\n")[2]:
        part = connection.recv(1000)
        assert part
        content += part
    return content.partition(b"\r\n\r\n")[2].decode()


def test_so_is_one_that_is_slow_with_its_second_request(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(HEAD + b"abc")
        assert _answer(connection) == "3"
        time.sleep(SECONDS * 1.2)  # silent, within the time a connection is kept
        connection.sendall(HEAD + b"abcPOST / HT")
        assert _answer(connection) == "3"
        start = time.monotonic()
        connection.sendall(b"TP")
        assert connection.recv(1000) == b"" and time.monotonic() - start < 4


def test_one_that_is_quick_enough_is_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for part in (HEAD, b"a", b"b", b"c"):
            connection.sendall(part)
            time.sleep(SECONDS / 6)
        assert _answer(connection) == "3"


def test_one_that_does_not_read_its_answer_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(3 * SECONDS)
        length = 0
        with pytest.raises(ConnectionResetError):
            while length < LARGE and (part := connection.recv(1_000_000)):
                length += len(part)
            if length < LARGE:
                raise ConnectionResetError
        assert length < LARGE


def test_the_limit_of_a_server_is_below_ten_seconds() -> None:
    assert DeadlineProtocol.receive_seconds == RECEIVE < 10


@pytest.mark.parametrize(
    ("path", "size", "stays"), [("/data/uploads", 100, True), ("/data/uploads", 5, False), ("/", 100, False)]
)
def test_a_large_file_may_take_long_where_files_are_brought(port: int, path: str, size: int, stays: bool) -> None:
    """At ten pieces a second: enough bytes in time keep the connection, for the address of files alone."""
    pieces = 20
    total = pieces * size
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {total}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        answer = b""
        try:
            connection.sendall(head)
            for _ in range(pieces):
                connection.sendall(b"x" * size)
                time.sleep(0.1)
            answer = connection.recv(1000)
        except OSError:
            pass
    assert answer.startswith(b"HTTP/1.1 200") == stays

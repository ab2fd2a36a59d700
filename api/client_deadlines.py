"""Connections of clients that send or read too slowly are closed: uvicorn has no time limit for either.

    uvicorn --http api.client_deadlines:DeadlineProtocol
"""

from __future__ import annotations

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.upload_bodies import UPLOAD_PATH

RECEIVE: Final = 8.0  # seconds from connection or first byte until a request is there, body included
UPLOAD: Final = 65_536  # bytes in RECEIVE seconds with which a large file may go on coming in
DRAIN: Final = 30.0  # seconds in which a reader takes at least what one buffer holds (48 KB)


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 with a time limit for receiving a request and for taking its answer."""

    receive_seconds = RECEIVE
    drain_seconds = DRAIN
    upload_bytes = UPLOAD
    upload_path = UPLOAD_PATH
    _taken = 0  # bytes since the deadline was set
    _receiving: asyncio.TimerHandle | None = None
    _draining: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        if self._receiving is None:
            self._expect_request()
        self._taken += len(data)
        super().data_received(data)
        if self._received():
            self._stop_receiving()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_draining()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._expect_reader()  # closing waits for what the client has not read yet

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_receiving()
        self._stop_draining()

    def _received(self) -> bool:
        """Whether no part of a request is outstanding; so it is on a connection kept alive that is silent."""
        if self.conn.their_state is h11.IDLE:
            return self.cycle is not None and not self.conn.trailing_data[0]
        return self.conn.their_state is not h11.SEND_BODY

    def _expect_request(self) -> None:
        self._taken = 0
        self._receiving = self.loop.call_later(self.receive_seconds, self._close_slow_sender)

    def _close_slow_sender(self) -> None:
        large = self.scope is not None and self.scope.get("path") == self.upload_path and self._taken >= self.upload_bytes
        if large or self.flow.read_paused:  # paused: the application has not taken what came
            self._expect_request()
        else:
            self.transport.abort()

    def _stop_receiving(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            self._receiving = None

    def _expect_reader(self) -> None:
        if self._draining is None:
            self._draining = self.loop.call_later(self.drain_seconds, self.transport.abort)

    def _stop_draining(self) -> None:
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None

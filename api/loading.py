"""Loading what is served, beside the running server; while the database of the records cannot be reached, again and again."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

from fastapi import FastAPI

from api.deps import AdviceReader
from features.errors import RecommenderError, UnavailableError
from features.messages import Message
from recommender.records.record_store import RecordStore
from recommender.workspace.file_backed import release_memory

RETRY = 3.0  # seconds between two attempts to reach the database


class Loading:
    """Sets `app.state.service` once, and until then `app.state.loading` and `app.state.not_ready`: the state and why.

    States: loading, waiting (for the database), failed (until the next start), ready.
    """

    def __init__(self, app: FastAPI, records: RecordStore, load: Callable[[], AdviceReader]) -> None:
        self._app, self._records, self._load = app, records, load
        self._closing = asyncio.Event()

    async def run(self) -> None:
        """Until it is loaded, cannot be loaded, or `close` was called."""
        state = self._app.state
        while not self._closing.is_set():
            try:
                await asyncio.to_thread(self._records.open)
                state.service = await asyncio.to_thread(self._load)
            except UnavailableError as error:
                if state.not_ready != (reason := _reason(error)):
                    state.log.warning("records_not_reachable", reason=reason)
                state.loading, state.not_ready = "waiting", reason
                await self._wait()
                continue
            except Exception as error:
                state.loading, state.not_ready = "failed", _reason(error)
                text = str(error) if isinstance(error, RecommenderError) else ""  # others may hold data
                state.log.error("desk_not_loaded", kind=type(error).__name__, message=text)
                return
            state.loading, state.not_ready = "ready", None
            gc.collect()
            await asyncio.to_thread(release_memory)
            gc.freeze()  # what was loaded stays: looking through it for garbage would stop all threads
            return

    def close(self) -> None:
        """No further attempt."""
        self._closing.set()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), RETRY)
        except TimeoutError:
            return


def _reason(error: Exception) -> str:
    """The code of a message, without its parameters, which may name files; else the kind of the error."""
    text = error.message if isinstance(error, RecommenderError) else None
    return text.code if isinstance(text, Message) else type(error).__name__

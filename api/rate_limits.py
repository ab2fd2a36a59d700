"""How often one person may write and one address may try to sign in: a bucket of tokens each, in memory."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import Final

from features.errors import BusyError

MOST_BUCKETS: Final = 10_000
"""A bucket that was left alone longest goes first: a full one is the same as none."""


class RateLimit:
    """A bucket holds `per_minute` tokens and fills up within a minute (token bucket, RFC 2697 without its second rate).

    Each worker process counts for itself, so with N of them up to N times as much passes.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, now: float | None = None) -> None:
        """Takes a token. now: seconds on a clock that never goes back. Raises BusyError with the seconds to wait."""
        now = time.monotonic() if now is None else now
        with self._lock:
            level, since = self._levels.pop(key, (float(self.per_minute), now))
            level = min(self.per_minute, level + (now - since) * self.per_minute / 60)
            self._levels[key] = (level - 1 if level >= 1 else level, now)
            if len(self._levels) > MOST_BUCKETS:
                self._levels.popitem(last=False)
        if level < 1:
            raise BusyError("sign_in.too_often", max(1, math.ceil((1 - level) * 60 / self.per_minute)))

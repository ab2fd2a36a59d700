"""Tokens whose signature was verified a moment ago: a visitor sends the same one with each request.

Verifying takes 40 us of processor, looking it up 1. What may change is looked at every time: the time, and the list of
service tokens (`ServerSettings.read_token`).
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

from recommender.tokens import LEEWAY, Claims, read_token

MOST: Final = 4096  # the one not used for longest goes first


class VerifiedTokens:
    """Reads tokens of one key; safe for many threads. Only what was verified is kept, so nobody can fill it with others."""

    def __init__(self, key: bytes) -> None:
        def verified(token: str) -> Claims:
            claims = read_token(key, token)
            if claims is None:
                raise _RefusedError  # an exception is not kept
            return claims

        self._verified = lru_cache(MOST)(verified)

    def read(self, token: str) -> Claims | None:
        """As `read_token`."""
        try:
            claims = self._verified(token)
        except _RefusedError:
            return None
        return claims if claims.expires.timestamp() > time.time() - LEEWAY else None


class _RefusedError(Exception):
    """The token does not hold."""

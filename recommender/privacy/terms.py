"""Terms in calendar months, and when an estimate of needs has expired (`purposes.toml`, terms `need`)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

import pandas as pd

from features.errors import DataError
from features.messages import Message, message
from recommender.privacy.data_catalogue import data_catalogue

NEED_MONTHS: Final = data_catalogue().terms["need"].months or 0


def months_after(day: date, months: int) -> date:
    """The same day of the month, so many months later (earlier where negative); the last day of a shorter month."""
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


@lru_cache(maxsize=16)  # every answer says it
def need_expires_on(as_of: date) -> date:
    """The last day on which needs estimated from data up to `as_of` may be shown and used."""
    return months_after(as_of, NEED_MONTHS)


def needs_expired(as_of: date, today: date) -> Message:
    """The sentence that needs have expired, for those who read pages."""
    return message("privacy.needs_expired", as_of=as_of, today=today, months=NEED_MONTHS)


def refuse_expired_needs(as_of: date, today: date) -> None:
    """Raises DataError where needs estimated from data up to `as_of` have expired on the day `today`."""
    if today > need_expires_on(as_of):
        raise DataError("privacy.needs_expired_do", as_of=as_of, today=today, months=NEED_MONTHS)

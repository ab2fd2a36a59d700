"""How many rows of each table differ between two versions. A row is the same row by its key, else by all selectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from features.schema import TABLES
from features.tables import empty_frame


class Change(NamedTuple):
    """How many rows of one table are new, have other values, stay as they are, and are gone."""

    new: int
    changed: int
    same: int
    gone: int


def changes_between(
    before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame], names: Iterable[str]
) -> dict[str, Change]:
    """The changes of these tables."""
    return {
        name: _change(name, before[name] if name in before else empty_frame(name), after[name]) for name in names
    }


def _change(name: str, old: pd.DataFrame, new: pd.DataFrame) -> Change:
    if not len(old):
        return Change(len(new), 0, 0, 0)
    identity = list(TABLES[name].identity)
    old_rows, new_rows = _hashes(old, list(new.columns)), _hashes(new, list(new.columns))
    old_keys, new_keys = _hashes(old, identity), _hashes(new, identity)
    same = int(new_rows.isin(old_rows).sum())
    existing = int(new_keys.isin(old_keys).sum())
    gone = int((~old_keys.isin(new_keys)).sum())
    return Change(len(new) - existing, existing - same, same, gone)


def _hashes(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    return pd.util.hash_pandas_object(frame[columns], index=False)

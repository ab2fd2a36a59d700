"""The ledger's entries from three sources: what was imported, what was claimed here, and what was decided here on both.

Imported entries are facts and stay as they are; decisions are laid over them. Where the import records a later decision than the
newest here, it holds: the platform knows more by then.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from features.tables import typed_frame

CLAIM_PREFIX: Final = "claim:"
DECIDED: Final = ("status", "decided_by", "decided_on", "reason")


def joined_entries(
    imported: pd.DataFrame, claims: pd.DataFrame, decisions: pd.DataFrame, today: date | None = None
) -> pd.DataFrame:
    """A frame of the table hour_entries, by entry_id.

    imported: that table. claims: rows of it, without a platform, as claimed. decisions: entry_id, status, decided_by, decided_on
    (days) and reason, the newest of each entry; a day after `today`, by a clock of another time zone, is today. An imported entry
    with the id of a claim is that claim come back, and left out.
    """
    if not len(claims) and not len(decisions):
        return imported
    repeated = imported["entry_id"].isin(claims["entry_id"]) if len(claims) else np.zeros(len(imported), dtype=bool)
    claimed = claims.assign(status="claimed")  # what it has no column for stays empty
    together = pd.concat([imported[~repeated], claimed], ignore_index=True) if len(claims) else imported
    joined = typed_frame("hour_entries", together)
    place = pd.Index(decisions["entry_id"]).get_indexer(pd.Index(joined["entry_id"]))
    decided_on = pd.to_datetime(decisions["decided_on"]).to_numpy(dtype="datetime64[us]")
    if today is not None:
        decided_on = np.minimum(decided_on, np.datetime64(today, "us"))
    rows = np.flatnonzero(place >= 0)
    own_day = joined["decided_on"].to_numpy()[rows]
    rows = rows[~(own_day > decided_on[place[rows]])]
    for name in DECIDED:
        values = decided_on if name == "decided_on" else decisions[name].to_numpy(dtype=object)
        column = joined[name].to_numpy(dtype=values.dtype, copy=True)
        column[rows] = values[place[rows]]
        joined[name] = pd.Series(column).astype(joined[name].dtype)
    return joined

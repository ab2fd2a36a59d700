"""The date of the data that a diagnosis rests on: one teacher's self-assessment makes nobody else's data newer.

A submission is evidence, so a diagnosis may be as of its day. How old the data are, and when needs expire, is judged by
what offices recorded.
"""

from __future__ import annotations

from datetime import date

from features.tables import Tables
from recommender.self_assessments.own_view import PREFIX


def date_of_data(tables: Tables, as_of: date) -> date:
    """`as_of`, or the newest evidence of others where only self-assessments are of that day."""
    if "surveys" not in tables:
        return as_of
    surveys = tables["surveys"]
    own = surveys["survey_id"].str.startswith(PREFIX).to_numpy(dtype=bool)
    if not own.any() or tables.latest_evidence() != as_of:
        return as_of
    others = Tables({**tables.frames, "surveys": surveys[~own]}, tables.made_up)
    return others.latest_evidence() or as_of

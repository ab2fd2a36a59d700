"""What an objection changes as far as she can see: not yet, from the next diagnosis on, or in all that is shown now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, Literal, get_args

from features.row_identity import row_digest
from recommender.objections.contested_rows import find_row
from recommender.personal_data import PersonalTable
from recommender.records.objection_records import Objection

ObjectionEffect = Literal["none", "next_diagnosis", "in_effect", "replaced", "newer_evidence", "counts_again_next"]
EFFECTS: Final[tuple[ObjectionEffect, ...]] = get_args(ObjectionEffect)


def effect_of(
    objection: Objection,
    left_out: Collection[int],
    estimated: Collection[str],
    tables: Callable[[], Sequence[PersonalTable]],
) -> ObjectionEffect:
    """The effect of one objection.

    left_out: objections that the diagnosis left something out for which the answers come from. estimated: competencies
    that it shows of her. tables: her rows of today, read where they are needed.
    """
    about, applied = objection.about, objection.objection_id in left_out
    if objection.state == "withdrawn" and applied:
        return "counts_again_next"
    if objection.state != "upheld":
        return "none"
    if about.kind == "course":
        return "in_effect"
    if about.kind == "need":
        if not applied:
            return "next_diagnosis"
        return "newer_evidence" if about.subject in estimated else "in_effect"
    if applied:
        return "in_effect"
    row = find_row(tables(), about.subject, about.row_key or {})
    return "next_diagnosis" if row is not None and row_digest(row) == about.row_digest else "replaced"

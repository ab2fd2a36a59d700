"""Classes with results that count for nobody, because the register does not say who teaches them the subject."""

from __future__ import annotations

from typing import Final

import pandas as pd

from features.needs.evidence.adjusted_results import AdjustedResults
from features.needs.evidence.class_teachers import with_teachers
from features.needs.evidence.sources.class_gain_source import ClassGainSource
from features.needs.evidence.sources.class_level_source import ClassLevelSource
from features.tables import Tables

LINKABLE: Final = frozenset({
    "class_subject", "class_not_yet", "class_no_longer", "class_other_terms", "class_term_unreadable",
    "class_teacher_unknown",
})  # fmt: skip
COLUMNS: Final = ["school_id", "subject", "class_id", "source"]


def unlinked_classes(tables: Tables, adjusted: AdjustedResults) -> pd.DataFrame:
    """Columns COLUMNS, one row a class and subject, by id: source, the one its results would be evidence of.

    A class that the register does not know under any subject has no school and is left out.
    """
    rows = adjusted.rows[adjusted.rows["unit_kind"] == "class"]
    _, kind = with_teachers(tables, rows)
    left = rows[kind.isin(LINKABLE)]
    classes = tables["classes"]
    school = classes.drop_duplicates("class_id").set_index("class_id")["school_id"]
    unlinked = pd.DataFrame({
        "school_id": left["unit_id"].map(school).to_numpy(dtype=object),
        "subject": left["subject"].to_numpy(dtype=object),
        "class_id": left["unit_id"].to_numpy(dtype=object),
        "source": [ClassGainSource.name if gain else ClassLevelSource.name for gain in left["gain"]],
    }).dropna(subset=["school_id"])  # fmt: skip
    by_class = unlinked.sort_values(["school_id", "subject", "class_id", "source"], kind="stable")
    return by_class.drop_duplicates(["school_id", "subject", "class_id"])[COLUMNS].reset_index(drop=True)

"""What is taken away is gone, and nothing else."""

from __future__ import annotations

import pytest

from models.evaluation.ablation import ALL, _variants, removals

ROWS = {
    "class_results": ("results", "unit_kind", {"class"}),
    "monitoring": ("results", "unit_kind", {"school", "district"}),
    "student_feedback": ("surveys", "kind", {"student_feedback"}),
    "self_report": ("surveys", "kind", {"self_report"}),
}


@pytest.mark.parametrize("name", sorted(removals()))
def test_one_kind_of_evidence_goes_and_every_other_table_stays(name, district):
    left = removals()[name](district)
    changed = {t for t, frame in left.frames.items() if not frame.equals(district[t])}
    assert len(changed) == 1 and left.made_up == district.made_up
    (table,) = changed
    if name in ROWS:
        _, column, values = ROWS[name]
        assert table == ROWS[name][0] and not values & set(left[table][column])
        kept = district[table][~district[table][column].isin(values)]
        assert len(left[table]) == len(kept) > 0
    elif name == "observation":
        assert table == "observations" and left[table].empty
    else:
        assert table == "enrolments" and left[table][["score", "pre_score"]].isna().all(axis=None)
        assert len(left[table]) == len(district[table])


def test_every_source_and_every_builder_of_features_is_left_out_once():
    variants = _variants()
    families, features = variants.pop(ALL)
    missing = [family for left, _ in variants.values() for family in families if family not in left]
    assert sorted(f[0].name for f in missing) == sorted(f[0].name for f in families)
    gone = [
        b.name
        for _, kept in variants.values()
        for b in features.builders
        if b.name not in {k.name for k in kept.builders}
    ]
    assert sorted(gone) == sorted(b.name for b in features.builders)

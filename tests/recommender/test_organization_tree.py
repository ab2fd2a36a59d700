"""Names, chains and schools of a small register, one school of it unregistered."""

from __future__ import annotations

import pandas as pd
import pytest

from features.errors import UnknownIdError
from recommender.organization_tree import OrganizationTree

TREE = OrganizationTree(
    pd.DataFrame({
        "org_id": ["C", "D", "S1", "S2", "A", "B"], "name": ["city", "district", "乙校", "甲校", "a", "b"],
        "parent_id": [None, "C", "D", "D", "B", "A"],
    }),
    ["S1", "S2", "S9"],
)  # fmt: skip


def test_chains_go_up_and_end() -> None:
    assert TREE.ancestors("S1") == ("D", "C") and TREE.ancestors("C") == ()
    assert TREE.ancestors("A") == ("B", "A")  # a circle


def test_schools_below_are_by_name_and_registered() -> None:
    assert TREE.schools_below("C") == TREE.schools_below("D") == ("S1", "S2")
    assert TREE.schools_below("S1") == ("S1",) and TREE.schools_below("A") == ()


def test_unknown_ids_have_no_name_but_a_label() -> None:
    assert (TREE.label("S9"), TREE.label("D"), TREE.name("D")) == ("S9", "district", "district")
    for call in (TREE.name, TREE.ancestors):
        with pytest.raises(UnknownIdError):
            call("S9")

"""A column for every name, positions among open courses."""

from __future__ import annotations

import numpy as np

from models.candidates.candidate_features import CandidateFeatures
from models.candidates.sequence_features import SequenceFeatures
from models.rankers.candidate_families import FAMILIES


def test_the_table_gives_a_column_for_every_name(chains):
    table = CandidateFeatures(chains, [family[0] for family in FAMILIES], each=5)
    block = table.block(np.arange(4))
    row, course = np.nonzero(block.open_to)
    columns = table.columns(block, row, course)
    assert columns.shape == (len(row), len(table.names)) and len(set(table.names)) == len(table.names)
    first = len(table.names) - len(SequenceFeatures.names)
    assert np.isfinite(columns[:, :first]).all() and not np.isinf(columns).any()
    taken = table.history.c[table.history.t < 4]
    assert not block.open_to[table.history.t[table.history.t < 4], taken].any()

"""A simulated district with needs that are planted, so that nothing here waits for a diagnosis."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs.gap import expected_gap, p_need
from features.needs.leaves import leaf_ids
from features.needs.needs import Needs
from features.needs.targets import find_targets
from features.schema import TABLES
from features.simulate import simulate
from features.tables import Tables, typed_frame


def planted_needs(tables: Tables, as_of: date) -> Needs:
    """Posteriors drawn at random by place in the tables, reliability one half."""
    targets = find_targets(tables)
    rng = np.random.default_rng(5)
    mean = rng.normal(0.0, np.sqrt(0.5), targets.target.shape)
    sd = np.full_like(mean, np.sqrt(0.5))
    gap = np.where(targets.applies, targets.target - mean, 0.0)
    size, chance = expected_gap(gap, sd) * targets.applies, p_need(gap, sd) * targets.applies
    report, none = pd.DataFrame({"n_evidence": [1]}), pd.DataFrame()
    return Needs(
        as_of, tuple(tables["teachers"]["teacher_id"]), leaf_ids(tables["competencies"]), targets.applies,
        mean, sd, gap, sd, chance, size, np.full_like(mean, 0.5), targets.weight, report, none, none, none,
    )  # fmt: skip


@pytest.fixture(scope="session")
def planted():
    """Makes needs for tables."""
    return planted_needs


@pytest.fixture(scope="session")
def district(tmp_path_factory):
    """Tables of 300 simulated teachers."""
    place = simulate(tmp_path_factory.mktemp("district"), teachers=300, seed=2) / "tables"
    frames = {}
    for name, table in TABLES.items():
        dates = [c.name for c in table.columns if c.kind == "date"]
        numbers = {c.name: "float64" for c in table.columns if c.kind in ("number", "integer")}
        texts = {c.name: "str" for c in table.columns if c.name not in numbers}
        if (place / f"{name}.csv").exists():
            frame = pd.read_csv(place / f"{name}.csv", dtype={**texts, **numbers})
            frame = frame.assign(**{d: pd.to_datetime(frame[d]) for d in dates if d in frame})
            frames[name] = typed_frame(name, frame)
    return Tables(frames, made_up=True)

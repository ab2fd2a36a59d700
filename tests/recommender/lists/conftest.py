"""What the finished city recommends, in memory and as its files hold it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from recommender.lists.recommend import Recommender
from recommender.lists.top_lists import ScoredPairs
from recommender.pipeline import run_recommender


@pytest.fixture(scope="session")
def ready(city) -> Recommender:
    return run_recommender(city.workspace, city.settings)


@pytest.fixture(scope="session")
def pairs(ready: Recommender) -> ScoredPairs:
    """All eligible pairs of all teachers, ordered."""
    return ready.ranked(np.arange(len(ready.snapshot.teacher_ids)))


@pytest.fixture(scope="session")
def rows(city) -> pd.DataFrame:
    """The recommendations file; `lines` are its reasons by kind."""
    frame = pd.read_parquet(city.written.recommendations)
    return frame.assign(lines=[{r["kind"]: r for r in json.loads(cell)} for cell in frame["reasons"]])


@pytest.fixture(scope="session")
def outcomes(city) -> pd.DataFrame:
    return pd.read_parquet(city.written.outcomes)

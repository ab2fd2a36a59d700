"""P(complete | enrolled) of a teacher and a course, from how earlier enrolments ended.

Learnt from enrolments that ended as completed or withdrawn. Only those requested long enough ago for either
to have happened are looked at (a withdrawal is known sooner than a completion, so recent ones would make
courses look harder than they are). A person's and a course's own past rate count as of each request, never
later. With few endings the probability is the base rate, itself drawn to a stated prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.behaviour.logistic import PortableLogistic
from models.rankers.scorer import TrainingData

Array = NDArray[np.float64]
Index = NDArray[np.intp]

PRIOR: Final = 0.75  # where nobody's course has ended yet
PRIOR_COUNT: Final = 20.0  # endings' worth of it
RATE_COUNT: Final = 4.0  # endings' worth of the base rate in a person's or course's own rate
FEWEST: Final = (60, 15)  # endings in all and of each kind, fewer fit no slopes
USUAL_DAYS: Final = 180.0  # from request to end, where no completion tells
DAYS: Final = 200_000  # more than any day since 1970
NAMES: Final = (
    "hours", "hours_by_lessons", "release_days", "online", "lecture", "own_rate", "course_rate",
)  # fmt: skip


@dataclass(frozen=True)
class _Endings:
    """m endings sorted by key then day; what a key's rate was before a day is found by two searches."""

    at: NDArray[np.int64]
    done: Array

    def rate(self, key: Index, day: NDArray[np.int64], base: float) -> Array:
        """(n,) log odds over the base of the share completed among endings before `day`."""
        first = np.searchsorted(self.at, key.astype(np.int64) * DAYS)
        last = np.searchsorted(self.at, key.astype(np.int64) * DAYS + day)
        share = (self.done[last] - self.done[first] + RATE_COUNT * base) / (last - first + RATE_COUNT)
        return np.asarray(np.log(share / (1 - share)) - np.log(base / (1 - base)), dtype=np.float64)


@dataclass
class CompletionModel:
    """The prior until it is fitted."""

    model: PortableLogistic = field(default_factory=lambda: PortableLogistic.constant(NAMES, PRIOR))
    base: float = PRIOR
    usual_days: float = USUAL_DAYS
    endings: int = 0
    _last: tuple[Snapshot, tuple[_Endings, _Endings]] | None = field(default=None, repr=False, compare=False)

    def fit(self, train: TrainingData) -> Self:
        """Learn from the members' enrolments that the snapshot knows."""
        snapshot = train.snapshot
        taken = snapshot.enrolments
        done = taken[(taken["status"] == "completed") & train.members[taken["t"].to_numpy(np.intp)]]
        lasted = (done["completed_on"] - done["requested_on"]).dt.days.dropna()
        self.usual_days = float(np.ceil(lasted.quantile(0.9))) if len(lasted) >= FEWEST[1] else USUAL_DAYS
        self._last = None
        ended = _ended(snapshot, self.usual_days)
        ended = ended[train.members[ended["t"].to_numpy(np.intp)]]
        y = (ended["status"] == "completed").to_numpy(dtype=bool)
        self.endings = len(ended)
        self.base = float((y.sum() + PRIOR_COUNT * PRIOR) / (len(y) + PRIOR_COUNT))
        self.model = PortableLogistic.constant(NAMES, self.base)
        known = (ended["c"] >= 0).to_numpy()
        y, ended = y[known], ended[known]
        if len(y) >= FEWEST[0] and min(y.sum(), (~y).sum()) >= FEWEST[1]:
            day = _day(ended["requested_on"])
            x = self._columns(snapshot, ended["t"].to_numpy(np.intp), ended["c"].to_numpy(np.intp), day)
            self.model = PortableLogistic.fitted(NAMES, x, y, np.ones(len(y)))
        return self

    def probability(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) P(complete | enrolled now)."""
        today = np.full(len(t_idx), _day(pd.Series([pd.Timestamp(snapshot.as_of)]))[0] + 1)
        return self.model.probability(self._columns(snapshot, t_idx, c_idx, today))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a bundle."""
        return {
            "model": self.model.to_json(),
            "base": self.base,
            "usual_days": self.usual_days,
            "endings": self.endings,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `to_json`. Raises ValueError when it was fitted on other columns."""
        model = PortableLogistic.from_json(content["model"], NAMES)
        return cls(model, float(content["base"]), float(content["usual_days"]), int(content["endings"]))

    def _columns(self, snapshot: Snapshot, t: Index, c: Index, day: NDArray[np.int64]) -> Array:
        """(n, 7) of pairs as they stood on `day`."""
        courses = snapshot.tables["courses"]
        hours = courses["hours"].to_numpy(np.float64)[c]
        own, offered = self._endings(snapshot)
        return np.column_stack([
            hours,
            hours * snapshot.tables["teachers"]["weekly_lessons"].to_numpy(np.float64)[t],
            courses["release_days"].to_numpy(np.float64)[c],
            (courses["mode"] == "online").to_numpy(np.float64)[c],
            (courses["form"] == "lecture").to_numpy(np.float64)[c],
            own.rate(t, day, self.base),
            offered.rate(c, day, self.base),
        ])  # fmt: skip

    def _endings(self, snapshot: Snapshot) -> tuple[_Endings, _Endings]:
        last = self._last  # one read: another thread may set it in between
        if last is None or last[0] is not snapshot:
            ended = _ended(snapshot, self.usual_days)
            offered = ended[ended["c"] >= 0]
            self._last = last = (snapshot, (_sorted(ended, "t"), _sorted(offered, "c")))
        return last[1]


def _ended(snapshot: Snapshot, usual_days: float) -> pd.DataFrame:
    """Completed and withdrawn enrolments requested so long ago that either could have happened."""
    taken = snapshot.enrolments
    known_on = taken["requested_on"] + pd.Timedelta(days=usual_days)
    settled = taken["status"].isin(("completed", "withdrawn")) & (known_on <= pd.Timestamp(snapshot.as_of))
    return taken.assign(known_on=known_on)[settled]


def _sorted(ended: pd.DataFrame, key: str) -> _Endings:
    at = ended[key].to_numpy(np.int64) * DAYS + _day(ended["known_on"])
    order = np.argsort(at, kind="stable")
    done = (ended["status"] == "completed").to_numpy(np.float64)[order]
    return _Endings(at[order], np.concatenate([[0.0], np.cumsum(done)]))


def _day(dates: pd.Series) -> NDArray[np.int64]:
    """(n,) days since 1970."""
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(np.int64))

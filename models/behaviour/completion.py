"""P(complete | enrolled) of a teacher and a course, fitted to the outcomes of earlier enrolments.

Fitted to enrolments that ended as completed, withdrawn or failed. Only those requested long enough ago for either
to have happened count (a withdrawal is recorded sooner than a completion, so recent ones would make
courses look harder than they are). A person's and a course's own past rate count as of each request, never
later. With few outcomes the probability is the base rate, itself shrunk towards a prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.snapshot import ENDED, Snapshot
from models.behaviour.logistic import PortableLogistic
from models.rankers.scorer import PreparedScorer, TrainingData

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Days = NDArray[np.int64]  # since 1970

PRIOR: Final = 0.75  # where no course has ended yet
PRIOR_COUNT: Final = 20.0  # its weight in the base rate, in outcomes
RATE_COUNT: Final = 4.0  # weight of the base rate in a person's or course's own rate, in outcomes
FEWEST: Final = (60, 15)  # outcomes in all and of each kind, fewer fit no slopes
DEFAULT_DAYS: Final = 180.0  # from request to end, where too few completions give it
DAYS: Final = 200_000  # more than any day since 1970
NAMES: Final = (
    "hours", "hours_by_lessons", "release_days", "online", "lecture", "own_rate", "course_rate",
)  # fmt: skip


@dataclass
class CompletionModel:
    """The prior until it is fitted."""

    model: PortableLogistic = field(default_factory=lambda: PortableLogistic.constant(NAMES, PRIOR))
    base: float = PRIOR
    usual_days: float = DEFAULT_DAYS
    endings: int = 0

    def fit(self, train: TrainingData) -> Self:
        """Fits to the members' enrolments that the snapshot knows."""
        snapshot = train.snapshot
        taken = snapshot.enrolments
        done = taken[(taken["status"] == "completed") & train.members[taken["t"].to_numpy(np.intp)]]
        duration = (done["completed_on"] - done["requested_on"]).dt.days.dropna()
        long = len(duration) >= FEWEST[1]
        self.usual_days = float(np.ceil(duration.quantile(0.9))) if long else DEFAULT_DAYS
        ended = _ended(snapshot, self.usual_days)
        ended = ended[train.members[ended["t"].to_numpy(np.intp)]]
        y = (ended["status"] == "completed").to_numpy(dtype=bool)
        self.endings = len(ended)
        self.base = float((y.sum() + PRIOR_COUNT * PRIOR) / (len(y) + PRIOR_COUNT))
        self.model = PortableLogistic.constant(NAMES, self.base)
        ended, y = ended[ended["c"] >= 0], y[(ended["c"] >= 0).to_numpy()]
        if len(y) >= FEWEST[0] and min(y.sum(), (~y).sum()) >= FEWEST[1]:
            t, c = ended["t"].to_numpy(np.intp), ended["c"].to_numpy(np.intp)
            x = CompletionColumns(snapshot, self.usual_days, self.base)(t, c, days(ended["requested_on"]))
            self.model = PortableLogistic.fitted(NAMES, x, y, np.ones(len(y)))
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """P(complete | enrolled at the snapshot's date)."""
        model, columns = self.model, CompletionColumns(snapshot, self.usual_days, self.base)
        tomorrow = days(pd.Series([pd.Timestamp(snapshot.as_of)]))[0] + 1  # outcomes of the day itself count
        return lambda t_idx, c_idx: model.probability(columns(t_idx, c_idx, np.full(len(t_idx), tomorrow)))

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


class CompletionColumns:
    """The model's columns for pairs of one snapshot as of any day."""

    def __init__(self, snapshot: Snapshot, usual_days: float, base: float) -> None:
        courses, ended = snapshot.tables["courses"], _ended(snapshot, usual_days)
        self._hours = courses["hours"].to_numpy(np.float64)
        self._lessons = snapshot.tables["teachers"]["weekly_lessons"].to_numpy(np.float64)
        self._release = courses["release_days"].to_numpy(np.float64)
        self._online = (courses["mode"] == "online").to_numpy(np.float64)
        self._lecture = (courses["form"] == "lecture").to_numpy(np.float64)
        self._by_teacher = PastRates(ended, "t", base)
        self._by_course = PastRates(ended[ended["c"] >= 0], "c", base)

    def __call__(self, t: Index, c: Index, day: Days) -> Array:
        """(n, 7) of pairs as known before `day` (n,)."""
        return np.column_stack([
            self._hours[c], self._hours[c] * self._lessons[t], self._release[c], self._online[c],
            self._lecture[c], self._by_teacher(t, day), self._by_course(c, day),
        ])  # fmt: skip


class PastRates:
    """Completion rates before a day by teacher (or course): outcomes sorted by key then day, two searches a rate."""

    def __init__(self, ended: pd.DataFrame, key: str, base: float) -> None:
        at = ended[key].to_numpy(np.int64) * DAYS + days(ended["known_on"])
        order = np.argsort(at, kind="stable")
        done = (ended["status"] == "completed").to_numpy(np.int64)[order]
        counts = np.concatenate([[0], np.cumsum(done)]).astype(np.int32)
        self._at, self._done, self._base = at[order], counts, base

    def __call__(self, key: Index, day: Days) -> Array:
        """(n,) log odds, less those of the base rate, of the share completed among outcomes before `day`."""
        base = self._base
        first = np.searchsorted(self._at, key.astype(np.int64) * DAYS)
        last = np.searchsorted(self._at, key.astype(np.int64) * DAYS + day)
        share = (self._done[last] - self._done[first] + RATE_COUNT * base) / (last - first + RATE_COUNT)
        return np.asarray(np.log(share / (1 - share)) - np.log(base / (1 - base)), dtype=np.float64)


def _ended(snapshot: Snapshot, usual_days: float) -> pd.DataFrame:
    """Enrolments that ended, requested so long ago that any end could have happened."""
    taken = snapshot.enrolments
    known_on = taken["requested_on"] + pd.Timedelta(days=usual_days)
    settled = taken["status"].isin(ENDED) & (known_on <= pd.Timestamp(snapshot.as_of))
    return taken.assign(known_on=known_on)[settled]


def days(dates: pd.Series) -> Days:
    """(n,) days since 1970."""
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(np.int64))

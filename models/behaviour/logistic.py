"""A small logistic regression that travels as plain JSON: standardised columns, slopes with an l2 penalty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SLOPE_SD: Final = 0.5  # prior of a slope per standard deviation of its column
CLIP: Final = (1e-4, 1.0 - 1e-4)


@dataclass(frozen=True)
class PortableLogistic:
    """P = 1 / (1 + exp(-intercept - slopes . (x - mean) / scale)); a missing value counts as the mean."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    slopes: tuple[float, ...]
    intercept: float

    @classmethod
    def constant(cls, names: tuple[str, ...], probability: float) -> Self:
        """The same probability for everybody."""
        zeros = (0.0,) * len(names)
        return cls(names, zeros, (1.0,) * len(names), zeros, float(np.log(probability / (1 - probability))))

    @classmethod
    def fitted(cls, names: tuple[str, ...], x: Array, y: NDArray[np.bool_], weight: Array) -> Self:
        """x (n, d), y (n,) with both outcomes in it, weight (n,) of the rows."""
        weights = ~np.isnan(x) * weight[:, None]
        total = np.maximum(weights.sum(axis=0), 1e-12)
        mean = (np.nan_to_num(x) * weights).sum(axis=0) / total
        scale = np.sqrt(((np.nan_to_num(x) - mean) ** 2 * weights).sum(axis=0) / total)
        scale = np.where(scale > 1e-9, scale, 1.0)
        standard = np.where(np.isnan(x), 0.0, (x - mean) / scale)
        from sklearn.linear_model import LogisticRegression  # not in processes that only serve

        model = LogisticRegression(C=SLOPE_SD**2, tol=1e-8, max_iter=1000)
        model.fit(standard, y.astype(np.intp), sample_weight=weight)
        slopes, intercept = _floats(model.coef_[0]), float(model.intercept_[0])
        return cls(names, _floats(mean), _floats(scale), slopes, intercept)

    def probability(self, x: Array) -> Array:
        """(n,); that of a row is the same to the last bit whatever other rows there are."""
        standard = (x - np.array(self.mean)) / np.array(self.scale)
        terms = np.where(np.isnan(standard), 0.0, standard) * np.array(self.slopes)
        z = terms.sum(axis=1) + self.intercept  # a matrix product rounds a row by how many stand beside it
        return np.asarray(np.clip(1.0 / (1.0 + np.exp(-np.clip(z, -30.0, 30.0))), *CLIP), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Plain values; JSON keeps every digit of a float."""
        return {
            "names": list(self.names), "mean": list(self.mean), "scale": list(self.scale),
            "slopes": list(self.slopes), "intercept": self.intercept,
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any], names: tuple[str, ...]) -> Self:
        """From `to_json`. Raises ValueError when it was fitted on other columns."""
        if tuple(content["names"]) != names:
            raise ValueError("the model was fitted on other columns: train again")
        mean, scale, slopes = (_floats(content[part]) for part in ("mean", "scale", "slopes"))
        return cls(names, mean, scale, slopes, float(content["intercept"]))


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in values)

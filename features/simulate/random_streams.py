"""Random numbers by part, so that one part of the city can change without moving another."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def stream(seed: int, part: str) -> np.random.Generator:
    """The generator of one part of the city: the same for the same seed and part, on any machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(part.encode())])))


def noise(rng: np.random.Generator, shape: tuple[int, ...] | int, heavy: bool) -> Floats:
    """Standard noise: normal, or Student t with 3 degrees of freedom brought to variance 1."""
    if heavy:
        return np.asarray(rng.standard_t(3.0, shape) / np.sqrt(3.0), dtype=np.float64)
    return rng.standard_normal(shape)


def logistic(x: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), dtype=np.float64)


def first_of_each(keys: Ints) -> Ints:
    """Positions of the first row of every distinct key, in row order."""
    return np.sort(np.unique(keys, return_index=True)[1]).astype(np.int64)


def rank_within(groups: Ints) -> Ints:
    """0-based place of each row among the rows of its group, in row order."""
    order = np.argsort(groups, kind="stable")
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    places = np.empty(len(groups), dtype=np.int64)
    places[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return places

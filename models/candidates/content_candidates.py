"""Sources that need no enrolments of others: texts of courses in Chinese and English, and needs.

Texts are compared by TF-IDF over character n-grams, which needs no word boundaries and so serves both
languages. A course without enrolments is scored by its text and its goals alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import gap_closure_moments
from features.snapshot import Snapshot
from models.candidates.candidate_generation import FitData, FittedSource, Query, Scores
from models.candidates.sequential_candidates import ItemModel

NGRAMS: Final = (2, 4)
MAX_TERMS: Final = 30_000
FIELDS: Final = ("category", "form", "subjects", "stages", "provider_id", "mode")


@dataclass(frozen=True)
class Text:
    """Similarity of titles and descriptions to those of the courses taken (`newest_only`: to the newest)."""

    name: str = "text"
    generates_candidates: bool = True
    newest_only: bool = False
    fade: float = 0.8

    def fit(self, data: FitData) -> FittedSource:
        """(C, C) cosines."""
        courses = data.snapshot.tables["courses"]
        texts = (courses["title"].fillna("") + " " + courses["description"].fillna("")).str.strip()
        if not len(texts) or not texts.str.len().gt(1).any():
            return ItemModel(np.zeros((len(texts), len(texts)), np.float32), 1.0)
        from sklearn.feature_extraction.text import TfidfVectorizer  # not in processes that only serve

        vectorizer = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=NGRAMS,
            max_features=MAX_TERMS,
            sublinear_tf=True,
            dtype=np.float32,
        )
        grid = vectorizer.fit_transform(texts)
        similarity = (grid @ grid.T).toarray().astype(np.float32)
        return ItemModel(similarity, self.fade, self.newest_only, average=not self.newest_only)


@dataclass(frozen=True)
class SameFacts:
    """Share of recorded facts (category, form, subject, stage, provider, mode, goals) in common with the courses taken."""

    name: str = "same_facts"
    generates_candidates: bool = False
    newest_only: bool = False

    def fit(self, data: FitData) -> FittedSource:
        """(C, C)"""
        return ItemModel(fact_similarity(data.snapshot), 0.8, self.newest_only, not self.newest_only)


def fact_similarity(snapshot: Snapshot) -> Scores:
    """(C, C) average over facts of whether two courses agree, and the cosine of their goals."""
    courses = snapshot.tables["courses"]
    n = len(courses)
    total = np.zeros((n, n), np.float32)
    for name in FIELDS:
        code = courses[name].fillna("").astype(object).factorize()[0]
        total += code[:, None] == code[None, :]
    length = np.sqrt((snapshot.goals**2).sum(axis=1))
    goals = snapshot.goals / np.where(length > 0, length, 1.0)[:, None]
    return np.asarray((total + len(FIELDS) * (goals @ goals.T)) / (2 * len(FIELDS)), dtype=np.float32)


@dataclass(frozen=True)
class NeedMatch:
    """Expected gap closure on the goals of a course: measurement D5 without effect and readiness."""

    name: str = "need_match"
    generates_candidates: bool = True

    def fit(self, data: FitData) -> FittedSource:
        """No parameters: needs come from the snapshot."""
        needs = data.snapshot.needs
        closure = gap_closure_moments(needs.gap_mean, needs.gap_sd)[0]
        weight = np.where(needs.applies, needs.weight * closure, 0.0)
        return _FittedNeedMatch(weight, np.ascontiguousarray(data.snapshot.goals.T))


@dataclass(frozen=True)
class _FittedNeedMatch:
    weight: NDArray[np.float64]
    goals: NDArray[np.float64]

    def __call__(self, query: Query) -> Scores:
        return np.asarray(self.weight[query.teachers] @ self.goals, dtype=np.float32)

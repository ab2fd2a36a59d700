"""Words for what a manifest names by code: scorers, metrics, parts of the city."""

from __future__ import annotations

from features.messages import Message, message
from recommender.text.catalogues import has


def scorer_words(scorer: str) -> Message | str:
    """A way of ranking; a researcher's own keeps its name."""
    code = f"registry.scorer_{scorer}"
    return message(code) if has(code) else scorer


def metric_words(metric: str) -> Message | str:
    """A metric and its cut-off, as NDCG@10."""
    name, _, cutoff = metric.partition("@")
    code = f"registry.metric_{name}"
    return message(code, k=cutoff) if has(code) else metric


def part_words(by: str, part: str) -> Message | str:
    """A part of the city; subjects, steps and ids of districts are as in the tables."""
    if part == "?":
        return message("registry.part_unknown")
    if by == "evidence":
        return message(f"registry.evidence_{part}")
    code = f"pages.stage_{part}"
    return message(code) if by == "stage" and has(code) else part

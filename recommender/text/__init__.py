"""All prose, Chinese and English: one catalogue a subject, `AREA.toml`, with an entry a message code."""

from features.messages import Lang
from recommender.text.catalogues import in_both, join, render, word

__all__ = ["Lang", "in_both", "join", "render", "word"]

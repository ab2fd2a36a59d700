"""All prose, Chinese and English: one catalogue a subject, `AREA.toml`, with an entry a message code."""

from recommender.text.catalogues import LANGS, Lang, join, render

__all__ = ["LANGS", "Lang", "join", "render"]

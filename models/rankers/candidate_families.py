"""The candidate sources of the next-course ranker, and how a bundle names the ones it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from models.candidates.candidate_generation import CandidateSource
from models.candidates.collaborative_candidates import Ease, GraphFilter, Neighbours, PeerPopularity
from models.candidates.content_candidates import NeedMatch, SameFacts, Text
from models.candidates.sequential_candidates import (
    Backward,
    Directed,
    Direction,
    NextStep,
    SequenceRidge,
    UsualOrder,
)

#: every family brings one source, the variant that finds hidden courses best
FAMILIES: Final[tuple[tuple[CandidateSource, ...], ...]] = (
    (Directed(),),
    (Directed("directed_far", decay=1.0), Directed("directed_far", decay=1.0, fade=0.9, discount=0.4)),
    (Directed("directed_near", decay=0.5, fade=0.5, discount=0.2),),
    (NextStep(),),
    (NextStep("next_near", decay=0.7),),
    (Backward(),),
    (Direction(),),
    (Direction("direction_newest", newest_only=True),),
    (SequenceRidge(), SequenceRidge(l2=100.0)),
    (SequenceRidge("sequence_long", past=0.9, future=0.8),),
    (UsualOrder(),),
    (UsualOrder("later_than_latest", than_latest=True),),
    (PeerPopularity(),),
    (Ease(l2=50.0), Ease(l2=200.0), Ease(l2=600.0)),
    (GraphFilter(factors=64), GraphFilter(factors=128), GraphFilter(factors=256), GraphFilter(factors=400)),
    (Neighbours(nearest=100), Neighbours(nearest=300, fade=1.0)),
    (Neighbours("neighbours_after", ordered=True),),
    (SameFacts(),),
    (SameFacts("same_facts_newest", newest_only=True),),
    (Text(), Text(fade=1.0)),
    (Text("text_newest", newest_only=True),),
    (NeedMatch(),),
)
KINDS: Final = {
    kind.__name__: kind
    for kind in (
        Directed, NextStep, Backward, Direction, SequenceRidge, UsualOrder, PeerPopularity, Ease, GraphFilter,
        Neighbours, SameFacts, Text, NeedMatch,
    )
}  # fmt: skip
#: keys of bundles already written differ from the fields' names
FILE_KEYS: Final = {"generates_candidates": "ranks", "l2": "ridge"}
FIELD_NAMES: Final = {key: name for name, key in FILE_KEYS.items()}


def sources_to_json(sources: Iterable[CandidateSource]) -> list[dict[str, Any]]:
    """Kind and parameters of each source, plain values."""
    return [
        {"kind": type(s).__name__, **{FILE_KEYS.get(k, k): v for k, v in asdict(s).items()}}  # type: ignore[call-overload]
        for s in sources
    ]


def sources_from_json(content: Iterable[Mapping[str, Any]]) -> tuple[CandidateSource, ...]:
    """From `sources_to_json`. Raises KeyError on an unknown kind."""
    return tuple(
        KINDS[source["kind"]](**{FIELD_NAMES.get(k, k): v for k, v in source.items() if k != "kind"})
        for source in content
    )

"""Messages that findings and the report share: names of parts of the model, and lists of indicators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from features.messages import BilingualText, Message, message
from features.needs.evidence.sources.source_registry import REGISTRY, reported_sources

STAGES: Final = ("kindergarten", "primary", "junior", "senior")


def source_name(source: str) -> Message | BilingualText:
    """Name of a source as it is reported or modelled; "all" is all of them, "assessment" all of pupils' results."""
    reported = reported_sources()
    if source in reported:
        return reported[source].label
    return REGISTRY[source].label if source in REGISTRY else Message(f"checks.source_{source}")


def part_name(part: str) -> Message:
    """Name of a variance component."""
    return Message(f"checks.part_{part}")


def specification_name(specification: str) -> Message:
    """Name of an alternative specification of the model."""
    return Message(f"checks.specification_{specification}")


def intake_name(intake: str) -> Message:
    """Name of a measure of schools' intake."""
    return Message(f"checks.intake_{intake}")


def group_name(group: str) -> Message | str:
    """Name of a group of teachers: everybody, a stage, small groups together; a district's name is itself."""
    return Message(f"checks.group_{group}") if group in ("all", "others", *STAGES) else group


def unused_name(kind: str) -> Message:
    """What a kind of `unused_evidence` is."""
    return Message(f"needs.unused_{kind}")


def unused_action(kind: str) -> Message:
    """What to do about a kind of `unused_evidence`."""
    return Message(f"needs.unused_{kind}_action")


def indicator_list(indicators: Sequence[tuple[str, str]]) -> Message:
    """Source and indicator of each, as one list; at least one."""
    first, *others = (message("checks.indicator", source=source_name(s), name=i) for s, i in indicators)
    listed = first
    for other in others:
        listed = message("checks.longer_list", items=listed, last=other)
    return listed

"""All sources of evidence by name, in the order of the model and of reports."""

from __future__ import annotations

from typing import Final, TypeVar

from features.needs.evidence.sources.evidence_source import (
    EvidenceSource,
    ReportedSource,
    TeacherSource,
    UnitSource,
)

RESULTS: Final = "assessment"  # sources of pupils' results come first in reports
REGISTRY: Final[dict[str, EvidenceSource]] = {}
Source = TypeVar("Source", bound=EvidenceSource)


def register(source: type[Source]) -> type[Source]:
    """Class decorator. Raises ValueError for a name that is in use."""
    if source.name in REGISTRY:
        raise ValueError(f"two sources of evidence are named {source.name!r}")
    REGISTRY[source.name] = source()
    return source


def all_sources() -> list[EvidenceSource]:
    """In the order of the model."""
    return sorted(REGISTRY.values(), key=lambda source: (source.order, source.name))


def teacher_sources() -> list[TeacherSource]:
    """Those that measure teachers, in the order of the model."""
    return [source for source in all_sources() if isinstance(source, TeacherSource)]


def teacher_source(name: str) -> TeacherSource:
    """One that measures teachers. Raises KeyError for another name."""
    source = REGISTRY[name]
    if not isinstance(source, TeacherSource):
        raise KeyError(name)
    return source


def unit_source() -> UnitSource:
    """The one that measures whole units; the hierarchical model has a place for one."""
    (source,) = (source for source in all_sources() if isinstance(source, UnitSource))
    return source


def reported_sources() -> dict[str, ReportedSource]:
    """Sources as people know them, by name, in the order of reports: those of pupils' results first."""
    ordered = sorted(all_sources(), key=lambda source: source.indicators != RESULTS)  # a stable sort
    return {source.reported.name: source.reported for source in ordered}


def reported_name(name: str) -> str:
    """The name under which a source of the model is reported; any other name is its own."""
    return REGISTRY[name].reported.name if name in REGISTRY else name


def members(reported: str) -> list[EvidenceSource]:
    """The sources that are reported under one name."""
    return [source for source in all_sources() if source.reported.name == reported]


def indirect_names() -> frozenset[str]:
    """Reported names of sources that alone never make a need clear."""
    return frozenset(source.reported.name for source in all_sources() if source.indirect)


def indicator_sources() -> list[str]:
    """Values of `source` in the indicators table, each once, in the order of the model."""
    return list(dict.fromkeys(source.indicators for source in all_sources()))


def evidence_tables() -> list[str]:
    """Names of the dated tables that evidence comes from."""
    return sorted({source.dated_table or source.table for source in all_sources()})


def related(name: str, other: str) -> bool:
    """Whether errors of two sources that measure teachers are not independent."""
    return other in teacher_source(name).related or name in teacher_source(other).related

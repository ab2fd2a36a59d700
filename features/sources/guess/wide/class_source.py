"""Which columns identify a class as the workspace writes it: alone or joined, and what has to stand before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from features.sources.map.mapping_spec import SEPARATOR
from features.sources.read.sheet import Sheet, half_width

COMBINATIONS: Final[tuple[tuple[str, ...], ...]] = (
    ("class",), ("grade", "class"), ("school", "class"), ("school", "grade", "class"),
)
ENOUGH: Final = 0.9  # of the classes of the sheet that have to be known
MOST_CHOICES: Final = 12


@dataclass(frozen=True)
class ClassSource:
    """roles: the columns that make the id. prefixes: what may stand before it; several need a person, none: no way is
    known to the classes of the workspace. ids: as the sheet has them."""

    roles: tuple[str, ...]
    prefixes: tuple[str, ...]
    ids: frozenset[str]


def class_places(roles: Mapping[int, str | None]) -> dict[str, int]:
    """class, grade and school -> the first column with this role. roles: index of a column -> its role."""
    return {role: i for i, role in reversed(list(roles.items())) if role in COMBINATIONS[-1]}


def class_source(sheet: Sheet, places: Mapping[str, int], known: Collection[str]) -> ClassSource:
    """How the sheet writes its classes. places: role -> index of its column; known: ids of the workspace's classes."""
    cells = {role: [half_width(str(v)).strip() for v in sheet.columns[i].to_pylist()] for role, i in places.items()}
    ways = [roles for roles in COMBINATIONS if all(role in cells for role in roles)]
    ids = {roles: _ids(roles, cells) for roles in ways}
    if not known:
        roles = tuple(r for r in COMBINATIONS[-1] if r in cells and not (r == "grade" and _says_grade(cells)))
        return ClassSource(roles, ("",), frozenset(_ids(roles, cells)))
    for roles in ways:
        if _share(ids[roles], set(known)) >= ENOUGH:
            return ClassSource(roles, ("",), frozenset(ids[roles]))
    by_prefix = [(roles, _prefixes(ids[roles], known)) for roles in ways]
    for roles, prefixes in sorted(by_prefix, key=lambda way: len(way[1]) or MOST_CHOICES + 1):
        if prefixes:
            return ClassSource(roles, tuple(prefixes[:MOST_CHOICES]), frozenset(ids[roles]))
    return ClassSource(ways[-1], (), frozenset(ids[ways[-1]]))


def class_column(guess_source: Sequence[str], prefix: str) -> Any:
    """The value of the key `class`: columns, and the text before them."""
    if prefix:
        return {"from": guess_source[0] if len(guess_source) == 1 else list(guess_source), "prefix": prefix}
    return guess_source[0] if len(guess_source) == 1 else list(guess_source)


def _ids(roles: Sequence[str], cells: Mapping[str, Sequence[str]]) -> set[str]:
    rows = zip(*(cells[role] for role in roles), strict=True)
    return {SEPARATOR.join(part.removesuffix(".0") for part in row) for row in rows if all(row)}


def _says_grade(cells: Mapping[str, Sequence[str]]) -> bool:
    """Whether the class's own cell begins with its grade, as 六(1)班 does."""
    pairs = {(g, c) for g, c in zip(cells.get("grade", ()), cells["class"], strict=False) if g and c}
    return bool(pairs) and all(c.startswith((g, g.removesuffix("年级"))) for g, c in pairs)


def _share(ids: Collection[str], known: Collection[str]) -> float:
    return sum(i in known for i in ids) / max(len(ids), 1)


def _prefixes(ids: Collection[str], known: Collection[str]) -> list[str]:
    """The texts before ids with which most of them are known, such as `S1-` for 601 of S1-601."""
    counts = Counter(k[: len(k) - len(i)] for i in ids for k in known if k.endswith(i) and len(k) > len(i))
    return sorted(prefix for prefix, count in counts.items() if count >= ENOUGH * len(ids))

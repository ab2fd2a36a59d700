"""Files in, tables out: every source found, checked against its schema and against the other tables.

files -> sheets -> parts -> drafts -> checks -> frames
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from features.schema import TABLES
from features.sources.draft import Draft, Part
from features.sources.findings import Findings
from features.sources.header import match, require
from features.sources.links import LINKS, check_link, known_in, mend
from features.sources.locate import Source, locate, made_up
from features.sources.mapped import parts_of
from features.sources.mapping import Mapped, read_mapping
from features.sources.plans import Linked
from features.sources.problem import Problem, Said
from features.sources.pupils import pupil_parts
from features.sources.ratings import rating_parts
from features.sources.remarks import remark
from features.sources.repeats import check_repeats
from features.sources.rules import check_rules
from features.sources.settle import look_again, settle
from features.sources.subjects import Subjects, subject_words
from features.tables import Tables

REQUIRED: Final = ("organizations", "teachers", "competencies")
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Reading:
    """What files hold. tables: the rows without problems; read: table -> rows found in the files, without
    those whose repetition is meant; problems: in the order of tables, rows and columns; accepted: nothing
    but notes."""

    tables: Tables
    read: Mapping[str, int]
    problems: tuple[Problem, ...]
    accepted: bool


def read_tables(
    paths: Sequence[Path],
    mapping: Path | None = None,
    held: Mapping[str, pd.DataFrame] | None = None,
    progress: Progress | None = None,
) -> Reading:
    """All tables under `paths`, files or directories, with all problems at once.

    mapping: a mapped file that tells how other files become tables. held: tables of a workspace that ids may
    point into where this import does not bring the table. Raises UnreadableFile where a file cannot be read
    as a whole, and WrongUse for a mapped file that cannot be meant.
    """
    findings = Findings()
    tell = progress if progress is not None else _silent
    held = {name: frame for name, frame in (held or {}).items() if len(frame)}
    mapped = None if mapping is None else read_mapping(mapping)
    subjects = subject_words(mapped.subjects if mapped else None)
    drafts = _drafts(paths, mapped, subjects, findings, tell)
    kept = {name: frame for name, frame in held.items() if name not in drafts}
    for name in REQUIRED:
        if name not in kept and not len(drafts.get(name, ())):
            zh = f"缺少必需的数据表「{TABLES[name].zh}」({name}),或表中没有数据"
            said = Said(zh, f"the required table {name}, with rows", f"{name}.csv")
            findings.add("、".join(path.name for path in paths), said)
    _check(drafts, kept, subjects, findings, tell)
    frames: dict[str, pd.DataFrame] = {}
    for name in list(drafts):
        frames[name] = drafts[name].frame(drafts[name].good)
        tell(f"{name} ✓", 0.8 + 0.2 * len(frames) / len(drafts))
    read = {name: len(draft) - int((draft.repeated & draft.unique()).sum()) for name, draft in drafts.items()}
    told = made_up(_origins(paths, mapped))
    return Reading(Tables(frames, told), read, tuple(findings.problems), findings.accepted)


def _drafts(
    paths: Sequence[Path], mapped: Mapped | None, subjects: Subjects, findings: Findings, tell: Progress
) -> dict[str, Draft]:
    """Table -> its rows from all sources, in the order of the schema."""
    claimed = mapped.claimed(paths) if mapped is not None else frozenset()
    sources: dict[str, list[Source]] = defaultdict(list)
    for source in locate(paths, claimed, findings):
        sources[source.table].append(source)
    made = _mapped_parts(paths, mapped, findings) if mapped is not None else {}
    size = sum(source.size for found in sources.values() for source in found) or 1
    done = 0
    drafts: dict[str, Draft] = {}
    for name, table in TABLES.items():
        parts = []
        for source in sources[name]:
            tell(name, 0.6 * done / size)
            parts.append(match(source.read(), table, findings))
            done += source.size
        parts += made.pop(name, [])
        if not parts:
            continue
        for part in parts:
            require(part, table, findings)
        drafts[name] = Draft(table, parts, subjects)
        _overlong(drafts[name], findings)
        findings.unread(drafts[name])
    return drafts


def _mapped_parts(paths: Sequence[Path], mapped: Mapped, findings: Findings) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = defaultdict(list)
    for plan in mapped.tables:
        found[plan.name] += parts_of(plan, mapped.files(plan.place, paths), findings)
    own = set(found)
    for pupils in mapped.pupils:
        earlier = pupils.prior.place if pupils.prior is not None else None
        files = mapped.files(earlier, paths) if earlier is not None else []
        for part in pupil_parts(pupils, mapped.files(pupils.place, paths), files, findings):
            # a table told in full by the mapped file is not told again from the pupils
            if part.table not in own or part.table in ("results", "result_covariances"):
                found[part.table].append(part)
    for ratings in mapped.ratings:
        linked = ratings.teacher if isinstance(ratings.teacher, Linked) else None
        others = mapped.files(linked.place, paths) if linked is not None else []
        found["surveys"] += rating_parts(ratings, mapped.files(ratings.place, paths), others, findings)
    return found


def _check(
    drafts: Mapping[str, Draft],
    held: Mapping[str, pd.DataFrame],
    subjects: Subjects,
    findings: Findings,
    tell: Progress,
) -> None:
    for i, (name, draft) in enumerate(drafts.items()):
        tell(name, 0.6 + 0.2 * i / len(drafts))
        links = [link for link in LINKS if link.table == name]
        for link in links:
            mend(draft, link.column, link.rows(draft), known_in(drafts, held, link.to), findings)
        check_repeats(draft, findings)
        for link in links:
            check_link(draft, link, known_in(drafts, held, link.to), findings)
        check_rules(name, drafts, held, findings)
        remark(name, drafts, held, subjects, findings)
    settle(drafts, findings)
    look_again(held, drafts, findings)


def _overlong(draft: Draft, findings: Findings) -> None:
    """Rows with more cells than the header: a comma too many shifts every value behind it."""
    rows = np.zeros(len(draft), dtype=bool)
    for start, part in zip(draft.starts, draft.parts, strict=False):
        rows[start + part.overlong] = True
    said = Said(
        "这一行的列数比表头多(可能多了一个逗号),请改", "no more cells than the header has; a stray comma?"
    )
    findings.rows(draft, rows, (), said)


def _origins(paths: Sequence[Path], mapped: Mapped | None) -> list[Path]:
    """Where an origin.json may stand: beside all that was read."""
    if mapped is None:
        return list(paths)
    return [*paths, *(file for place in mapped.places for file in mapped.files(place, paths))]


def _silent(what: str, share: float) -> None:
    """No progress is wanted."""

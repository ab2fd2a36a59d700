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
from features.sources.check.cascade_exclusions import cascade_exclusions, check_retained
from features.sources.check.duplicates import check_repeats
from features.sources.check.foreign_keys import LINKS, check_link, known_in, repair_ids
from features.sources.check.table_rules import check_rules
from features.sources.check.warnings import warnings_of
from features.sources.issue import Issue, Message
from features.sources.issues import Issues
from features.sources.map.apply_mapping import parts_of
from features.sources.map.mapping_spec import LinkSpec
from features.sources.map.pupils import pupil_parts
from features.sources.map.ratings import rating_parts
from features.sources.map.read_mapping import MappingFile, read_mapping
from features.sources.read.header import match, require
from features.sources.read.locate import SourceFile, locate, made_up
from features.sources.read.subject_names import SubjectNames, subject_words
from features.sources.staging import Chunk, StagingTable
from features.tables import Tables

REQUIRED: Final = ("organizations", "teachers", "competencies")
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ReadResult:
    """What files hold. tables: the rows without problems; read: table -> rows found in the files, without
    those whose repetition is meant; problems: in the order of tables, rows and columns; accepted: nothing
    but notes."""

    tables: Tables
    read: Mapping[str, int]
    problems: tuple[Issue, ...]
    accepted: bool


def read_tables(
    paths: Sequence[Path],
    mapping: Path | None = None,
    held: Mapping[str, pd.DataFrame] | None = None,
    progress: Progress | None = None,
) -> ReadResult:
    """All tables under `paths`, files or directories, with all problems at once.

    mapping: a mapped file that tells how other files become tables. held: tables of a workspace that ids may
    point into where this import does not bring the table. Raises UnreadableFile where a file cannot be read
    as a whole, and WrongUse for a mapped file that cannot be meant.
    """
    findings = Issues()
    tell = progress if progress is not None else _silent
    held = {name: frame for name, frame in (held or {}).items() if len(frame)}
    mapped = None if mapping is None else read_mapping(mapping)
    subjects = subject_words(mapped.subjects if mapped else None)
    drafts = _drafts(paths, mapped, subjects, findings, tell)
    kept = {name: frame for name, frame in held.items() if name not in drafts}
    for name in REQUIRED:
        if name not in kept and not len(drafts.get(name, ())):
            zh = f"缺少必需的数据表「{TABLES[name].zh}」({name}),或表中没有数据"
            said = Message(zh, f"the required table {name}, with rows", f"{name}.csv")
            findings.add("、".join(path.name for path in paths), said)
    _check(drafts, kept, subjects, findings, tell)
    frames: dict[str, pd.DataFrame] = {}
    for name in list(drafts):
        frames[name] = drafts[name].frame(drafts[name].good)
        tell(f"{name} ✓", 0.8 + 0.2 * len(frames) / len(drafts))
    read = {name: len(draft) - int((draft.repeated & draft.unique()).sum()) for name, draft in drafts.items()}
    told = made_up(_origins(paths, mapped))
    return ReadResult(Tables(frames, told), read, tuple(findings.problems), findings.accepted)


def _drafts(
    paths: Sequence[Path], mapped: MappingFile | None, subjects: SubjectNames, findings: Issues, tell: Progress
) -> dict[str, StagingTable]:
    """Table -> its rows from all sources, in the order of the schema."""
    claimed = mapped.claimed(paths) if mapped is not None else frozenset()
    sources: dict[str, list[SourceFile]] = defaultdict(list)
    for source in locate(paths, claimed, findings):
        sources[source.table].append(source)
    made = _mapped_parts(paths, mapped, findings) if mapped is not None else {}
    size = sum(source.size for found in sources.values() for source in found) or 1
    done = 0
    drafts: dict[str, StagingTable] = {}
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
        drafts[name] = StagingTable(table, parts, subjects)
        _overlong(drafts[name], findings)
        findings.unread(drafts[name])
    return drafts


def _mapped_parts(paths: Sequence[Path], mapped: MappingFile, findings: Issues) -> dict[str, list[Chunk]]:
    found: dict[str, list[Chunk]] = defaultdict(list)
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
        linked = ratings.teacher if isinstance(ratings.teacher, LinkSpec) else None
        others = mapped.files(linked.place, paths) if linked is not None else []
        found["surveys"] += rating_parts(ratings, mapped.files(ratings.place, paths), others, findings)
    return found


def _check(
    drafts: Mapping[str, StagingTable],
    held: Mapping[str, pd.DataFrame],
    subjects: SubjectNames,
    findings: Issues,
    tell: Progress,
) -> None:
    for i, (name, draft) in enumerate(drafts.items()):
        tell(name, 0.6 + 0.2 * i / len(drafts))
        links = [link for link in LINKS if link.table == name]
        for link in links:
            repair_ids(draft, link.column, link.rows(draft), known_in(drafts, held, link.to), findings)
        check_repeats(draft, findings)
        for link in links:
            check_link(draft, link, known_in(drafts, held, link.to), findings)
        check_rules(name, drafts, held, findings)
        warnings_of(name, drafts, held, subjects, findings)
    cascade_exclusions(drafts, findings)
    check_retained(held, drafts, findings)


def _overlong(draft: StagingTable, findings: Issues) -> None:
    """Rows with more cells than the header: a comma too many shifts every value behind it."""
    rows = np.zeros(len(draft), dtype=bool)
    for start, part in zip(draft.starts, draft.parts, strict=False):
        rows[start + part.overlong] = True
    said = Message(
        "这一行的列数比表头多(可能多了一个逗号),请改", "no more cells than the header has; a stray comma?"
    )
    findings.rows(draft, rows, (), said)


def _origins(paths: Sequence[Path], mapped: MappingFile | None) -> list[Path]:
    """Where an origin.json may stand: beside all that was read."""
    if mapped is None:
        return list(paths)
    return [*paths, *(file for place in mapped.places for file in mapped.files(place, paths))]


def _silent(what: str, share: float) -> None:
    """No progress is wanted."""

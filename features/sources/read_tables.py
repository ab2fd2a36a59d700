"""Files in, tables out: every source is read and checked against its schema and against the other tables.

files -> sheets -> chunks -> staging tables -> checks -> frames
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from features.messages import message
from features.schema import TABLES, Table
from features.sources.check.cascade_exclusions import cascade_exclusions, check_retained
from features.sources.check.duplicates import check_duplicates
from features.sources.check.foreign_keys import FOREIGN_KEYS, check_foreign_key, known_ids, repair_ids
from features.sources.check.organization_scope import OrganizationScope
from features.sources.check.scope_rules import check_owner_known, check_scope
from features.sources.check.table_rules import check_rules
from features.sources.check.warnings import warnings_of
from features.sources.issue import Issue, with_example
from features.sources.issues import Issues
from features.sources.map.apply_mapping import table_chunks
from features.sources.map.mapping_spec import LinkedColumnSpec, LinkedPriorScoreSpec
from features.sources.map.pupils import PupilSource, pupil_chunks
from features.sources.map.ratings import rating_chunks
from features.sources.map.read_mapping import MappingFile, read_mapping
from features.sources.read.example_rows import without_examples
from features.sources.read.header import has_all_required, match, note_reading, require
from features.sources.read.isolated.file_reader import start_reader
from features.sources.read.locate import SourceFile, locate, simulated
from features.sources.read.subject_names import SubjectNames, subject_names
from features.sources.staging import Chunk, StagingTable
from features.tables import Tables

REQUIRED: Final = ("organizations", "teachers", "competencies")
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ReadResult:
    """What was read. tables: the rows without problems, and the stored ones to which they are added; read: table ->
    rows in the files, without those whose repetition is intended; good: table -> those of them without problems;
    issues: in the order of tables, rows and columns; accepted: all issues are notes; files: all that were read."""

    tables: Tables
    read: Mapping[str, int]
    good: Mapping[str, int]
    issues: tuple[Issue, ...]
    accepted: bool
    files: tuple[Path, ...] = ()


def read_tables(
    paths: Sequence[Path],
    mapping: Path | None = None,
    existing: Mapping[str, pd.DataFrame] | None = None,
    progress: Progress | None = None,
    add: bool = False,
    scope: OrganizationScope | None = None,
) -> ReadResult:
    """All tables under `paths`, files or directories, with all issues at once.

    mapping: a mapping file, which says how other files become tables. existing: tables of a workspace that ids
    may refer to where this import does not bring the table. add: the rows of files are added to those of `existing`,
    and replace the ones with their key; all checks see the whole. scope: only rows of these organizations are added or
    replaced, all others of `existing` stay. Raises FileReadError where a file cannot be read as
    a whole, and UsageError for an invalid mapping file.
    """
    start_reader()
    issues = Issues()
    progress = progress if progress is not None else _no_progress
    existing = {name: frame for name, frame in (existing or {}).items() if len(frame)}
    mapping_file = None if mapping is None else read_mapping(mapping)
    subjects = subject_names(mapping_file.subjects if mapping_file else None)
    kept = existing if add else {}
    if scope is not None and not add:
        kept = {name: scope.outside(name, frame) for name, frame in existing.items()}
    tables = _staging_tables(paths, mapping_file, subjects, issues, progress, kept)
    retained = {name: frame for name, frame in existing.items() if name not in tables}
    for name in REQUIRED:
        if name not in retained and not len(tables.get(name, ())):
            expected = with_example(
                message("sources.missing_table", table=TABLES[name].label_with_name), f"{name}.csv"
            )
            issues.add("、".join(path.name for path in paths), expected)
    _check(tables, retained, subjects, issues, progress, scope, replaces=not add)
    stored = {n: t.frame(t.good & t.stored) for n, t in tables.items() if t.stored.any()}
    check_retained({**stored, **retained}, tables, issues)
    read = {
        name: int((~staging.stored & ~(staging.repeated & staging.unique())).sum())
        for name, staging in tables.items()
    }
    good = {name: int((staging.good & ~staging.stored).sum()) for name, staging in tables.items()}
    marked = simulated(_origins(paths, mapping_file))
    files = _files_read(paths, mapping_file, tables)
    frames: dict[str, pd.DataFrame] = {}
    for name in list(tables):
        staging = tables.pop(name)  # its cells are not needed beside the frames of all tables
        frames[name] = staging.frame(staging.good)
        progress(f"{name} ✓", 0.8 + 0.2 * len(frames) / (len(frames) + len(tables)))
    return ReadResult(Tables(frames, marked), read, good, tuple(issues.items), issues.accepted, files)


def _staging_tables(
    paths: Sequence[Path],
    mapping_file: MappingFile | None,
    subjects: SubjectNames,
    issues: Issues,
    progress: Progress,
    existing: Mapping[str, pd.DataFrame],
) -> dict[str, StagingTable]:
    """Table -> its rows from all sources and those that exist, in the order of the schema."""
    claims = mapping_file.claims(paths) if mapping_file is not None else {}
    sources: dict[str, list[SourceFile]] = defaultdict(list)
    for source in locate(paths, claims, issues):
        sources[source.table].append(source)
    mapped = _mapped_chunks(paths, mapping_file, issues) if mapping_file is not None else {}
    size = sum(source.size for of_table in sources.values() for source in of_table) or 1
    done = 0
    tables: dict[str, StagingTable] = {}
    for name, table in TABLES.items():
        chunks = []
        for source in sources[name]:
            progress(name, 0.6 * done / size)
            chunks += _own_chunk(source, table, issues)
            done += source.size
        chunks += mapped.pop(name, [])
        if not chunks:
            continue
        for chunk in chunks:
            require(chunk, table, issues)
        tables[name] = StagingTable(table, chunks, subjects, existing.get(name))
        _check_row_lengths(tables[name], issues)
        issues.unreadable_cells(tables[name])
    return tables


def _own_chunk(source: SourceFile, table: Table, issues: Issues) -> list[Chunk]:
    """The chunk of a sheet named as its table; none, with a note, where a mapping file uses a sheet that has the
    name of the table but not its columns."""
    sheet = without_examples(source.read())
    if source.claimed and not has_all_required(sheet, table):
        issues.add(sheet.file, message("sources.mapped_only"), sheet=sheet.name, severity="note")
        return []
    note_reading(sheet, issues)
    return [match(sheet, table, issues)]


def _mapped_chunks(
    paths: Sequence[Path], mapping_file: MappingFile, issues: Issues
) -> dict[str, list[Chunk]]:
    chunks: dict[str, list[Chunk]] = defaultdict(list)
    for table in mapping_file.tables:
        files = mapping_file.files(table, paths)
        chunks[table.name] += table_chunks(
            table, files, issues, lambda linked: mapping_file.files(linked, paths)
        )
    own = set(chunks)
    tests: dict[tuple[object, ...], list[PupilSource]] = defaultdict(list)
    for pupils in mapping_file.pupils:
        prior = pupils.prior
        prior_files = mapping_file.files(prior, paths) if isinstance(prior, LinkedPriorScoreSpec) else []
        source = PupilSource(pupils, mapping_file.files(pupils, paths), prior_files)
        tests[source.whole].append(source)
    for sources in tests.values():
        for chunk in pupil_chunks(sources, issues):
            # a [[table]] of the mapping file replaces what follows from the pupils
            if chunk.table not in own or chunk.table in ("results", "result_covariances"):
                chunks[chunk.table].append(chunk)
    for ratings in mapping_file.ratings:
        teacher = ratings.teacher
        teacher_files = mapping_file.files(teacher, paths) if isinstance(teacher, LinkedColumnSpec) else []
        chunks["surveys"] += rating_chunks(ratings, mapping_file.files(ratings, paths), teacher_files, issues)
    return chunks


def _check(
    tables: Mapping[str, StagingTable],
    existing: Mapping[str, pd.DataFrame],
    subjects: SubjectNames,
    issues: Issues,
    progress: Progress,
    scope: OrganizationScope | None,
    replaces: bool,
) -> None:
    for i, (name, staging) in enumerate(tables.items()):
        progress(name, 0.6 + 0.2 * i / len(tables))
        keys = [key for key in FOREIGN_KEYS if key.table == name]
        for key in keys:
            known = known_ids(tables, existing, key.target)
            repair_ids(staging, key.column, key.rows(staging), known, issues)
        if scope is not None:
            check_scope(staging, scope, replaces, issues)
        check_duplicates(staging, issues)
        staging.replace_stored()
        for key in keys:
            known = known_ids(tables, existing, key.target)
            check_foreign_key(staging, key, known, issues)
            if scope is not None:
                check_owner_known(staging, scope, known, key.column, issues)
        check_rules(name, tables, existing, issues)
        warnings_of(name, tables, existing, subjects, issues)
    cascade_exclusions(tables, issues)


def _check_row_lengths(staging: StagingTable, issues: Issues) -> None:
    """A row with more cells than the header: a comma too many shifts every value behind it."""
    rows = np.zeros(len(staging), dtype=bool)
    for start, chunk in zip(staging.starts, staging.chunks, strict=False):
        rows[start + chunk.overlong] = True
    issues.problem(staging, rows, (), message("sources.overlong_row"))


def _origins(paths: Sequence[Path], mapping_file: MappingFile | None) -> list[Path]:
    """The paths beside which an origin.json may stand: all that was read."""
    if mapping_file is None:
        return list(paths)
    return [*paths, *(file for source in mapping_file.sources for file in mapping_file.files(source, paths))]


def _files_read(
    paths: Sequence[Path], mapping_file: MappingFile | None, tables: Mapping[str, StagingTable]
) -> tuple[Path, ...]:
    """The files with rows of a table, those of the mapping file and itself, without repetition."""
    names = {chunk.sheet.file for staging in tables.values() for chunk in staging.chunks}
    under = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    files = [file for file in under if file.name in names]
    if mapping_file is not None:
        files += [file for source in mapping_file.sources for file in mapping_file.files(source, paths)]
        files.append(mapping_file.path)
    return tuple({file.resolve(): file for file in files}.values())


def _no_progress(step: str, share: float) -> None:
    """Progress is not reported."""

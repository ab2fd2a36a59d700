"""Lists of all teachers for the courses that are open on a day, kept in the workspace between requests.

A folder is named by everything that its lists depend on: tables, diagnosis, model, code with its sentences, and which
courses are open. Where one of them is another, it is another folder, and lists are computed for each request.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from features.eligibility import open_courses
from features.errors import ReadError
from features.tables import Tables
from models.bundles.checked_json import LOG
from recommender.diagnosis import Progress
from recommender.lists.catalogue import CourseCatalogue
from recommender.lists.list_places import ListPlaces
from recommender.lists.recommend import Recommender
from recommender.lists.top_lists import ScoredPairs
from recommender.prepared.prepared_list import PreparedList
from recommender.prepared.row_file import Block, RowFile, write_rows
from recommender.workspace.needs_cache import delete_old
from recommender.workspace.workspace import Workspace, code_fingerprint

KEPT: Final = 3  # folders: of today, of tomorrow, one more
LOOK_AGAIN: Final = 60.0  # seconds after which a server looks for a folder that was not there
EVIDENCE: Final = frozenset({
    "classes", "assessments", "assessment_dimensions", "results", "result_covariances", "observations", "surveys", "indicators",
})  # fmt: skip
"""Tables that lists know through needs alone."""
NEEDS: Final = ("applies", "mean", "sd", "gap_mean", "gap_sd", "reliability", "weight")


class PreparedLists:
    """The folders of a workspace that belong to one recommender; safe for many threads."""

    def __init__(self, workspace: Workspace, recommender: Recommender) -> None:
        self._root = workspace.root / "cache" / "lists"
        self._recommender = recommender
        snapshot = recommender.snapshot
        content = sha256()
        others = {name: frame for name, frame in snapshot.tables.frames.items() if name not in EVIDENCE}
        parts = (
            Tables(others, snapshot.tables.made_up).fingerprint(), snapshot.as_of.isoformat(), recommender.bundle.version,
            code_fingerprint("features", "models", "recommender"),
        )  # fmt: skip
        content.update("\n".join(parts).encode())
        for name in NEEDS:
            content.update(np.asarray(getattr(snapshot.needs, name)).tobytes())
        self._made_from = content.digest()
        self._current: tuple[date, float, RowFile | None] | None = None

    def folder(self, open_on: date) -> Path:
        """Where the lists with the courses of this day belong."""
        still_open = open_courses(self._recommender.snapshot.tables["courses"], open_on)
        return self._root / sha256(self._made_from + still_open.tobytes()).hexdigest()[:32]

    def ready(self, open_on: date) -> bool:
        """Whether the lists of this day are open: `read` looks at nothing but a row."""
        current = self._current
        return current is not None and current[0] == open_on and current[2] is not None

    def read(self, teacher: int, open_on: date) -> PreparedList | None:
        """The list of a teacher, by index, with the courses that are open on this day; None where it has to be computed."""
        rows = self._rows(open_on)
        if rows is None:
            return None
        try:
            row = rows.read(teacher)
        except ReadError as error:
            LOG.warning("%s", error.message)
            return None
        return None if row is None else PreparedList.read(row)

    def _rows(self, open_on: date) -> RowFile | None:
        current = self._current
        if current is not None and current[0] == open_on and (current[2] is not None or time.monotonic() < current[1]):
            return current[2]
        folder, rows = self.folder(open_on), None
        if folder.is_dir():
            try:
                rows = RowFile(folder)
                if len(rows) != len(self._recommender.snapshot.teacher_ids):
                    raise ReadError("prepared.damaged", folder=folder)
            except ReadError as error:
                LOG.warning("%s", error.message)
                rows = None
        self._current = (open_on, time.monotonic() + LOOK_AGAIN, rows)
        return rows

    def prepare(self, open_on: date, top: int, progress: Progress = None) -> Path:
        """Computes and writes the lists of a day, unless they are there; where they are.

        Of the folders of other days and versions those used longest ago are deleted.
        """
        folder = self.folder(open_on)
        if not folder.is_dir():
            write_rows(folder, len(self._recommender.snapshot.teacher_ids), self._blocks(open_on, top, progress))
        os.utime(folder)
        delete_old(self._root, KEPT)
        return folder

    def _blocks(self, open_on: date, top: int, progress: Progress) -> Iterator[Block]:
        recommender, done = self._recommender, 0
        places = ListPlaces(recommender, CourseCatalogue(recommender.snapshot))
        for teachers in recommender.blocks():
            pairs = recommender.ranked(teachers, open_on)
            block = _rows(recommender, places, pairs, top, still_open=True)
            left = np.setdiff1d(teachers, pairs.unit)
            if len(left) and open_on > recommender.snapshot.as_of:
                earlier = recommender.ranked(left)
                block += _rows(recommender, places, earlier, top, still_open=False)
                left = np.setdiff1d(left, earlier.unit)
            ids = recommender.snapshot.teacher_ids
            block += [(t, PreparedList.of(str(ids[t]), (), True, True).written()) for t in left.tolist()]
            yield block
            done += len(teachers)
            if progress:
                progress("建议 / Recommending", done / len(ids))


def _rows(
    recommender: Recommender, places: ListPlaces, pairs: ScoredPairs, top: int, still_open: bool
) -> list[tuple[int, bytes]]:
    """The lists of the teachers in `pairs`, by index; left out where a number is not finite, which JSON cannot hold."""
    lists = recommender.teachers(pairs, top)
    rows, eligible = lists.rows, np.bincount(pairs.unit)
    finite = np.isfinite(np.stack([rows.score, rows.gain_mean, rows.gain_sd, rows.p_complete], axis=1))
    firsts = np.flatnonzero(rows.positions() == 0).tolist()
    written = []
    for first, last in pairwise([*firsts, len(rows)]):
        teacher = int(rows.unit[first])
        if finite[first:last].all():
            complete = bool(eligible[teacher] == last - first)
            teacher_id = str(recommender.snapshot.teacher_ids[teacher])
            kept = PreparedList.of(teacher_id, places.of(lists, range(first, last)), still_open, complete)
            written.append((teacher, kept.written()))
    return written

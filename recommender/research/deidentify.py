"""Needs of teachers without the teachers: random pseudonyms, coarser facts, no schools, and cells alike within a class.

The key from pseudonyms to people is drawn for one export and kept nowhere: nobody, the exporter included, can lead a row
back except through what it says, and how far that leads is measured.

What a row leaves out may tell as much as what it says: whose lessons were observed, and which competencies apply to whom, is
known to colleagues. Within a class all rows therefore have the same cells. Estimates without evidence of her own are those of her
department, which would show who works together; they are not exported.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.needs import Needs
from features.tables import Tables
from recommender.research.k_anonymity import Generalisation, class_numbers, class_sizes, generalise
from recommender.research.quasi_identifiers import quasi_identifiers
from recommender.research.reidentification_risk import (
    ReidentificationRisk,
    linkage_risk,
    telling_cells,
    unique_share,
)

CERTAINTY: Final = 0.9
"""Share of a class with the same clear need from which the class tells that need of each in it."""
DECIMALS: Final = 1
"""Of estimates, in teacher-SD units: their own error is several times as large."""
Bools = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class ExportOptions:
    """k: smallest class. most_suppressed: share of rows that may be left out for it, and share of a class for cells that are
    alike. sample: share of teachers drawn at
    random."""

    k: int = 10
    most_suppressed: float = 0.05
    sample: float = 1.0


@dataclass(frozen=True)
class ResearchData:
    """teachers: a row each, by pseudonym. needs: a row for each teacher and competency of her class.

    origin: (n,) row of the register of each row of `teachers`; for measuring alone, it is not written.
    """

    teachers: pd.DataFrame
    needs: pd.DataFrame
    generalisation: Generalisation
    risk: ReidentificationRisk
    origin: Index


def deidentify(
    tables: Tables, needs: Needs, refused: Collection[str], options: ExportOptions, rng: np.random.Generator
) -> ResearchData:
    """De-identified teachers and needs with the risk that is left.

    refused: teachers who want no data about them used; they are left out. rng: draws sample, order and pseudonyms.
    """
    hierarchies = quasi_identifiers(tables, needs.as_of)
    register = tables["teachers"]["teacher_id"]
    willing = ~register.isin(list(refused)).to_numpy()
    known = willing & needs.reliable.any(axis=1)
    drawn = known & (rng.random(len(register)) < options.sample)
    chosen = np.flatnonzero(drawn)
    generalisation = generalise(
        {name: [level.iloc[chosen] for level in levels] for name, levels in hierarchies.items()},
        options.k, options.most_suppressed,
    )  # fmt: skip
    facts = pd.DataFrame({name: hierarchies[name][level] for name, level in generalisation.levels.items()})
    rows, cells = _alike(facts, chosen[generalisation.kept], needs.reliable, options)
    order = rng.permutation(len(rows))
    rows, cells = rows[order], cells[order]
    exported = facts.iloc[rows].reset_index(drop=True)
    clear = (_bands(needs)[rows] == "clear") & cells
    blank = telling_cells(class_numbers(exported), clear, CERTAINTY)
    pseudonyms = np.array([f"R{number:08d}" for number in rng.choice(10**8, len(rows), replace=False)], dtype=object)
    sizes = class_sizes(exported)
    risk = ReidentificationRisk(
        teachers=len(register),
        left_out=int((~willing).sum()),
        unknown=int((willing & ~known).sum()),
        not_sampled=int((known & ~drawn).sum()),
        suppressed=len(chosen) - len(rows),
        rows=len(rows),
        classes=int(class_numbers(exported).max(initial=-1)) + 1,
        k=options.k,
        smallest_class=int(sizes.min()) if len(sizes) else 0,
        median_class=float(np.median(sizes)) if len(sizes) else 0.0,
        unique_before=unique_share(pd.DataFrame({name: levels[0] for name, levels in hierarchies.items()})),
        unique=unique_share(exported),
        **linkage_risk(exported, facts),
        certain=float((blank & clear).sum() / max(int(cells.sum()), 1)),
        blanked=int((blank & cells).sum()),
    )
    teachers = exported.assign(pseudonym=pseudonyms)[["pseudonym", *exported.columns]]
    return ResearchData(teachers, _needs(needs, rows, pseudonyms, cells & ~blank), generalisation, risk, rows)


def _alike(facts: pd.DataFrame, rows: Index, reliable: Bools, options: ExportOptions) -> tuple[Index, Bools]:
    """The rows that can have the same cells as all of their class, and these cells (n, K).

    A class takes competencies, that with most estimates first, as long as nearly all of it have an estimate for each of them; who
    lacks one goes, and with it a class that is left with fewer than k, or without any competency.
    """
    left, cells = [np.zeros(0, np.intp)], [np.zeros((0, reliable.shape[1]), bool)]
    classes = class_numbers(facts.iloc[rows])
    for number in range(int(classes.max(initial=-1)) + 1):
        members = rows[classes == number]
        kept = np.zeros(reliable.shape[1], bool)
        complete = np.ones(len(members), bool)
        for competency in np.argsort(-reliable[members].mean(axis=0), kind="stable"):
            also = complete & reliable[members, competency]
            if also.mean() < 1.0 - options.most_suppressed:
                break
            kept[competency], complete = True, also
        if kept.any() and int(complete.sum()) >= options.k:
            left.append(members[complete])
            cells.append(np.tile(kept, (int(complete.sum()), 1)))
    return np.concatenate(left), np.concatenate(cells)


def _bands(needs: Needs) -> NDArray[np.object_]:
    """(N, K) the band of each teacher and competency, empty where none applies."""
    report = needs.report[needs.report["unit_kind"] == "teacher"]
    bands = report.pivot(index="unit_id", columns="competency_id", values="band")
    ordered = bands.reindex(index=list(needs.teacher_ids), columns=list(needs.competency_ids))
    return np.asarray(ordered.to_numpy(dtype=object))


def _needs(needs: Needs, rows: Index, pseudonyms: NDArray[Any], cells: Bools) -> pd.DataFrame:
    """By pseudonym and competency."""
    count = len(needs.competency_ids)
    frame = pd.DataFrame({
        "pseudonym": np.repeat(pseudonyms, count),
        "competency_id": np.tile(np.array(needs.competency_ids, dtype=object), len(rows)),
        "mean": np.round(needs.mean[rows], DECIMALS).ravel() + 0.0,
        "band": _bands(needs)[rows].ravel(),
    })  # fmt: skip
    shown: pd.DataFrame = frame[cells.ravel()]
    return shown.sort_values(["pseudonym", "competency_id"], ignore_index=True)

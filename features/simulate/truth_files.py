"""Brings the end of the simulated years into the units of the contract and lays down the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from features.simulate.city import SimulatedCity
from features.simulate.course_catalogue import SimulatedCatalogue, may_take
from features.simulate.framework import LEAVES, WEIGHTS, target_values
from features.simulate.random_streams import stream
from features.simulate.simulated_enrolments import SimulatedHistory
from features.simulate.truth import Truth
from features.simulate.write_tables import pick, write_truth


def write_known(folder: Path, city: SimulatedCity, catalogue: SimulatedCatalogue, history: SimulatedHistory, seed: int) -> None:
    """abilities, course_effects, doses, teachers, courses and competencies as parquet in `folder`."""
    final = history.edges[-1]
    values = np.where(city.applies, final, np.nan)
    mean, sd = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    row, col = np.nonzero(city.applies)
    leaves = [leaf.id for leaf in LEAVES]
    write_truth(folder, "abilities", {
        "teacher_id": pick(city.teacher_ids, row), "competency_id": pick(leaves, col),
        "value": ((final - mean) / sd)[row, col], "target": target_values(city.ladder)[row, col],
        "weight": WEIGHTS[col], "taken": history.taken[row, col],
    })  # fmt: skip
    write_truth(folder, "competencies", {"competency_id": leaves, "mean": mean, "sd": sd})
    write_truth(folder, "teachers", {
        "teacher_id": city.teacher_ids, "motivation": city.motivation, "fidelity": city.fidelity[city.school],
        "steady": history.steady, "weekly_lessons": city.weekly,
    })  # fmt: skip
    write_truth(folder, "courses", {
        "course_id": catalogue.ids, "demand": catalogue.demand, "embedded": catalogue.embedded,
        "light": catalogue.light, "burden": catalogue.burden, "popularity": catalogue.popularity,
    })  # fmt: skip
    course, leaf = np.nonzero(catalogue.dose)
    write_truth(folder, "doses", {
        "course_id": pick(catalogue.ids, course), "competency_id": pick(leaves, leaf),
        "dose": catalogue.dose[course, leaf],
    })  # fmt: skip
    nobody = {"course_id": pa.array([], pa.string()), "effect": [], "useless": []}
    write_truth(folder, "course_effects", nobody)
    write_truth(folder, "course_effects", {
        "course_id": catalogue.ids, "effect": _mean_lifts(Truth.read(folder), city, catalogue, seed),
        "useless": catalogue.useless,
    })  # fmt: skip


def _mean_lifts(
    truth: Truth, city: SimulatedCity, catalogue: SimulatedCatalogue, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Over up to 2,000 people: the mean lift among those whom a course's stage and subject admit."""
    rng = stream(seed, "course effects")
    some = np.sort(rng.permutation(len(city.school))[:2000])
    lifts = truth.lift([city.teacher_ids[i] for i in some], catalogue.ids)
    everywhere = np.zeros(len(some), dtype=np.int64)
    content = may_take(
        catalogue, everywhere, city.stage[some], city.subject[some], city.second[some], city.principal[some]
    )
    content |= (catalogue.owner >= 3)[None, :] & (lifts > 0)
    count = content.sum(0)
    return np.asarray(np.divide((lifts * content).sum(0), count, out=np.zeros(len(count)), where=count > 0))

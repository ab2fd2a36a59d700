"""Simulated cities and their studies, kept in a folder so that several benchmarks share one diagnosis.

A study (three diagnoses) is the costly part of a city; it is stored under the scenario, seed, number of teachers and a hash
of the code that made it, and read again as long as that code is the same. The files are pickles of this program's
own arrays: use a folder that nobody else writes to.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import features
from features.needs import diagnose
from features.needs.evidence.evidence import gather
from features.needs.evidence.source_averages import SourceAverages
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from models.data.study import Study, open_study

SCENARIOS = ("plain", "confounded", "sparse", "cold", "unequal")


@dataclass(frozen=True)
class CityStudy:
    """One city: its study, its truth, and the averages of evidence by teacher and indicator that the diagnosis started from."""

    scenario: str
    seed: int
    teachers: int
    study: Study
    truth: Truth
    cells: list[SourceAverages]

    @property
    def name(self) -> str:
        return city_name(self.scenario, self.seed, self.teachers)


def city_name(scenario: str, seed: int, teachers: int) -> str:
    return f"{scenario}-{seed}-{teachers}"


def city_study(folder: Path, scenario: str, seed: int, teachers: int) -> CityStudy:
    """From the folder, else made and kept there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{city_name(scenario, seed, teachers)}-{diagnosis_code()}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())  # type: ignore[no-any-return]
    place = Path(tempfile.mkdtemp(dir=folder))
    try:
        written = simulate(place / "city", teachers=teachers, seed=seed, scenario=scenario)
        tables, truth = read_tables([written / "tables"]).tables, Truth.read(written / "truth")
    finally:
        shutil.rmtree(place)
    as_of = tables.latest_evidence()
    assert as_of is not None
    study = open_study(tables, diagnose, as_of, seed)
    made = CityStudy(scenario, seed, teachers, study, truth, gather(tables, as_of).cells)
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(made, protocol=5))
    part.replace(path)
    return made


def diagnosis_code() -> str:
    """Hash of the files that a study depends on: all of `features`."""
    digest = hashlib.sha256(pd.__version__.encode())
    for path in sorted(Path(features.__path__[0]).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    city_arguments(ask)
    options = ask.parse_args()
    for scenario in options.scenarios:
        for seed in options.seeds:
            began = time.perf_counter()
            city_study(options.folder, scenario, seed, options.teachers)
            print(f"{city_name(scenario, seed, options.teachers)} {time.perf_counter() - began:.1f} s", flush=True)


def city_arguments(ask: argparse.ArgumentParser) -> None:
    """The arguments that benchmarks on these cities share."""
    ask.add_argument("folder", type=Path, help="studies and results are kept there, so that a run can be continued")
    ask.add_argument("--teachers", type=int, default=2000)
    ask.add_argument("--seeds", type=int, nargs="+", default=list(range(21, 29)))
    ask.add_argument("--scenarios", nargs="+", default=list(SCENARIOS))


def cities(folder: Path, scenarios: list[str], seeds: list[int], teachers: int) -> Iterator[CityStudy]:
    """One after another; each is in memory alone."""
    for scenario in scenarios:
        for seed in seeds:
            yield city_study(folder, scenario, seed, teachers)


if __name__ == "__main__":
    from city_studies import main as named  # so that pickles name this module, whoever made them

    named()

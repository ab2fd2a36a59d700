"""From which size of city, lottery share and number of cycles does a lottery teach what single courses do?

    python benchmarks/lottery_value.py DIR [--teachers 2000] [--seeds 21 22 23] [--scenarios plain]

Closed form (`models/effects/value_of_information.py`) on the estimated gains of simulated cities: the seats a year of a course
are those of the city's last year, scaled to the size; of the share drawn as many people are left out as let in, all of them
people in whose first ten the course is. For each size, share and number of yearly cycles: the median of what is learnt
as a share of what is unknown of a course (sd of the posterior mean over today's sd), and the value of choosing three courses
by it, in per cent of their expected gain, before what the drawing costs.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from city_studies import CityStudy, cities, city_arguments

from features.simulate.course_catalogue import courses_wanted
from features.snapshot import TAKEN
from models.data.study import fit
from models.effects.value_of_information import learnt_ratio, outcome_sd, value_of_choice

SIZES = (2_000, 4_000, 13_000, 32_000, 131_000)
SHARES = (0.05, 0.1, 0.3)
CYCLES = (1, 3, 5)
EACH = 3  # courses a person


def value_rows(city: CityStudy) -> list[dict[str, float]]:
    now = city.study.now
    model = fit(city.study, city.study.roles, now, with_ranker=False)
    people = np.flatnonzero(city.study.roles.test)[:300]
    open_to = now.eligibility.block(people)
    row, c = np.nonzero(open_to)
    gain = np.zeros(open_to.shape)
    gain[row, c] = model.prepare(now)(people[row], c.astype(np.intp)).gain_mean
    effect, sd = model.rule.effects(now)
    ratio = np.divide(sd, effect, out=np.zeros_like(sd), where=effect > 0)
    concentration = (now.goals**2).sum(axis=1)
    listed = gain >= -np.sort(-gain, axis=1)[:, 9:10]
    signal = (gain * listed).sum(axis=0) / np.maximum(listed.sum(axis=0), 1) * concentration
    noise = outcome_sd(now.needs, float(concentration[concentration > 0].mean()))
    taken = now.enrolments
    recent = taken["status"].isin(TAKEN) & (taken["requested_on"] > pd.Timestamp(now.as_of) - pd.Timedelta(days=365))
    courses = taken.loc[recent & (taken["c"] >= 0), "c"].to_numpy(np.intp)
    seats = np.bincount(courses, minlength=len(effect)).astype(np.float64)
    best = -np.sort(-gain, axis=1)[:, :EACH].sum(axis=1).mean()
    rows = []
    for size in SIZES:
        scale = size / city.teachers * courses_wanted(city.teachers) / courses_wanted(size)
        for share in SHARES:
            for cycles in CYCLES:
                drawn = seats * scale * share * cycles
                learnt = learnt_ratio(ratio, signal, drawn, drawn, noise)
                rows.append({
                    "teachers": size, "share": share, "cycles": cycles, "drawn a course": float(np.median(drawn[seats > 0])),
                    "learnt": float(np.median((learnt / np.maximum(ratio, 1e-9))[seats > 0])),
                    "value %": 100 * value_of_choice(gain, learnt, EACH, city.seed, 16) / best,
                })  # fmt: skip
    print(f"{city.name}: outcome sd {noise:.2f}, signal of a seat {np.median(signal[seats > 0]):.3f} teacher-SD", flush=True)
    return rows


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    city_arguments(ask)
    ask.set_defaults(seeds=[21, 22, 23], scenarios=["plain"])
    options = ask.parse_args()
    rows = [
        row
        for city in cities(options.folder, options.scenarios, options.seeds, options.teachers)
        for row in value_rows(city)
    ]
    table = pd.DataFrame(rows).groupby(["teachers", "share", "cycles"], sort=False).mean()
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()

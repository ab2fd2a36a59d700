"""How far a plan may flatter itself: it picks what looks best, in part because it was overestimated (the
optimiser's curse, Smith and Winkler 2006).

Gains here are posterior means: if the evidence is as good as its stated uncertainty, they are already drawn
towards the mean and picking among them promises nothing too much. Where that is doubted, the worst case is
that they were not drawn at all. So each seat's gain is drawn once more towards the average of all to whom
its course is open, by the share of their spread that the stated uncertainty could have made (empirical
Bayes). What is lost by that is a bound on the flattery, not an estimate of it.
"""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index
from recommender.planning.problem.district import District
from recommender.planning.problem.plan_problem import PlanProblem


def optimizers_curse(district: District, problem: PlanProblem, chosen: Index, seat_gain: Array) -> float:
    """Share of the plan's expected gain that may be owed to having been picked, 0 to 1.

    seat_gain (n,): what each chosen pair adds, repeated cover counted.
    """
    pairs = problem.pairs
    gain = pairs.gain.astype(np.float64)
    number = np.maximum(np.bincount(pairs.course, minlength=pairs.courses), 1)
    mean = np.bincount(pairs.course, gain, minlength=pairs.courses) / number
    variance = np.bincount(pairs.course, (gain - mean[pairs.course]) ** 2, minlength=pairs.courses) / number
    ratio = district.effect_ratio[pairs.course]
    own = np.maximum(pairs.doubt.astype(np.float64) ** 2 - (ratio * gain) ** 2, 0.0)
    noise = np.bincount(pairs.course, own, minlength=pairs.courses) / number
    shrinkage = np.divide(np.maximum(variance - noise, 0.0), variance, out=np.zeros_like(variance), where=variance > 0)
    course = pairs.course[chosen]
    estimate = gain[chosen]
    shrunk = mean[course] + shrinkage[course] * (estimate - mean[course])
    scale = np.divide(seat_gain, estimate, out=np.ones_like(estimate), where=estimate > 0)
    promised, cautious = float(seat_gain.sum()), float((np.minimum(shrunk, estimate) * scale).sum())
    return max(1.0 - cautious / promised, 0.0) if promised > 0 else 0.0

"""How people answer to a course: who finishes it, and what it moves.

Made for the simulated city alone: a threshold, a plateau of readiness with two different edges, a share that
only a faithful school carries into lessons, and less from every further course on the same thing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from features.simulate.random_streams import Floats, logistic

DEMAND: Final = np.array([-1.15, -0.45, 0.35, 1.05])
CEILING: Final = 2.9


def lift(ability: Floats, dose: Floats, demand: Floats, drive: Floats, taken: Floats) -> Floats:
    """What a completed course adds to one competency, same unit as `ability`; all arguments broadcast.

    `dose` is what the course can give at most, `drive` the person's and the school's part (about 0.3 to 1.4),
    `taken` how many effective courses on the same competency came before (fading with time).
    """
    ready = logistic(3.4 * (ability - demand + 1.1))
    fresh = logistic(2.8 * (demand + 0.6 - ability))
    felt = np.maximum(dose * drive * ready * fresh * 0.8**taken - 0.01, 0.0)
    room = np.maximum(CEILING - ability, 0.05)
    return np.asarray(-room * np.expm1(-felt / room), dtype=np.float64)


def drive_of(motivation: Floats, fidelity: Floats, embedded: Floats) -> Floats:
    """The person's and the school's part of the response; `embedded` is the share that needs the school."""
    return np.asarray((0.5 + motivation) * (1.0 - embedded + embedded * fidelity), dtype=np.float64)


def completion(steady: Floats, weekly: Floats, light: Floats, burden: Floats) -> Floats:
    """P(complete | enrolled): a few drop out early, more where will and lightness lack; then whoever carries
    more beside the lessons than fits into a week gives up."""
    early = 0.97 * np.exp(-0.30 * np.exp(-0.62 * (steady + light - 0.9)))
    strain = np.maximum(burden * (0.4 + weekly / 20.0) - 1.1, 0.0)
    return np.asarray(early * np.exp(-0.35 * strain**1.4), dtype=np.float64)

"""What a district may be shown: numbers about fewer than ten people are left empty, and enough others with
them that none can be worked out from a total."""

from __future__ import annotations

from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Index, Mask

FEWEST: Final = 10


def hidden(people: Index) -> Mask:
    """(n,) which of n numbers, about so many people each, stay empty where their total is shown as well.

    Those about fewer than ten; where those left out together are about fewer than ten, the next smallest too.
    """
    small = (people > 0) & (people < FEWEST)
    if not small.any():
        return np.asarray(small)
    for k in np.argsort(people, kind="stable"):
        if int(people[small].sum()) >= FEWEST and int(small.sum()) > 1:
            break
        if people[k] >= FEWEST:
            small[k] = True
    return np.asarray(small)

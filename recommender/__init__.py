"""The interface for notebooks: the steps of the command line as functions.

    import recommender
    city = recommender.simulate("city")          # or recommender.load("workspace")
    needs = recommender.diagnose(city)
    trained = recommender.fit(city)
    judged = recommender.judge(city, truth="city/simulated/truth", scorers={"mine": MyRegressor()})
    recommender.slices(judged)
    recommender.ablate(city, truth="city/simulated/truth")
    recommender.compare(trained, judged, recommender.report(city))
    recommender.save(city, trained)
    recommender.plan_for(city, "440300", 600_000).lines
    recommender.advise(city).teacher_advice("T0001")

Notebooks import nothing but this package.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.notebook import (
        ablate,
        advise,
        compare,
        diagnose,
        fit,
        judge,
        load,
        plan_for,
        plan_regret,
        policy_value,
        pool,
        report,
        save,
        simulate,
        slices,
        split,
    )  # fmt: skip

__all__ = [
    "ablate", "advise", "compare", "diagnose", "fit", "judge", "load", "plan_for", "plan_regret", "policy_value",
    "pool", "report", "save", "simulate", "slices", "split",
]  # fmt: skip
SIBLINGS = ("features", "models", "api")


def find_hidden(siblings: tuple[str, ...] = SIBLINGS, path: list[str] | None = None) -> str | None:
    """The file that would be imported instead of one of our packages, None where nothing is hidden.

    Names like `models` are common: a `models.py` beside a notebook comes first on the import path.
    """
    home = Path(__file__).resolve().parent.parent
    for name in siblings:
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            continue
        found = spec.origin or next(iter(spec.submodule_search_locations or ()), "")
        if home / name not in (Path(found).resolve(), Path(found).resolve().parent):
            return found
    return None


def _refuse_hidden() -> None:
    hidden = find_hidden()
    if hidden is not None:
        raise ImportError(
            f"{hidden} hides a package of training-needs-recommender with the same name: "
            "rename that file or start Python in another folder"
        )


_refuse_hidden()
import recommender.text  # noqa: E402, F401 - from here on errors of every layer read as sentences


def __getattr__(name: str) -> Any:
    """The functions of the front door, loaded when first asked for."""
    if name in __all__:
        from recommender import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'recommender' has no attribute {name!r}")

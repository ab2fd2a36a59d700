"""Training needs of teachers and schools, and the courses that answer them: one function for each step.

    simulate      a simulated city in a workspace, with its known truth
    load          a workspace with imported tables
    diagnose      the needs of teachers, departments, schools and districts
    split         the city cut in time and by schools, with its labels
    fit           a new version, trained and evaluated but not promoted
    judge         every scorer evaluated on test schools, your own included
    report        the evaluation in the manifest of a version
    compare       evaluations side by side, with intervals and differences
    slices        an evaluation by district, stage, subject, ladder and evidence
    pool          evaluations of several districts as one
    ablate        what lists lose without one kind of evidence
    policy_value  the value of a new ranking from a log with known probabilities
    save          promote a version
    advise        lists, needs and courses, one unit at a time
    plan_for      the plan of a district with prices, frontiers and stability
    plan_regret   plans beside the optimum by known truth

The functions take and return workspaces, data frames and plain objects:

    import recommender
    city = recommender.simulate("city")          # or recommender.load("workspace")
    needs = recommender.diagnose(city)
    trained = recommender.fit(city)
    evaluated = recommender.judge(city, truth="city/simulated/truth", scorers={"mine": MyRegressor()})
    recommender.slices(evaluated)
    recommender.compare(trained, evaluated, recommender.report(city))
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
    """The file that would be imported instead of one of this project's packages, None where there is none.

    Names like `models` are common: a `models.py` beside a notebook comes first on the import path.
    """
    home = Path(__file__).resolve().parent.parent
    for name in siblings:
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            continue
        origin = spec.origin or next(iter(spec.submodule_search_locations or ()), "")
        if home / name not in (Path(origin).resolve(), Path(origin).resolve().parent):
            return origin
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
    """The functions listed above; their modules are imported at first use."""
    if name in __all__:
        from recommender import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'recommender' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])

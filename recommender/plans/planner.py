"""The planner: one city loaded once, its districts' pairs scored once, so that a what-if only solves again."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np

from features.errors import UsageError
from recommender.date_of_data import date_of_data
from recommender.diagnosis import Progress
from recommender.lists.recommend import Recommender
from recommender.lists.teacher_choices import ReadChoices, TeacherChoices
from recommender.pipeline import run_recommender
from recommender.planning.infeasibility import Conflict, PlanRequirements, explain
from recommender.planning.lottery import draw_lottery
from recommender.planning.problem.district import District, load_district
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.near_ties import drawn
from recommender.planning.problem.teacher_wishes import AverageGains, with_wishes, without_personal_gains
from recommender.planning.remedies import Remedy, remedies
from recommender.planning.solved_plan import SolvedPlan
from recommender.planning.solver.solve import Solution, solve
from recommender.privacy.terms import refuse_expired_needs
from recommender.records.standing_choices import choice_reader
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

SEED: Final = 0
SIMULATED: Final = b"simulated tables"  # people who do not exist need no secret, and anybody gets the same plan
RICHEST: Final = 1e12  # yuan
Stopped = Callable[[], bool]


class Planner:
    """Answers for the districts of one workspace; the last solution of each warms the next."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        as_of: date | None = None,
        progress: Progress = None,
        ready: Recommender | None = None,
        choices: ReadChoices | None = None,
    ) -> None:
        """choices: what teachers decided; those in the records of the workspace by default."""
        self.workspace = workspace
        self._settings = settings or Settings()
        self.ready = ready or run_recommender(workspace, self._settings, as_of, progress)
        self._choices = choices or choice_reader(workspace.root, self._settings)
        self._scored: dict[tuple[str, date], District] = {}
        self._drawn: dict[tuple[str, date], tuple[str, District]] = {}
        self._last: dict[tuple[str, date], SolvedPlan] = {}

    @property
    def as_of(self) -> date:
        """The date of the data."""
        return self.ready.snapshot.as_of

    def district(self, org_id: str, today: date | None = None) -> District:
        """One organization on a day (as-of by default) with what its teachers decided until now, near-ties drawn by lot.

        Raises UnknownIdError, DataError, and UnavailableError where the records cannot be read.
        """
        key = org_id, today or self.as_of
        choices = self._choices_of(*key)
        digest = choices.digest()
        if key not in self._drawn or self._drawn[key][0] != digest:
            made_up = self.workspace.tables.made_up
            secret = SIMULATED if made_up else hmac.digest(self._settings.bundle_key(), b"lots of near-ties", "sha256")
            self._drawn[key] = digest, drawn(self._with(self._scored[key], choices), secret)
        return self._drawn[key][1]

    def choices_digest(self, org_id: str, today: date | None = None) -> str:
        """Stands for what its teachers decided until now; raises as `district` does."""
        return self._choices_of(org_id, today or self.as_of).digest()

    def _choices_of(self, org_id: str, today: date) -> TeacherChoices:
        key = org_id, today
        if key not in self._scored:
            for other in [kept for kept in self._scored if kept[0] == org_id]:  # of another day
                del self._scored[other]
                self._drawn.pop(other, None)
                self._last.pop(other, None)
            made_up = self.workspace.tables.made_up
            self._scored[key] = load_district(self.ready.snapshot, self.ready.bundle, org_id, made_up, today=today)
        return self._choices([str(t) for t in self._scored[key].teacher_ids])

    def _with(self, district: District, choices: TeacherChoices) -> District:
        """The district with choices taken into account."""
        if not choices:
            return district
        if choices.unpersonalised:
            averages = AverageGains(self.ready.averages.gain_mean, self.ready.averages.gain_sd)
            district = without_personal_gains(district, choices.unpersonalised, averages)
        return with_wishes(district, choices.closed, choices.intended)

    def check(self, org_id: str, yuan: float, limits: Limits, today: date | None = None) -> District:
        """The district. Raises UsageError for a budget out of range and UnknownIdError for unknown ids, DataError for needs
        that have expired on the day `today`."""
        if not 0 <= yuan <= RICHEST:
            raise UsageError("plans.budget_range", yuan=yuan)
        refuse_expired_needs(date_of_data(self.ready.snapshot.tables, self.as_of), today or self.as_of)
        district = self.district(org_id, today)
        limits.check(
            set(map(str, district.teacher_ids)), set(map(str, district.course_ids)),
            set(map(str, district.school_ids)),
        )  # fmt: skip
        return district

    def plan(
        self,
        org_id: str,
        yuan: float,
        limits: Limits | None = None,
        seed: int = SEED,
        warm: bool = False,
        seconds: float = np.inf,
        stopped: Stopped = lambda: False,
        progress: Progress = None,
        today: date | None = None,
    ) -> SolvedPlan:
        """The best plan; with `warm` from the prices of this district's last one, which is quick.

        today: the day on which the courses must be open, as-of by default (`load_district`).
        """
        limits = limits or Limits()
        district = self.check(org_id, yuan, limits, today)
        key = org_id, today or self.as_of
        problem, decisions = build_problem(district, limits, yuan)
        last = self._last.get(key) if warm else None

        def tell(share: float, value: float | None, bound: float) -> None:
            if progress:
                progress(f"求解 / Solving{_gap(value, bound)}", share)

        if decisions.contradictions:
            solution = Solution.infeasible(problem)
        else:
            warm_from = last.solution if last and last.solution.plan is not None else None
            solution = solve(problem, seed, warm_from, seconds=seconds, stopped=stopped, on_progress=tell)
        conflicts: tuple[Conflict, ...] = ()
        changes: tuple[Remedy, ...] = ()
        if solution.plan is None:
            required = PlanRequirements(yuan, limits)
            conflicts = tuple(explain(district, required, seed, stopped))
            changes = tuple(remedies(district, required, conflicts, seed, stopped))
        lottery = None
        if solution.plan is not None and limits.lottery_share > 0:
            lottery = draw_lottery(problem, solution.plan, limits.lottery_share, seed)
        planned = SolvedPlan(district, limits, yuan, seed, problem, solution, lottery, conflicts, changes)
        if solution.plan is not None:
            self._last[key] = planned
        return planned


def _gap(value: float | None, bound: float) -> str:
    if value is None or not np.isfinite(bound) or bound <= 0:
        return ""
    return f" · 差距 gap {max(bound - value, 0.0) / bound:.2%}"

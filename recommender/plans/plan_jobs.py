"""A question to the planner as the records hold it: what is planned, of which version, for whom, and how far the answer is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final, Literal

import sqlalchemy as sa

from features.messages import BilingualText
from recommender.planning.problem.limits import Limits
from recommender.plans.run_plan import PlanQuestion
from recommender.served_version import ServedVersion

PlanState = Literal["queued", "running", "done", "failed", "interrupted", "stopped", "expired", "stale", "damaged"]
NO_TEXT: Final = BilingualText("", "")


@dataclass(frozen=True)
class PlanInputs:
    """Everything a plan depends on. limits: as in `limits.toml`. today, as_of: ISO, empty where there is none. tables: their
    fingerprint."""

    budget: float
    limits: dict[str, Any]
    seed: int = 0
    draws: int = 0
    choices: str = ""
    today: str = ""
    tables: str = ""
    as_of: str = ""
    model_version: str = ""

    @classmethod
    def of(cls, question: PlanQuestion, version: ServedVersion | None) -> PlanInputs:
        """A question to a version of tables and model; None: not known."""
        return cls(
            budget=question.yuan, limits=question.limits.as_json(), seed=question.seed, draws=question.draws,
            choices=question.choices, today=question.today.isoformat() if question.today else "",
            tables=version.tables if version else "", as_of=version.as_of.isoformat() if version else "",
            model_version=version.model_version if version else "",
        )  # fmt: skip

    def as_json(self) -> str:
        """The same text for the same inputs."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, allow_nan=False)

    def digest(self) -> str:
        """SHA-256 of them, hexadecimal."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """One row of `plan_jobs`. share: of the work done, 0 to 1. attempts: processes that began. message: why there is no plan.

    requested_at: when it was queued. asker: by whom. `state` is "interrupted" where its worker no longer renews its lease.
    """

    job_id: int
    plan_id: str
    district_id: str
    inputs: PlanInputs
    state: PlanState
    what: str
    share: float
    message: BilingualText
    requested_at: datetime
    asker: str
    attempts: int
    stop: bool

    @classmethod
    def of(cls, row: sa.Row[Any], interrupted: bool = False) -> Job:
        """interrupted: whether its lease has run out."""
        return cls(
            row.id, row.plan_id, row.org_id, PlanInputs(**json.loads(row.inputs)),
            "interrupted" if interrupted else row.state, row.what, row.share, text_of(row.error), row.at, row.actor,
            row.attempts, row.stop,
        )  # fmt: skip

    @cached_property
    def question(self) -> PlanQuestion:
        """What is planned. Raises UsageError for limits that this version of the program does not know."""
        inputs = self.inputs
        return PlanQuestion(
            self.district_id, inputs.budget, Limits.of(inputs.limits), inputs.seed, inputs.draws, inputs.choices,
            day_of(inputs.today),
        )  # fmt: skip

    @property
    def version(self) -> ServedVersion | None:
        """What the asker's server answered from; None for questions of earlier versions of the program."""
        as_of = day_of(self.inputs.as_of)
        return None if as_of is None else ServedVersion(self.inputs.tables, as_of, self.inputs.model_version)


def day_of(text: str) -> date | None:
    """Of an ISO date or time; None for anything else."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def text_as_json(text: BilingualText) -> str:
    """For the column `error`; empty for no text."""
    return json.dumps(text._asdict(), ensure_ascii=False) if text != NO_TEXT else ""


def text_of(content: str) -> BilingualText:
    """The reverse."""
    return BilingualText(**json.loads(content)) if content else NO_TEXT

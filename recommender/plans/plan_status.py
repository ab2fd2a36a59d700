"""What is known of a plan: its newest question and its files, put together into one state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from features.errors import RecommenderError
from features.messages import BilingualText, message
from recommender.planning.problem.limits import Limits
from recommender.plans.adoption import Adoption
from recommender.plans.finished_plans import FinishedPlan
from recommender.plans.plain_values import check_plain
from recommender.plans.plan_jobs import NO_TEXT, Job, PlanState
from recommender.plans.plan_record import PlanSummary, PlanTables
from recommender.served_version import ServedVersion
from recommender.text.catalogues import in_both

WAITING = ("queued", "running", "interrupted")


@dataclass(frozen=True)
class PlanStatus:
    """Progress of one question. share: of the work done, 0 to 1. message: why there is no plan. requested_at: when, ISO in UTC.

    summary: of a finished plan. tables: of a finished plan where they were requested, without names of people.
    version: what the answer comes from, None where it is not known. adoption: the decision by which it stands,
    None where it does not. history: all such decisions of the organization, newest first, where they were requested."""

    plan_id: str
    state: PlanState
    district_id: str
    budget: float
    limits: dict[str, Any]
    what: str
    share: float
    message: BilingualText
    requested_at: str
    summary: PlanSummary | None
    tables: PlanTables | None
    version: ServedVersion | None = None
    adoption: Adoption | None = None
    history: tuple[Adoption, ...] = ()


def status_of(plan_id: str, job: Job | None, plan: FinishedPlan | None, summary: PlanSummary | None) -> PlanStatus:
    """Of a plan with a job, a row, or both. summary: None where the files are not as the row says.

    A question that waits or is worked on comes first: it was put again because the files are damaged. A later question
    that ended without a plan says more than that they are.
    """
    if job is not None and job.state in WAITING:
        return _status(plan_id, job.state, job, plan, None)
    if summary is not None:
        return _status(plan_id, "done", job, plan, summary)
    failed_since = job is not None and job.state != "done" and (plan is None or job.requested_at > plan.at)
    if job is not None and failed_since:
        return _status(plan_id, job.state, job, plan, None)
    return _status(plan_id, "damaged", job, plan, None)


def _status(
    plan_id: str, state: PlanState, job: Job | None, plan: FinishedPlan | None, summary: PlanSummary | None
) -> PlanStatus:
    text = job.message if job is not None else NO_TEXT
    limits = summary.limits if summary else job.inputs.limits if job else {}
    district = job.district_id if job else plan.org_id if plan else ""
    at = job.requested_at if job else plan.at if plan else None
    return PlanStatus(
        plan_id=plan_id,
        state=state,
        district_id=summary.district_id if summary else district,
        budget=summary.budget if summary else job.inputs.budget if job else 0.0,
        limits=dict(limits) if _valid(limits) else {},
        what=job.what if job else "",
        share=min(max(job.share, 0.0), 1.0) if job else 0.0,
        message=in_both(message("plans.damaged")) if state == "damaged" else text,
        requested_at=_iso(at),
        summary=summary,
        tables=None,
        version=_version(summary) if summary else job.version if job else None,
    )


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="milliseconds")


def _version(summary: PlanSummary) -> ServedVersion:
    return ServedVersion(summary.tables, summary.as_of, summary.model_version)


def _valid(limits: dict[str, Any]) -> bool:
    """Whether limits of a file can be put into a form."""
    try:
        check_plain(limits)
        Limits.of(limits)
    except RecommenderError:
        return False
    return True

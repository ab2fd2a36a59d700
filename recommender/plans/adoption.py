"""Which plans were adopted, by whom and when: only these name people to a district.

WORKSPACE/plans/.jobs/ID.adopted.json
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from features.errors import ReadError
from recommender.plans.plan_files import read_json
from recommender.plans.plan_jobs import now
from recommender.workspace.atomic import write_json


class Adoption(BaseModel):
    """by: who decided, as in the sign-in token. at: ISO, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    at: str


def read_adoption(jobs: Path, plan_id: str) -> Adoption | None:
    """None where the plan is not adopted. Raises ReadError for a damaged file."""
    path = jobs / f"{plan_id}.adopted.json"
    content = read_json(path)
    try:
        return None if content is None else Adoption.model_validate(content)
    except ValidationError as error:
        raise ReadError("plans.unreadable", path=str(path)) from error


def adopt(jobs: Path, plan_id: str, by: str) -> Adoption:
    """The adoption of a plan; the first one stands."""
    earlier = read_adoption(jobs, plan_id)
    if earlier is not None:
        return earlier
    adoption = Adoption(by=by, at=now())
    jobs.mkdir(parents=True, exist_ok=True)
    write_json(jobs / f"{plan_id}.adopted.json", adoption.model_dump())
    return adoption

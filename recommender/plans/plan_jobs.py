"""Questions to the planner on disk: what was asked, of which version, by whom, and how far the answer is.

WORKSPACE/plans/.jobs/ID.json      the question and its progress
WORKSPACE/plans/.jobs/ID.district  whose it is, so that a damaged question still has its place
WORKSPACE/plans/.jobs/ID.lock      locked while a process works on it
WORKSPACE/plans/.jobs/ID.stop      asks for the best plan so far
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from features.errors import ReadError, RecommenderError
from features.messages import BilingualText
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_files import read_json
from recommender.plans.run_plan import PlanQuestion
from recommender.served_version import ServedVersion
from recommender.workspace.atomic import replacing, write_json

PlanState = Literal["queued", "running", "done", "failed", "interrupted", "stopped", "expired", "stale", "damaged"]
NO_TEXT: Final = BilingualText("", "")


def _text(value: Any) -> BilingualText:
    """One text stands for both languages, as in jobs of earlier versions."""
    if isinstance(value, tuple):
        return BilingualText(*value)
    if isinstance(value, dict):
        return BilingualText(str(value.get("zh", "")), str(value.get("en", "")))
    return BilingualText(str(value), str(value))


class Job(BaseModel):
    """A question with its progress. share: of the work done. requested_at, started: ISO, UTC. attempts: processes that began.
    today: of the question."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    plan_id: str
    district_id: str
    budget: float
    limits: dict[str, Any]
    seed: int = 0
    draws: int = Field(default=0, ge=0)
    choices: str = ""
    state: PlanState = "failed"
    what: str = ""
    share: float = 0.0
    message: Annotated[BilingualText, BeforeValidator(_text)] = NO_TEXT
    requested_at: str = ""
    started: str = ""
    attempts: int = 0
    asker: str = ""
    tables: str = ""
    as_of: str = ""
    today: str = ""
    model_version: str = ""

    @property
    def question(self) -> PlanQuestion:
        """What is asked."""
        return PlanQuestion(
            self.district_id, self.budget, Limits.of(self.limits), self.seed, self.draws, self.choices, _day(self.today)
        )

    @property
    def version(self) -> ServedVersion | None:
        """What the asker's server answered from; None for questions of earlier versions of the program."""
        as_of = _day(self.as_of)
        return None if as_of is None else ServedVersion(self.tables, as_of, self.model_version)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


class JobFolder:
    """The files of all questions of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, plan_id: str) -> Job | None:
        """None where there is no such question. Raises ReadError for a damaged one."""
        path = self.folder / f"{plan_id}.json"
        try:
            status = path.stat()
        except OSError:
            return None
        job = _read(path, (status.st_ino, status.st_mtime_ns, status.st_size))
        if job is not None and job.plan_id != plan_id:
            raise ReadError("plans.unreadable", path=str(path))
        return job

    def write(self, job: Job) -> None:
        """Replaces the file of a question, in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        district = self.folder / f"{job.plan_id}.district"
        if not district.exists():
            with replacing(district) as temporary:
                temporary.write_text(job.district_id, "utf-8")
        write_json(self.folder / f"{job.plan_id}.json", job.model_dump() | {"message": job.message._asdict()})

    def district_of(self, plan_id: str) -> str:
        """Whose question it is, also of a damaged one; empty where it is not known."""
        try:
            return (self.folder / f"{plan_id}.district").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def ids(self) -> list[str]:
        """All questions, damaged ones among them."""
        return [path.stem for path in self.folder.glob("P*.json")]

    def readable(self) -> list[Job]:
        """All questions that can be read."""
        jobs: list[Job] = []
        for plan_id in self.ids():
            try:
                job = self.read(plan_id)
            except ReadError:  # its own page says so
                continue
            jobs += [] if job is None else [job]
        return jobs


@lru_cache(maxsize=1024)
def _read(path: Path, signature: tuple[int, int, int]) -> Job | None:
    """signature: inode, time and size of the file; the same file is parsed once."""
    content = read_json(path)
    if content is None:
        return None
    try:
        job = Job.model_validate(content)
        Limits.of(job.limits)
    except (ValidationError, RecommenderError) as error:
        raise ReadError("plans.unreadable", path=str(path)) from error
    return job


def now() -> str:
    """ISO, UTC, to the millisecond: questions of one second keep their order."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")

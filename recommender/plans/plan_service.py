"""Plans for the service: questions in, states and tables out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import date
from typing import Any, Final, Protocol

from features.errors import ReadError, RecommenderError, StaleError, UnavailableError
from recommender.event_log import event_log, place_of
from recommender.planning.problem.limits import Limits
from recommender.plans.adopted_seats import AdoptedSeats, adopted_seats
from recommender.plans.plan_queue import Quota
from recommender.plans.plan_status import PlanStatus
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS, PlanQuestion
from recommender.plans.worker_process import WorkerProcess
from recommender.privacy.terms import need_expires_on, needs_expired
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

WATCH: Final = 5.0  # seconds between looks whether a worker is at work
QUOTA: Final = Quota(person=5, all=50)


class Worker(Protocol):
    """Answers what is queued, from `start` to `stop`; starting it twice is starting it once."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class PlanService:
    """The plans of one workspace. A worker runs as long as something is queued, and no longer than the service; one
    that dies is replaced."""

    def __init__(
        self,
        workspace: Workspace,
        worker: Worker | None = None,
        quota: Quota = QUOTA,
        log: Any = None,
        watch: float = WATCH,
        today: Callable[[], date] | None = None,
        records: RecordStore | None = None,
    ) -> None:
        """today: the day on which courses must be open, and records: those of the workspace, of the settings by default."""
        self._workspace = workspace
        settings = Settings()
        self._store = PlanStore(workspace.root / PLANS, records or RecordStore.of(workspace.root, settings))
        self._worker = worker or WorkerProcess(workspace.root)
        self._quota, self._watch = quota, watch
        self._today = today or settings.day
        self._log = log or event_log()
        self._closing = threading.Event()
        self._watching = threading.Thread(target=self._keep_worker, name="plan-worker-watch", daemon=True)

    def start(self) -> None:
        """Takes up what was queued when the last server ended, and watches from then on."""
        self._watching.start()

    def close(self) -> None:
        """Ends the worker; the question it was working on is queued again."""
        self._closing.set()
        if self._watching.is_alive():
            self._watching.join()
        self._worker.stop()

    def _keep_worker(self) -> None:
        while True:
            try:
                if self._store.queue.waiting():
                    self._worker.start()
            except UnavailableError:  # `/readyz` and every request say so
                pass
            except Exception as error:  # whatever it is, the next look may succeed
                self._log.error("plan_worker_not_started", kind=type(error).__name__, place=place_of(error))
            if self._closing.wait(self._watch):
                return

    def tables(self) -> str:
        """Fingerprint of the tables that the workspace holds now; empty where they cannot be read."""
        try:
            return Workspace(self._workspace.root).fingerprint
        except RecommenderError:
            return ""

    def ask(
        self, district_id: str, budget: float, limits: Limits, version: ServedVersion, asker: str, choices: str = ""
    ) -> str:
        """The id of the plan, whose courses are open today; equal questions of one day get the same. choices: as in
        `PlanQuestion`.

        Raises StaleError where the workspace holds other tables by now or the needs have expired, BusyError where too much
        waits already.
        """
        if self.tables() != version.tables:
            raise StaleError("plans.stale_server")
        if (today := self._today()) > need_expires_on(version.as_of):
            raise StaleError(needs_expired(version.as_of, today))
        question = PlanQuestion(district_id, budget, limits, choices=choices, today=self._today())
        plan_id = question.plan_id(version.tables, version.model_version, version.as_of.isoformat())
        self._store.put(plan_id, question, version, asker, self._quota)
        self.status(plan_id)
        return plan_id

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """The state of a question, which is worked on from then on; raises UnknownIdError."""
        status = self._store.status(plan_id, tables)
        if status.state in ("queued", "interrupted"):
            self._worker.start()
        return status

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All plans of one organization, newest first."""
        return self._store.of_district(district_id)

    def workbook(self, plan_id: str) -> bytes:
        """The workbook of a finished plan; raises UnknownIdError, ReadError where it is damaged."""
        try:
            return self._store.workbook(plan_id).read_bytes()
        except OSError as error:
            raise ReadError("plans.damaged") from error

    def adopt(self, plan_id: str, by: str, why: str = "", beside: bool = False) -> None:
        """Adopts a finished plan in the place of those that stand, or beside them; raises UnknownIdError, UsageError."""
        self._store.adopt(plan_id, by, why, beside)

    def withdraw(self, plan_id: str, by: str, why: str = "") -> None:
        """Takes an adoption back; nothing where the plan does not stand. Raises as `adopt` does."""
        self._store.withdraw(plan_id, by, why)

    def adopted_seats(self, school_id: str, org_ids: Collection[str]) -> tuple[AdoptedSeats, ...]:
        """What adopted plans of these organizations give to a school."""
        return adopted_seats(self._store, school_id, org_ids)

    def stop(self, plan_id: str) -> None:
        """Takes the best plan so far, or takes a question that waits out of the queue; raises UnknownIdError."""
        self._store.request_stop(plan_id)

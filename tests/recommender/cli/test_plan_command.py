"""`recommender plan`: a plan in the workspace has its row in the records."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from features.errors import UnavailableError
from recommender.plans.finished_plans import FinishedPlans
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS
from recommender.records.planning_tables import PLANS as ROWS
from recommender.records.record_store import RecordStore
from recommender.settings import Settings


def test_a_plan_has_its_row_also_where_the_records_could_not_be_written_at_the_time(
    run, copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise UnavailableError("records.unavailable")

    school = str(copy.tables["teachers"]["school_id"].iloc[0])
    command = ("plan", "--district", school, "--draws", "0", "--json")
    records = RecordStore.of(copy.root, Settings())
    store = PlanStore(copy.root / PLANS, records)
    code, out, _ = run(*command, "--budget", "0", workspace=copy.root)
    first = json.loads(out)
    assert code == 0
    with records.reading() as connection:
        row = connection.execute(sa.select(ROWS)).one()
    assert (row.plan_id, row.org_id, row.job_id, row.seats) == (first["plan_id"], school, None, first["seats"])
    with monkeypatch.context() as patch:
        patch.setattr(FinishedPlans, "register", unavailable)
        code, out, _ = run(*command, "--budget", "1", workspace=copy.root)
    assert code == 0
    assert {status.state for status in store.of_district(school)} == {"done"} and len(store.of_district(school)) == 2
    records.close()

"""A trained version is a run of MLflow where its address is set, in a store of MLflow itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from features.errors import UsageError
from models.evaluation.list_metrics import MetricRow
from recommender.registry.mlflow_tracking import (
    EXPERIMENT,
    VERSION_TAG,
    MlflowTracker,
    TrackedVersion,
    tracker_of,
)
from recommender.settings import Settings
from recommender.training import _track

ROWS = [
    MetricRow("observed", "ranker", "ndcg@10", 0.31, 0.28, 0.34, "need_rule", 0.02, -0.01, 0.05, 900, 40),
    MetricRow(
        "observed",
        "popularity",
        "ndcg@10",
        0.2,
        float("nan"),
        float("nan"),
        "need_rule",
        -0.09,
        -0.1,
        -0.08,
        9,
        4,
    ),
]
ABOUT = {
    "as_of": "2026-07-01", "objective": "gain", "ranked_by": "need_rule", "made_up": True, "teachers": 900,
    "verdict": {"zh": "按需求规则排序", "en": "ranked by the need rule"},
}  # fmt: skip
TRACKED = TrackedVersion("2026-07-01-0a1b2c3d", ABOUT, ROWS, {"card.md": "# 模型卡\n"})

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader")  # in the store of MLflow


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> MlflowTracker:
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the store puts its files beside the working directory
        tracker = MlflowTracker(f"sqlite:///{folder}/runs.db", EXPERIMENT)
        tracker.record(TRACKED)
        yield tracker


def test_a_run_says_what_the_card_says(tracker: MlflowTracker) -> None:
    run = _only_run(tracker)
    assert run.info.status == "FINISHED" and run.info.run_name == TRACKED.version
    assert run.data.params == {
        "as_of": "2026-07-01", "objective": "gain", "ranked_by": "need_rule", "teachers": "900"
    }  # fmt: skip
    assert run.data.tags["recommender.made_up"] == "true"
    metrics = run.data.metrics
    assert metrics["observed/ranker/ndcg_at_10"] == 0.31 and metrics["observed/ranker/ndcg_at_10/low"] == 0.28
    assert metrics["observed/ranker/ndcg_at_10/difference_to_need_rule"] == 0.02
    assert "observed/popularity/ndcg_at_10/low" not in metrics, "no interval, no number"
    assert "mlflow.user" not in run.data.tags, "who trained is in the project's own audit"


def test_the_card_is_with_the_run(tracker: MlflowTracker, tmp_path: Path) -> None:
    client = tracker.client()
    path = client.download_artifacts(_only_run(tracker).info.run_id, "card.md", str(tmp_path))
    assert Path(path).read_text("utf-8") == "# 模型卡\n"


def test_the_same_version_is_one_run(tracker: MlflowTracker) -> None:
    first = _only_run(tracker).info.run_id
    assert tracker.record(TRACKED) == first == _only_run(tracker).info.run_id


def test_a_server_that_is_down_costs_the_record_only(
    free_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracker = MlflowTracker(f"http://127.0.0.1:{free_tcp_port}", EXPERIMENT)
    error = _track(tracker, TRACKED)
    assert error.startswith("MlflowException: ") and "\n" not in error
    assert _track(None, TRACKED) == ""


def test_without_an_address_there_is_no_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracker_of(Settings()) is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "nanshan")
    tracker = tracker_of(Settings())
    assert tracker is not None and tracker.experiment == "nanshan"
    assert "x.db" not in repr(Settings()), "an address may carry a password"


def test_a_missing_client_is_said_before_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UsageError, match=r"\[mlflow\]"):
        MlflowTracker("sqlite:///x.db", EXPERIMENT)


def test_nothing_but_the_set_server_is_called() -> None:
    """In a process of its own: the settings that silence the client must be there before it is imported."""
    script = (
        "import json, os\n"
        "from recommender.registry.mlflow_tracking import MlflowTracker\n"
        "MlflowTracker('sqlite:///x.db', 'x')\n"
        "from mlflow.telemetry.utils import is_telemetry_disabled\n"
        "print(json.dumps(is_telemetry_disabled()))"
    )  # fmt: skip
    # the client is silent in tests by itself, so the process must not look like one
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "CI", "GITHUB", "MLFLOW", "DO_NOT_TRACK"))
    }


    def disabled(code: str) -> bool:
        done = subprocess.run(
            [sys.executable, "-c", code], env=bare, capture_output=True, text=True, check=True
        )
        return bool(json.loads(done.stdout))

    assert disabled(script)
    assert not disabled("\n".join([*script.splitlines()[:1], *script.splitlines()[3:]])), (
        "it would call without the settings"
    )


def _only_run(tracker: MlflowTracker) -> SimpleNamespace:
    client = tracker.client()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id], f"tags.`{VERSION_TAG}` = '{TRACKED.version}'")
    return run

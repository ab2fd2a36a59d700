"""Record each trained version as an MLflow run where `MLFLOW_TRACKING_URI` is set.

What is recorded is what the model card says: objective, counts, every row of the evaluation with its intervals, the gate's
verdict, the card. No row about a person and no model file leaves the registry: versions are served from signed bundles only.
The run is named after the version and tagged with it, so training the same version again adds no second run.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from features.errors import UsageError
from models.evaluation.list_metrics import MetricRow
from recommender.settings import Settings

EXPERIMENT: Final = "training-needs-recommender"
VERSION_TAG: Final = "recommender.version"
MAX_METRICS: Final = 1000  # of one request to a tracking server
PARAMETERS: Final = (
    "as_of",
    "objective",
    "ranked_by",
    "seed",
    "teachers",
    "schools",
    "courses",
    "enrolments",
    "labels",
)
DEFAULTS: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing is sent to anyone but the server that was set
    "DO_NOT_TRACK": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # a server that is down delays a finished training by seconds, not minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


@dataclass(frozen=True)
class TrackedVersion:
    """What is recorded of a version: its manifest without the files, its evaluation, and the text files of the run."""

    version: str
    about: Mapping[str, Any]
    rows: list[MetricRow]
    documents: Mapping[str, str]


class MlflowTracker:
    """Writes runs to one tracking server; raises UsageError where the client is not installed."""

    def __init__(self, uri: str, experiment: str) -> None:
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise UsageError("registry.mlflow_missing") from error
        self.experiment = experiment
        self.client: Callable[[], Any] = partial(MlflowClient, tracking_uri=uri)

    def record(self, tracked: TrackedVersion) -> str:
        """The id of the finished run of this version, which is made where there is none. Raises MlflowException."""
        client = self.client()
        experiment = client.get_experiment_by_name(self.experiment)
        experiment_id = experiment.experiment_id if experiment else client.create_experiment(self.experiment)
        same = f"tags.`{VERSION_TAG}` = '{tracked.version}' and attributes.status = 'FINISHED'"
        for run in client.search_runs([experiment_id], same, max_results=1):
            return str(run.info.run_id)
        run_id = client.create_run(experiment_id, tags=_tags(tracked), run_name=tracked.version).info.run_id
        self._fill(client, run_id, tracked)
        client.set_terminated(run_id)
        return str(run_id)

    def _fill(self, client: Any, run_id: str, tracked: TrackedVersion) -> None:
        from mlflow.entities import Metric, Param

        parameters = [Param(name, str(tracked.about[name])) for name in PARAMETERS if name in tracked.about]
        client.log_batch(run_id, params=parameters)
        now = time.time_ns() // 1_000_000
        metrics = [Metric(name, value, timestamp=now, step=0) for name, value in _metrics(tracked.rows)]
        for start in range(0, len(metrics), MAX_METRICS):
            client.log_batch(run_id, metrics=metrics[start : start + MAX_METRICS])
        for name, text in tracked.documents.items():
            client.log_text(run_id, text, name)


def tracker_of(settings: Settings) -> MlflowTracker | None:
    """The tracker of the server that is set, None where none is; errors as `MlflowTracker`."""
    if settings.mlflow_tracking_uri is None:
        return None
    return MlflowTracker(
        settings.mlflow_tracking_uri.get_secret_value(), settings.mlflow_experiment_name or EXPERIMENT
    )


def documents_of(card: str, report: Mapping[str, object]) -> dict[str, str]:
    """The text files of a run: the model card and the evaluation as JSON."""
    return {"card.md": card, "evaluation.json": json.dumps(report, ensure_ascii=False, indent=1)}


def _tags(tracked: TrackedVersion) -> dict[str, str]:
    return {
        VERSION_TAG: tracked.version,
        "recommender.made_up": str(bool(tracked.about["made_up"])).lower(),
        "recommender.verdict": tracked.about["verdict"]["en"],
        "mlflow.note.content": "\n\n".join(tracked.about["verdict"].values()),
    }


def _metrics(rows: list[MetricRow]) -> Iterator[tuple[str, float]]:
    """`test/scorer/metric` and its interval, the difference to the rival and its interval; NaN is left out."""
    for row in rows:
        name = f"{row.test}/{row.scorer}/{row.metric}".replace("@", "_at_")
        values = {
            name: row.value, f"{name}/low": row.low, f"{name}/high": row.high,
            f"{name}/difference_to_{row.rival}": row.difference,
            f"{name}/difference_low": row.difference_low, f"{name}/difference_high": row.difference_high,
        }  # fmt: skip
        yield from ((key, value) for key, value in values.items() if math.isfinite(value))

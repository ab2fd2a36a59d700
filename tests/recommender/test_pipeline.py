"""Steps run what is missing or stale, and nothing else; what is interrupted leaves what was there."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

import recommender.diagnosis as diagnosis
import recommender.pipeline as pipeline
import recommender.training as training
from features.errors import ReadError
from features.tables import Tables
from recommender.cli.main import run
from recommender.diagnosis import default_as_of, needs_at, run_diagnose
from recommender.pipeline import run_bundle, run_recommend, run_recommender
from recommender.workspace.importing import import_tables
from recommender.workspace.needs_cache import read_needs
from recommender.workspace.workspace import Workspace


@pytest.fixture
def copy(city, tmp_path: Path) -> Workspace:
    """A copy of the finished workspace that a test may change."""
    shutil.copytree(
        city.workspace.root, tmp_path / "copy", symlinks=True, ignore=shutil.ignore_patterns("simulated")
    )
    return Workspace(tmp_path / "copy")


class Counted:
    """Counts calls of what it stands for."""

    def __init__(self, target: object) -> None:
        self.calls = 0
        self._target = target

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.calls += 1
        return self._target(*args, **kwargs)  # type: ignore[operator]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counted]:
    counted = {"diagnose": Counted(diagnosis.diagnose), "train": Counted(training.train_version)}
    monkeypatch.setattr(diagnosis, "diagnose", counted["diagnose"])
    monkeypatch.setattr(training, "train_version", counted["train"])
    return counted


def _changed(workspace: Workspace) -> Workspace:
    """The same workspace after an import of other courses."""
    courses = workspace.tables["courses"]
    file = workspace.root / "courses.parquet"
    courses.assign(hours=courses["hours"] + 1).to_parquet(file)
    import_tables(workspace.root, [file])
    return Workspace(workspace.root)


def test_nothing_is_made_twice(copy: Workspace, city, counted: dict[str, Counted]) -> None:
    before = (copy.scores / "needs.parquet").stat().st_mtime_ns
    run_diagnose(copy)
    run_bundle(copy, city.settings)
    assert (counted["diagnose"].calls, counted["train"].calls) == (0, 0)
    assert (copy.scores / "needs.parquet").stat().st_mtime_ns == before


def test_new_tables_make_needs_and_model_stale(copy: Workspace, city, counted: dict[str, Counted]) -> None:
    old = copy.registry().current()
    other = _changed(copy)
    written = run_recommend(other, city.settings, top=2)
    assert counted["diagnose"].calls > 0 and counted["train"].calls == 1
    assert other.registry().current() != old
    assert set(pd.read_parquet(written.recommendations)["model_version"]) == {other.registry().current()}


def test_a_lost_file_of_scores_is_written_again(copy: Workspace, counted: dict[str, Counted]) -> None:
    (copy.scores / "needs.parquet").unlink()
    run_diagnose(copy)
    assert (copy.scores / "needs.parquet").exists() and counted["diagnose"].calls == 0


def test_a_person_who_did_not_promote_is_obeyed(copy: Workspace, city, counted: dict[str, Counted]) -> None:
    old = copy.registry().current()
    other = _changed(copy)
    trained = training.run_train(other, city.settings, promote=False)
    assert trained.version != old and other.registry().current() == old
    assert run_bundle(other, city.settings).version == old
    assert counted["train"].calls == 1


def test_rolled_back_stays_rolled_back(copy: Workspace, city) -> None:
    old = copy.registry().current()
    other = _changed(copy)
    training.run_train(other, city.settings)
    assert run(["models", "rollback", "--workspace", str(other.root)]) == 0
    assert other.registry().current() == old
    assert run_bundle(other, city.settings).version == old


def test_tables_that_come_back_bring_their_version_back(copy: Workspace, city, tmp_path: Path) -> None:
    old = copy.registry().current()
    copy.tables["courses"].to_parquet(tmp_path / "courses.parquet")
    other = _changed(copy)
    assert run_bundle(other, city.settings).version != old
    import_tables(copy.root, [tmp_path / "courses.parquet"])
    assert run_bundle(Workspace(copy.root), city.settings).version == old


def test_lists_of_an_earlier_day_use_a_version_that_knows_no_more(copy: Workspace, city) -> None:
    day = default_as_of(copy.tables) - timedelta(days=200)
    ready = run_recommender(copy, city.settings, day)
    assert ready.bundle.as_of <= day and ready.snapshot.as_of == day
    assert copy.registry().current() == city.workspace.registry().current()
    again = run_recommender(copy, city.settings, day)
    assert again.bundle.version == ready.bundle.version


def test_as_of_is_the_newest_evidence_then_the_newest_enrolment_then_today(city) -> None:
    tables = city.workspace.tables
    frames = dict(tables.frames)
    newest = max(frames[name]["date"].max() for name in ("observations", "surveys", "assessments"))
    assert default_as_of(tables) == newest.date()
    for name in ("observations", "surveys", "assessments"):
        frames[name] = frames[name].iloc[:0]
    assert default_as_of(Tables(frames)) == frames["enrolments"]["requested_on"].max().date()
    frames["enrolments"] = frames["enrolments"].iloc[:0]
    assert abs(default_as_of(Tables(frames)) - date.today()) <= timedelta(days=1)


def test_needs_of_an_earlier_day_are_kept_apart(copy: Workspace, counted: dict[str, Counted]) -> None:
    day = default_as_of(copy.tables) - timedelta(days=400)
    needs = needs_at(copy, copy.tables, day)
    assert needs.as_of == day and counted["diagnose"].calls <= 1
    needs_at(copy, copy.tables, day)
    assert counted["diagnose"].calls <= 1


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_out_decides_place_and_format(copy: Workspace, city, tmp_path: Path, suffix: str) -> None:
    before = {p.name: p.read_bytes() for p in copy.scores.iterdir()}
    written = run_recommend(copy, city.settings, top=1, out=tmp_path / "out" / f"lists{suffix}")
    assert written.recommendations == tmp_path / "out" / f"lists{suffix}"
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        f"lists{suffix}", f"outcomes{suffix}", f"course_effects{suffix}", "origin.json",
    }  # fmt: skip
    assert {p.name: p.read_bytes() for p in copy.scores.iterdir()} == before


def test_an_interrupted_run_leaves_the_old_lists(
    copy: Workspace, city, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in copy.scores.iterdir()}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline.Recommender, "outcomes", stop)
    monkeypatch.setattr(pipeline.Recommender, "frame", stop)
    with pytest.raises(KeyboardInterrupt):
        run_recommend(copy, city.settings, top=2)
    assert {p.name: p.read_bytes() for p in copy.scores.iterdir()} == before


def test_damaged_needs_are_named(copy: Workspace) -> None:
    needs_at(copy, copy.tables, default_as_of(copy.tables))
    for folder in (copy.root / "cache" / "needs").iterdir():
        (folder / "arrays.npz").write_bytes(b"PK broken")
        with pytest.raises(ReadError, match="damaged"):
            read_needs(folder)


def test_a_damaged_state_is_named(copy: Workspace) -> None:
    (copy.root / "state.json").write_text("{")
    with pytest.raises(ReadError, match="delete it"):
        copy.state()

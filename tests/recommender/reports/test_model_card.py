"""The card says how many schools or teachers a version was evaluated on: as many as there were."""

from __future__ import annotations

import re

import pytest

from features.needs import diagnose
from features.needs.evidence.sources.source_registry import evidence_tables
from features.simulate import simulate
from features.sources.read_tables import read_tables
from features.tables import Tables
from models.train_version import TrainedVersion, train_version
from recommender.reports.model_card import model_card

SCHOOLS, TEACHERS = 5, 200


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A city of five schools, so few that without evidence teachers are held out."""
    source = simulate(tmp_path_factory.mktemp("tiny"), teachers=TEACHERS, seed=4)
    tables = read_tables([source / "tables"]).tables
    assert tables["teachers"]["school_id"].nunique() == SCHOOLS
    return tables


def trained(tables: Tables, with_evidence: bool) -> TrainedVersion:
    day = tables.latest_evidence()
    assert day is not None
    if not with_evidence:
        frames = {n: frame.iloc[:0] if n in evidence_tables() else frame for n, frame in tables.frames.items()}
        tables = Tables(frames, tables.made_up)
    return train_version(tables, diagnose, day)


def card_of(version: TrainedVersion) -> str:
    return model_card(version.about, version.report.rows, version.report.decision)


@pytest.mark.slow
def test_without_evidence_a_city_of_five_schools_is_judged_on_teachers(tiny: Tables) -> None:
    version = trained(tiny, with_evidence=False)
    report, card = version.report, card_of(version)
    out = report.held_out
    assert (out.kind, out.total) == ("teacher", TEACHERS) and 0 < out.units < TEACHERS
    assert {row.cluster_kind for row in report.rows} == {"teacher"}
    assert all(row.clusters <= out.units and row.schools <= SCHOOLS for row in report.rows)
    assert f"Held out: {out.units} of {TEACHERS} teachers" in card and f"{TEACHERS} 位教师中的 {out.units} 位" in card
    assert f"held out: {out}" in repr(report) and report.as_json({})["held_out"] == version.about["held_out"]
    said = [int(n) for n in re.findall(r"(\d+) schools|schools: (\d+)|(\d+) 所", card) for n in n if n]
    assert said and set(said) == {SCHOOLS}


@pytest.mark.slow
def test_with_evidence_it_is_judged_on_the_schools_left_out(tiny: Tables) -> None:
    version = trained(tiny, with_evidence=True)
    report, card = version.report, card_of(version)
    assert report.held_out.kind == "school" and report.held_out.total == SCHOOLS
    assert all(row.clusters == row.schools <= report.held_out.units for row in report.rows if row.test == "observed")
    assert f"Held out: {report.held_out.units} of {SCHOOLS} schools" in card
    assert f"{report.labels} labelled pairs" in card
    assert "too few schools" in card and "nan" not in card

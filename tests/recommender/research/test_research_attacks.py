"""Attacks on an export by people who know what colleagues know; each succeeds on data that were not protected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.needs.needs import Needs
from features.tables import Tables
from recommender.diagnosis import default_as_of, needs_at
from recommender.research.deidentify import ExportOptions, ResearchData, deidentify
from recommender.research.quasi_identifiers import quasi_identifiers
from recommender.workspace.workspace import Workspace

K = 10


@pytest.fixture(scope="module")
def register(city) -> Tables:
    return city.workspace.tables


@pytest.fixture(scope="module")
def needs(city, register: Tables) -> Needs:
    return needs_at(Workspace(city.workspace.root), register, default_as_of(register))


@pytest.fixture(scope="module")
def data(register: Tables, needs: Needs) -> ResearchData:
    return deidentify(register, needs, (), ExportOptions(K), np.random.default_rng(1))


def _linked(exported: pd.DataFrame, known: pd.DataFrame, origin: np.ndarray, rng: np.random.Generator) -> float:
    """Share of exported people whom an attacker names rightly: she knows the facts of each person of the register as the
    export states them, and guesses one of the rows that fit."""
    names = list(known.columns)
    rows = {key: index.to_numpy() for key, index in exported.groupby(names).groups.items()}
    hits = 0
    for row, person in enumerate(origin):
        fitting = rows[tuple(known.iloc[person])]
        hits += int(rng.choice(fitting) == row)
    return hits / len(origin)


def test_linking_by_all_known_facts_succeeds_no_more_than_the_risk_says(register: Tables, data: ResearchData) -> None:
    hierarchies, rng = quasi_identifiers(register, default_as_of(register)), np.random.default_rng(2)
    coarse = pd.DataFrame({name: hierarchies[name][level] for name, level in data.generalisation.levels.items()})
    success = np.mean([_linked(data.teachers, coarse, data.origin, rng) for _ in range(20)])
    assert success == pytest.approx(data.risk.prosecutor_mean, abs=0.015) and success < 1 / K
    fine = pd.DataFrame({name: levels[0] for name, levels in hierarchies.items()})
    unprotected = fine.iloc[data.origin].reset_index(drop=True)
    assert _linked(unprotected, fine, data.origin, rng) > 0.5  # the attack works where nothing was coarsened


def test_what_a_row_lacks_tells_nobody(data: ResearchData, needs: Needs) -> None:
    """Colleagues know who was observed and what one teaches; within a class all rows have the same competencies."""
    cells = data.needs.groupby("pseudonym")["competency_id"].agg(frozenset)
    classes = data.teachers.groupby(list(data.generalisation.levels))["pseudonym"]
    assert all(cells.reindex(members).nunique(dropna=False) == 1 for _, members in classes)
    patterns = pd.Series([frozenset(np.flatnonzero(row)) for row in needs.reliable[data.origin]])
    by_class = patterns.groupby([data.teachers[name] for name in data.generalisation.levels])
    assert by_class.nunique().max() > 1  # which would tell, had they been left as they are


def test_no_class_tells_a_need_of_all_in_it(data: ResearchData, needs: Needs, register: Tables) -> None:
    def most_certain(result: ResearchData) -> float:
        joined = result.needs.merge(result.teachers, on="pseudonym")
        groups = joined.groupby([*result.generalisation.levels, "competency_id"])["band"]
        return float(groups.agg(lambda bands: (bands == "clear").mean()).max())

    assert most_certain(data) < 0.9
    first = data.needs["competency_id"].iloc[0]
    one = needs.report.copy()
    one.loc[(one["unit_kind"] == "teacher") & (one["competency_id"] == first), "band"] = "clear"
    same = deidentify(register, replace(needs, report=one), (), ExportOptions(K), np.random.default_rng(1))
    assert same.risk.certain > 0 and same.risk.blanked > 0
    assert first not in set(same.needs["competency_id"]) and most_certain(same) < 0.9


def test_neither_order_nor_pseudonym_leads_back(register: Tables, needs: Needs, data: ResearchData) -> None:
    again = deidentify(register, needs, (), ExportOptions(K), np.random.default_rng(3))
    assert not set(again.teachers["pseudonym"]) & set(data.teachers["pseudonym"])
    places = pd.Series(np.argsort(np.argsort(data.teachers["pseudonym"])))
    for order in (pd.Series(np.arange(len(data.origin))), places):
        assert abs(order.corr(pd.Series(data.origin), method="spearman")) < 0.25
    text = data.teachers.to_csv() + data.needs.to_csv()
    columns = {"teachers": ("teacher_id", "name"), "organizations": ("org_id", "name")}
    for table, column in ((table, column) for table, names in columns.items() for column in names):
        assert not [cell for cell in register[table][column].dropna() if str(cell) in text]


def test_those_who_refused_are_not_in_it(register: Tables, needs: Needs, data: ResearchData) -> None:
    refused = set(register["teachers"]["teacher_id"].iloc[data.origin[:30]])
    without = deidentify(register, needs, refused, ExportOptions(K), np.random.default_rng(1))
    assert not refused & set(register["teachers"]["teacher_id"].iloc[without.origin]) and without.risk.left_out == 30


def test_a_sample_leaves_open_who_is_in_it(register: Tables, needs: Needs, data: ResearchData) -> None:
    assert data.risk.membership_max > 0.8
    half = deidentify(register, needs, (), ExportOptions(K, sample=0.5), np.random.default_rng(4))
    assert half.risk.membership_max < data.risk.membership_max - 0.1 and half.risk.journalist_max <= half.risk.prosecutor_max
    risk = data.risk
    assert risk.teachers == risk.left_out + risk.unknown + risk.not_sampled + risk.suppressed + risk.rows
    assert risk.suppressed < 0.15 * risk.teachers and risk.smallest_class >= K and risk.unique == 0 and risk.unique_before > 0.3
    assert risk.prosecutor_max == pytest.approx(1 / risk.smallest_class)

"""A source of evidence added by one class: the model, files, commands, report and pages know it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from api.pages.page_words import Words
from features.messages import BilingualText
from features.needs.evidence.sources.evidence_source import ReaderInputs, TeacherSource
from features.needs.evidence.sources.source_registry import REGISTRY, register, reported_sources
from features.needs.evidence.standardized_evidence import (
    StandardizedSource,
    scaled_items,
    standardized_source,
)
from features.simulate import simulate
from models.evaluation.ablation import removals
from recommender.cli.main import run
from recommender.workspace.importing import import_tables


class PeerReviewSource(TeacherSource):
    """Ratings of lessons by peers: a half of the observations, chosen by the letters of their id."""

    name = "peer_review"
    table = "observations"
    label = BilingualText("同伴评课", "peer review")
    page_label = BilingualText("同伴评课记录", "peer reviews")
    indicator_source = "observation"
    validity = 0.4
    related = frozenset({"observation"})

    def select(self, rows: pd.DataFrame) -> pd.Series:
        return rows["observation_id"].map(_number) % 2 == 0

    def read(self, inputs: ReaderInputs) -> StandardizedSource:
        items = scaled_items(inputs, self, "score", "observation_id")
        occasion = np.asarray(pd.factorize(items.frame["observation_id"])[0], dtype=np.intp)
        return standardized_source(self.name, items, occasion, inputs.as_of)


def _number(text: str) -> int:
    return sum(map(ord, text))


@pytest.fixture
def peer_review():
    register(PeerReviewSource)
    yield
    del REGISTRY["peer_review"]


@pytest.fixture
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("added")
    made = simulate(root / "made", teachers=200, seed=5)
    import_tables(root / "workspace", [made / "tables"])
    return root / "workspace"


def _diagnosed(workspace, folder):
    page, needs = folder / "page.html", folder / "needs.csv"
    command = ["diagnose", "--report", str(page), "--out", str(needs), "--workspace", str(workspace)]
    assert run(command) == 0
    components = json.loads(page.with_suffix(".json").read_text("utf-8"))["components"]
    return pd.read_csv(needs, dtype=str), pd.DataFrame(components), page.read_text("utf-8")


@pytest.mark.slow
def test_one_class_is_all_it_takes(peer_review, workspace, tmp_path) -> None:
    needs, components, page = _diagnosed(workspace, tmp_path)
    has_source = needs["sources"].fillna("").str.split(";").map(lambda names: "peer_review" in names)
    assert has_source.any() and not has_source.all()
    loading = components[(components["name"] == "loading") & (components["source"] == "peer_review")]
    assert len(loading) == 1 and float(loading["value"].iloc[0]) > 0
    assert page.count("peer review") >= 2 and "同伴评课" in page  # reliability by source, components
    assert Words("en").name("source", "peer_review") == "peer reviews"
    assert Words("zh").name("source", "peer_review") == "同伴评课记录"
    assert "peer_review" in removals()


@pytest.mark.slow
def test_without_the_class_there_is_no_trace_of_it(workspace, tmp_path) -> None:
    needs, components, page = _diagnosed(workspace, tmp_path)
    assert not needs["sources"].fillna("").str.contains("peer_review").any()
    assert "peer_review" not in set(components["source"]) and "peer review" not in page
    assert "peer_review" not in reported_sources()


def test_a_name_is_given_once(peer_review) -> None:
    with pytest.raises(ValueError, match="peer_review"):
        register(PeerReviewSource)

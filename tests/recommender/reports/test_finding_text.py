"""Words of findings: every code that the checks can give has a sentence in both languages, and no sentence is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import features.needs.checks
from features.needs.checks.finding_messages import STAGES, source_name
from features.needs.checks.sensitivity import sensitivity
from features.needs.diagnosis_context import diagnosis_context
from features.needs.evidence.sources.source_registry import REGISTRY, indicator_sources, reported_sources
from recommender.reports.sections import BETWEEN, OF_SOURCE
from recommender.text import in_both
from recommender.text.catalogues import catalogue

FOLDER = Path(features.needs.checks.__file__).parent
LITERAL = re.compile(r'"checks\.(\w+)"')
SPECIFICATION = re.compile(r'^ +"(\w+)": \(', re.MULTILINE)
FAMILIES = {
    "source": {"all", "assessment"},
    "part": {*BETWEEN, *OF_SOURCE},
    "specification": set(SPECIFICATION.findall((FOLDER / "sensitivity.py").read_text("utf-8"))),
    "intake": {"prior_scores", "disadvantage"},
    "group": {"all", "others", *STAGES},
    "ranges": {"narrow", "wide"},
    "source_misfit": {"low", "high", "low_action", "high_action"},
}


def test_codes_and_entries_are_the_same() -> None:
    literal = {code for path in FOLDER.glob("*.py") for code in LITERAL.findall(path.read_text("utf-8"))}
    families = {f"{family}_{name}" for family, names in FAMILIES.items() for name in names}
    assert literal | families == set(catalogue("checks"))


def test_families_are_what_the_model_has(city) -> None:
    tables = city.workspace.tables
    table = diagnosis_context(tables, tables.latest_evidence()).components.table
    assert set(table["name"]) <= FAMILIES["part"]
    documented = sensitivity.__doc__ or ""
    assert FAMILIES["specification"] and all(name in documented for name in FAMILIES["specification"])


@pytest.mark.parametrize("source", ["all", *indicator_sources(), *reported_sources(), *REGISTRY])
def test_every_source_has_a_name_in_both_languages(source: str) -> None:
    zh, en = in_both(source_name(source))
    assert re.search(r"[\u4e00-\u9fff]", zh) and re.fullmatch(r"[\w' -]+", en, re.ASCII)


@pytest.mark.parametrize("name", [n for n in catalogue("checks") if n.endswith("_action")])
def test_an_action_is_a_whole_sentence_in_both_languages(name: str) -> None:
    entry = catalogue("checks")[name]
    assert entry["zh"].endswith("。") and entry["en"].endswith(".") and not set(entry["zh"]) & set(",;!?()")
